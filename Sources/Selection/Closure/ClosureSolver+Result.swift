internal import Packaging

/// What a closure found, and who needs it.
extension ClosureSolver {
    /// The most reasons that are told of a project.
    private static let reasonLimit = 5

    /// Ends it, when there are no more questions: what was found.
    ///
    /// What is not there is told of only when it was not given up before.
    package mutating func finish() -> ClosureResult {
        let (found, built) = (foundProjects, projects.flatMap(built))
        var lacks = isExhausted ? [] : projects.flatMap(lacks)
        if mode == .allCompatible, work.goesOn {
            // What only older releases lack hinders nobody who has a choice.
            findNewestAlone()
            let needed = Set(projects.flatMap { self.lacks($0) }.map(\.key))
            for index in lacks.indices where work.goesOn && !needed.contains(lacks[index].key) {
                lacks[index].isTold = true
            }
        }
        let told = lacks.filter(\.isTold).map { "\($0.unmet.project): \($0.unmet.reason)" }
        let failed = notes.unmet + lacks.filter { !$0.isTold }.map(\.unmet)
        return ClosureResult(
            projects: found.sorted { $0.name < $1.name },
            notes: notes.lines + (built + told).sorted(),
            unmet: failed.sorted { ($0.project, $0.reason) < ($1.project, $1.reason) },
            lacks: Dictionary(grouping: lacks.map(\.unmet), by: \.project).mapValues { unmet in
                unmet.prefix(Self.reasonLimit).map(\.reason)
            }
        )
    }

    private var foundProjects: [ClosureResult.Project] {
        var found: [ClosureResult.Project] = []
        // What nobody can have is told, and has no page.
        for project in projects where project.isRoot || project.releases.contains(where: \.isKept) {
            let releases = project.releases.filter(\.isKept).map { release in
                ClosureResult.Release(version: release.facts.version, reason: reason(release, of: project))
            }
            let asked = project.wants.filter { $0.origin != .root }.prefix(Self.reasonLimit)
                .map { reason($0.origin, $0.place) }
            let others = releases.map(\.reason).filter { !project.isRoot || $0.hasPrefix("needed") }
            var reasons: [String] = []
            for reason in asked + others where !reasons.contains(reason) && reasons.count < Self.reasonLimit {
                reasons.append(reason)
            }
            found.append(
                .init(name: project.name, isRoot: project.isRoot, releases: releases, reasons: reasons)
            )
        }
        return found
    }

    private func reason(_ release: ClosureProject.Release, of project: ClosureProject) -> String {
        if release.want >= 0 {
            let want = project.wants[Int(release.want)]
            let isThere = release.followed.contains(want.place)
            return reason(want.origin, isThere ? want.place : release.followed.first)
        }
        return reason(release.origin ?? .root, release.together.first)
    }

    func reason(_ origin: ClosureProject.Origin, _ place: Int) -> String {
        let label = place < environments.count ? " in \(environments[place].label)" : ""
        switch origin {
        case .root: return "asked for\(label)"
        case .release(let project, let release):
            let project = projects[Int(project)]
            return "needed by \(project.name) \(project.releases[Int(release)].facts.version)\(label)"
        }
    }

    /// Releases whose sdist has to be built, for which nothing more is known.
    private func built(_ project: ClosureProject) -> [String] {
        let built = project.releases.filter { !$0.followed.intersection($0.facts.builds).isEmpty }
        guard mode == .newest, let first = built.first else { return [] }
        let place = first.followed.intersection(first.facts.builds).first
        return [
            "\(project.name) \(first.facts.version) has no wheel for \(environments[place].label): its sdist has to be "
                + "built there, and what the build needs is not followed"
        ]
    }
}
