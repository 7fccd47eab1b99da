package import Packaging

/// Finds the projects and releases that a resolver could need.
///
/// A value that knows no files and no network: it is asked for what it has to know (``questions()``), told that
/// (``take(_:_:)``, ``takeMissing(_:_:)``, ``take(_:_:_:)``), and is done when it has no more questions. It ends, since
/// every answer concerns a project or a release that it asks for once.
///
/// - `all-compatible`: every release that satisfies a requirement of a release that is kept.
/// - `newest`: of each project, in each environment, the newest release that satisfies each requirement of a release that
///   is kept, and the newest that satisfies all of them; and one set of releases that can be installed together, for
///   all roots if there is one, else for each root (`searchTogether()`).
package struct ClosureSolver: Sendable {
    /// The most requirements of one project that a release may state; nothing is followed of one with more.
    package static let maximumRequirementCount = 1_000
    /// The most projects that are followed.
    package static let maximumProjectCount = 200_000

    /// What has to be known.
    package struct Questions: Sendable {
        /// The projects whose releases have to be told.
        package var projects: [ProjectName] = []
        /// The releases whose requirements have to be told, by project, as ``ClosureRelease/version``.
        package var releases: [ProjectName: [String]] = [:]

        /// Whether there are none.
        package var isEmpty: Bool { projects.isEmpty && releases.isEmpty }
    }

    var mode: ClosureMode
    /// Where.
    package let environments: [ClosureEnvironment]
    var requirements: ClosureRequirements
    var projects: [ClosureProject] = []
    var places: [ProjectName: Int32] = [:]
    var queue: [Int32] = []
    var open = Questions()
    var search = ClosureSearchState()
    var notes = ClosureNotes()
    var work: ClosureWork

    /// Whether it was given up as too much work, so that something that is needed may be missing.
    package var isExhausted: Bool { work.isSpent }

    /// A closure of nothing.
    ///
    /// - Parameters:
    ///   - mode: Which releases are kept.
    ///   - environments: Where; at most ``EnvironmentSet/maximumCount``.
    ///   - workLimit: How much work it may be: a release that is compared with a clause counts as one.
    ///   - isStopped: Asked now and then whether to stop; what is found then is worth nothing.
    package init(
        _ mode: ClosureMode,
        for environments: [ClosureEnvironment],
        workLimit: Int? = nil,
        isStopped: @escaping @Sendable () -> Bool = { false }
    ) {
        work = ClosureWork(limit: workLimit ?? ClosureWork.standardLimit, isStopped: isStopped)
        self.mode = mode
        self.environments = environments
        requirements = ClosureRequirements(environments)
    }

    /// Adds a project from which dependencies are followed.
    ///
    /// - Parameters:
    ///   - name: The project.
    ///   - specifiers: The releases that are asked for.
    ///   - extras: The extras that are asked for, beside those of each environment.
    ///   - marker: Where it is asked for; everywhere when it is `nil`, or has no meaning.
    ///   - isNamed: Whether somebody names it, so that it has to be there.
    ///   - places: The environments that are its own, as places in what the solver was made for; all when it is `nil`.
    package mutating func addRoot(
        _ name: ProjectName,
        _ specifiers: VersionSpecifiers = .any,
        extras: Set<ExtraName> = [],
        marker: Marker? = nil,
        isNamed: Bool = true,
        among places: Range<Int>? = nil
    ) {
        let place = place(of: name)
        projects[Int(place)].isRoot = true
        if isNamed { projects[Int(place)].isNamed = true }
        var root = ClosureProject.Root(specifiers: specifiers)
        for index in places ?? environments.indices {
            let target = environments[index].target
            guard (try? marker?.evaluate(in: target.markers)) ?? true else { continue }
            root.environments.formUnion(EnvironmentSet(index))
            for extra in extras.union(target.extras) {
                root.extras[extra, default: EnvironmentSet()].formUnion(EnvironmentSet(index))
            }
        }
        projects[Int(place)].roots.append(root)
        begin(at: place, root)
    }

    mutating func begin(at place: Int32, _ root: ClosureProject.Root) {
        for (extra, environments) in root.extras { add(extra, to: place, environments) }
        want(place, root.specifiers, root.environments, from: .root)
    }

    /// What has to be known next; nothing when all is found.
    ///
    /// Each thing is asked for once. Nothing is asked for any more when it was stopped, or is too much work.
    package mutating func questions() -> Questions {
        settle()
        if open.isEmpty, mode == .newest, work.goesOn { searchTogether() }
        if !work.goesOn { open = Questions() }
        defer { open = Questions() }
        return open
    }

    /// Takes the releases of a project that was asked for.
    ///
    /// - Parameters:
    ///   - releases: The releases, the newest first, as ``FileSelection`` finds them.
    ///   - name: The project.
    package mutating func take(_ releases: [ClosureRelease], of name: ProjectName) {
        let place = Int(place(of: name))
        guard !projects[place].isKnown else { return }
        projects[place].page = .known
        projects[place].releases = releases.map { ClosureProject.Release($0) }
        for (index, release) in releases.enumerated() { projects[place].places[release.version] = Int32(index) }
        enqueue(Int32(place))
    }

    /// Takes that a project has no page.
    ///
    /// - Parameters:
    ///   - name: The project.
    ///   - reason: Why, for people.
    ///   - isTold: Whether that is told elsewhere, or what somebody wants, so that it is no failure.
    package mutating func takeMissing(_ name: ProjectName, _ reason: String, isTold: Bool = false) {
        let place = Int(place(of: name))
        guard !projects[place].isKnown else { return }
        projects[place].page = .none(reason, isTold: isTold)
        enqueue(Int32(place))
    }

    /// Takes what a release needs that was asked for.
    ///
    /// - Parameters:
    ///   - needs: What it needs.
    ///   - version: The release, as ``ClosureRelease/version``.
    ///   - name: Its project.
    package mutating func take(_ needs: ReleaseRequirements, of version: String, _ name: ProjectName) {
        let place = Int(place(of: name))
        guard let index = projects[place].places[version].map({ Int($0) }) else { return }
        if let python = needs.python {
            // Pages of some indexes do not say it.
            let fitting = EnvironmentSet.fitting(requiresPython: python, environments)
            let before = projects[place].releases[index].facts.usableYanked
            projects[place].releases[index].facts.usable.formIntersection(fitting)
            projects[place].releases[index].facts.usableYanked.formIntersection(fitting)
            projects[place].releases[index].followed.formIntersection(fitting)
            if projects[place].releases[index].facts.usableYanked != before { lookAgain(place) }
        }
        guard work.spend(needs.requires.count * 8) else { return }
        var known: [Int32] = []
        for text in needs.requires {
            switch requirements.read(text) {
            case .requirement(let requirement): known.append(requirement)
            case .unusable(let reason): notes.add(.requirement(text, reason), of: name, version)
            }
        }
        let most = Dictionary(grouping: known) { requirements.entries[Int($0)].requirement.name }
            .max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }
        let excess = most.flatMap { name, stated in
            stated.count > Self.maximumRequirementCount
                ? "it states \(stated.count) requirements of \(name), more than \(Self.maximumRequirementCount)" : nil
        }
        for text in needs.unreadable { notes.add(.requirement(text, "is no requirement (PEP 508)"), of: name, version) }
        if let reason = needs.unknown ?? excess {
            notes.add(.unknown(reason), of: name, version)
            projects[place].releases[index].needs = .unknown
        } else {
            projects[place].releases[index].needs = .known(known)
            follow(Int32(place), Int32(index), projects[place].releases[index].followed)
        }
    }
}

extension ClosureProject {
    /// Whether its page was told.
    fileprivate var isKnown: Bool {
        switch page {
        case .unasked, .asked: false
        case .known, .none: true
        }
    }
}
