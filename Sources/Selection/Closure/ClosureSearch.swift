internal import Packaging

/// What is left to be searched for, and how far it is.
struct ClosureSearchState: Sendable {
    /// Roots that are to be installed together in one environment.
    struct Job: Sendable {
        let environment: Int
        /// The roots; `nil` for all of them.
        let root: Int32?
        var attempts = 0
    }

    /// How often a search may ask for more and begin anew.
    static let attemptLimit = 2_000
    /// How many releases a search may try.
    static let stepLimit = 20_000

    var hasBegun = false
    var jobs: [Job] = []
}

extension ClosureSolver {
    /// Searches for sets of releases that can be installed together, as far as what is known leads.
    ///
    /// Of all roots of an environment if possible, else of each root. Releases that are kept already go first, and newer
    /// ones before older ones. What the sets consist of is kept, and nothing more is followed from there: a set is whole.
    mutating func searchTogether() {
        if !search.hasBegun {
            search.hasBegun = true
            search.jobs = environments.indices.reversed().map { .init(environment: $0, root: nil) }
        }
        while work.goesOn, var job = search.jobs.popLast() {
            job.attempts += 1
            let roots = roots(of: job)
            guard !roots.isEmpty else { continue }
            var attempt = ClosureAttempt(environment: job.environment)
            let outcome =
                job.attempts > ClosureSearchState.attemptLimit ? .gaveUp : attempt.run(from: roots, &self)
            // What was found out before it was stopped says nothing.
            guard work.goesOn else { return }
            switch outcome {
            case .found: take(attempt)
            case .needsMore:
                search.jobs.append(job)
                return
            case .failed(let conflict): fail(roots, job.environment, conflict, isTold: attempt.hasMetRule)
            case .gaveUp: fail(roots, job.environment, nil, isTold: false)
            }
        }
    }

    /// Tells of a search without result; where it was one for several roots, each is tried by itself.
    private mutating func fail(_ roots: [Int32], _ environment: Int, _ conflict: String?, isTold: Bool) {
        let label = environments[environment].label
        if roots.count == 1 {
            let reason =
                conflict.map { "no set of releases can be installed: \($0)" }
                ?? "gave up the search for releases that can be installed"
            notes.add(conflict: reason, of: projects[Int(roots[0])].name, in: label, isTold: isTold)
        } else {
            let reason = conflict.map { "cannot be installed together: \($0)" } ?? "gave up the search for a set of all"
            notes.add(conflict: reason, roots.count, in: label)
            separate(roots, environment)
        }
    }

    private mutating func separate(_ roots: [Int32], _ environment: Int) {
        search.jobs += roots.reversed().map { .init(environment: environment, root: $0) }
    }

    /// The roots that have a release there; the others are told of anyhow.
    private func roots(of job: ClosureSearchState.Job) -> [Int32] {
        if let root = job.root { return [root] }
        return projects.indices.filter { index in
            let project = projects[index]
            return project.roots.contains { $0.environments.contains(job.environment) }
                && project.releases.contains { $0.followed.contains(job.environment) }
        }
        .map { Int32($0) }
    }

    private mutating func take(_ attempt: ClosureAttempt) {
        for frame in attempt.frames {
            let (place, release) = (Int(frame.project), frame.candidates[frame.next - 1])
            projects[place].releases[release].together.formUnion(EnvironmentSet(attempt.environment))
            if projects[place].releases[release].followed.isEmpty, projects[place].releases[release].origin == nil {
                projects[place].releases[release].origin = attempt.origin(of: frame.project)
            }
        }
    }
}
