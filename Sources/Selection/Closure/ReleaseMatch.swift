internal import Packaging

/// Which releases of a project match some specifiers, wherever they can be used.
struct ReleaseMatch: Sendable {
    /// The places of those that match, prereleases included.
    private let matching: [Int]
    private let namesPrerelease: Bool
    private let isPin: Bool

    init(_ specifiers: VersionSpecifiers, among releases: [ClosureProject.Release]) {
        matching = releases.indices.filter { specifiers.contains(releases[$0].version, prereleases: true) }
        namesPrerelease = specifiers.namesPrerelease
        isPin = specifiers.clauses.contains(where: \.isPin)
    }

    /// The releases that pip would choose from in an environment, the newest first.
    ///
    /// A yanked release counts only when a clause names exactly one version and nothing else matches (PEP 592). As
    /// `VersionSpecifiers.filter` has it, prereleases count where a clause names one, or nothing else matches.
    func candidates(among releases: [ClosureProject.Release], in environment: Int) -> [Int] {
        let found = taken(matching.filter { releases[$0].facts.usable.contains(environment) }, releases)
        guard found.isEmpty, isPin else { return found }
        return taken(matching.filter { releases[$0].facts.usableYanked.contains(environment) }, releases)
    }

    private func taken(_ places: [Int], _ releases: [ClosureProject.Release]) -> [Int] {
        guard !namesPrerelease,
            places.contains(where: { releases[$0].version.version?.isPrerelease == false })
        else { return places }
        return places.filter { releases[$0].version.version?.isPrerelease != true }
    }
}
