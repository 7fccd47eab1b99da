internal import Packaging

extension ClosureSolver {
    /// The releases of a project that match in some environments, within the constraints of each.
    mutating func candidates(
        of project: ClosureProject,
        _ specifiers: VersionSpecifiers,
        in environments: EnvironmentSet
    ) -> [(environment: Int, releases: [Int])] {
        var matches: [VersionSpecifiers?: ReleaseMatch] = [:]
        return environments.places.map { environment in
            let limit = self.environments[environment].constraints[project.name]
            let match = matches[limit] ?? match(project, limit.map { specifiers.and($0) } ?? specifiers)
            matches[limit] = match
            _ = work.spend(project.releases.count / 8)
            return (environment, match.candidates(among: project.releases, in: environment))
        }
    }

    private mutating func match(_ project: ClosureProject, _ specifiers: VersionSpecifiers) -> ReleaseMatch {
        _ = work.spend(project.releases.count * max(specifiers.clauses.count, 1))
        return ReleaseMatch(specifiers, among: project.releases)
    }
}

extension VersionSpecifiers {
    /// The clauses of both.
    fileprivate func and(_ other: Self) -> Self { VersionSpecifiers(clauses + other.clauses) }
}
