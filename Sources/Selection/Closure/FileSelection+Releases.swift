package import Packaging
package import SimpleIndex

extension FileSelection {
    /// What a page says of releases, for a closure.
    ///
    /// - Parameters:
    ///   - files: The files of the page.
    ///   - decisions: What is decided on each.
    ///   - project: The project.
    ///   - environments: Where they would be used.
    /// - Returns: The releases, the newest first, with those of which nothing can be used.
    package static func releases(
        _ files: [PageFile],
        _ decisions: [FileDecision],
        of project: ProjectName,
        for environments: [ClosureEnvironment]
    ) -> [ClosureRelease] {
        let page = CandidatePage(files, of: project)
        var memory = DecisionMemory()
        var releases: [ReleaseKey: ClosureRelease] = [:]
        for (candidate, decision) in zip(page.candidates, decisions) {
            guard let kind = candidate.kind else { continue }
            let isSdist: Bool
            switch kind {
            case .wheel: isSdist = false
            case .sdist: isSdist = true
            default: continue
            }
            let usable = memory.environments(for: candidate, of: environments)
            // A release that is for others is told of as one, so that it is kept without any environment.
            let key = candidate.release
            var release = releases[key] ?? ClosureRelease(version: candidate.version.spelling)
            if decision == .selected {
                if isSdist {
                    release.builds.formUnion(usable.subtracting(release.usableYanked))
                } else {
                    release.builds = release.builds.subtracting(usable)
                }
                release.usableYanked.formUnion(usable)
                if !candidate.isYanked { release.usable.formUnion(usable) }
            } else if !usable.isEmpty {
                release.keptOut.formUnion(usable)
                release.rule = release.rule ?? decision.rule
            }
            releases[key] = release
        }
        return releases.values.map { ($0, SpelledVersion($0.version)) }.sorted { $1.1 < $0.1 }.map(\.0)
    }

    /// The files that say what releases need, the best first: wheels with a sidecar, other wheels by their size, sdists.
    ///
    /// - Parameters:
    ///   - files: The files of the page.
    ///   - decisions: What is decided on each; what is left out is not looked at.
    ///   - project: The project.
    ///   - versions: The releases, as ``ClosureRelease/version``.
    /// - Returns: The places in `files`, by version.
    package static func sources(
        _ files: [PageFile],
        _ decisions: [FileDecision],
        of project: ProjectName,
        _ versions: Set<String>
    ) -> [String: [Int]] {
        let page = CandidatePage(files, of: project)
        let spellings = Dictionary(
            versions.map { (ReleaseKey($0), $0) },
            uniquingKeysWith: { first, _ in first }
        )
        var sources: [String: [(place: Int, rank: Int, size: UInt64)]] = [:]
        for candidate in page.candidates where decisions[candidate.place] == .selected {
            guard let version = spellings[candidate.release] else { continue }
            let rank: Int
            switch candidate.kind {
            case .wheel: rank = candidate.file.coreMetadata == nil ? 1 : 0
            case .sdist: rank = 2
            default: continue
            }
            sources[version, default: []].append((candidate.place, rank, candidate.size ?? .max))
        }
        return sources.mapValues {
            $0.sorted { ($0.rank, $0.size, $0.place) < ($1.rank, $1.size, $1.place) }.map(\.place)
        }
    }
}
