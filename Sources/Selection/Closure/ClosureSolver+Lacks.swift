internal import Packaging

/// What is asked for and not there.
extension ClosureSolver {
    /// Something that is asked for and not there.
    struct Lack {
        /// What tells it from others.
        struct Key: Hashable {
            let project: ProjectName
            /// The versions; `nil` when the project has no page.
            let specifiers: VersionSpecifiers?
        }

        let unmet: ClosureResult.Unmet
        let key: Key
        /// Whether it is told elsewhere, or what somebody wants, or hinders nobody, so that it is no failure.
        var isTold: Bool

        init(_ unmet: ClosureResult.Unmet, _ specifiers: VersionSpecifiers?, isTold: Bool) {
            self.unmet = unmet
            self.isTold = isTold
            key = Key(project: unmet.project, specifiers: specifiers)
        }
    }

    /// What is asked for of a project and not there.
    func lacks(_ project: ClosureProject) -> [Lack] {
        if case .none(let reason, let isTold) = project.page {
            guard let want = project.wants.first(where: { $0.origin != .root }) else { return [] }
            let line = "\(self.reason(want.origin, want.place)): \(reason)"
            return [Lack(.init(project: project.name, reason: line, isAskedFor: false), nil, isTold: isTold)]
        }
        guard case .known = project.page else { return [] }
        var lacks: [Lack] = []
        for want in project.wants {
            var solver = self
            let causes = solver.candidates(of: project, want.specifiers, in: want.environments)
                .filter { $0.releases.isEmpty }
                .map { (place: $0.environment, cause: cause(project, want.specifiers, $0.environment)) }
            // What no rule explains goes first.
            guard let first = causes.first(where: { !$0.cause.isRule }) ?? causes.first else { continue }
            let count = Set(causes.map { environments[$0.place].label }).count
            let others = count > 1 ? " and \(count - 1) other environments" : ""
            let releases = want.specifiers == .any ? "no release" : "no release \(want.specifiers)"
            let what = "\(releases) can be had, \(reason(want.origin, first.place))"
            let isAskedFor = want.origin == .root
            lacks.append(
                Lack(
                    .init(
                        project: project.name,
                        reason: "\(what)\(others): \(first.cause.text)",
                        isAskedFor: isAskedFor
                    ),
                    want.specifiers,
                    // A pattern asks for what is there.
                    isTold: first.cause.isRule || isAskedFor && !project.isNamed
                )
            )
        }
        return lacks
    }

    private func cause(
        _ project: ClosureProject,
        _ specifiers: VersionSpecifiers,
        _ place: Int
    ) -> (text: String, isRule: Bool) {
        var matching = project.releases.indices.filter {
            specifiers.contains(project.releases[$0].version, prereleases: true)
        }
        if !matching.isEmpty, let limit = environments[place].constraints[project.name] {
            matching.removeAll { !limit.contains(project.releases[$0].version, prereleases: true) }
            if matching.isEmpty { return ("the constraints allow \(limit) alone", false) }
        }
        if let release = matching.first(where: { project.releases[$0].facts.keptOut.contains(place) }) {
            let rule = project.releases[release].facts.rule
            return (
                "\(project.releases[release].facts.version) is left out by \(rule.map { "\($0)" } ?? "a rule")", true
            )
        }
        if matching.contains(where: { project.releases[$0].facts.usableYanked.contains(place) }) {
            return ("what matches is yanked", false)
        }
        if let release = matching.first {
            let version = project.releases[release].facts.version
            return ("no file of \(version) is for that Python and platform", false)
        }
        return (project.releases.isEmpty ? "upstream lists no release" : "no release has such a version", false)
    }
}
