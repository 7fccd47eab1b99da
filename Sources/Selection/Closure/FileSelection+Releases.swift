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
        var memory = DecisionMemory()
        var releases: [ReleaseKey: ClosureRelease] = [:]
        for (file, decision) in zip(files, decisions) {
            let candidate = Candidate(file, of: project, memory: &memory)
            guard let name = candidate.name, !candidate.version.spelling.isEmpty else { continue }
            let isSdist: Bool
            switch name.kind {
            case .wheel: isSdist = false
            case .sdist: isSdist = true
            default: continue
            }
            let usable = memory.environments(for: candidate, of: environments)
            // A release that is for others is told of as one, so that it is kept without any environment.
            var release = releases[candidate.release] ?? ClosureRelease(version: candidate.version.spelling)
            if decision == .selected {
                if isSdist {
                    release.builds.formUnion(usable.subtracting(release.usableYanked))
                } else {
                    release.builds = release.builds.subtracting(usable)
                }
                release.usableYanked.formUnion(usable)
                if file.yanked == nil { release.usable.formUnion(usable) }
            } else if !usable.isEmpty {
                release.keptOut.formUnion(usable)
                release.rule = release.rule ?? decision.rule
            }
            releases[candidate.release] = release
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
        var memory = DecisionMemory()
        let spellings = Dictionary(
            versions.map { (ReleaseKey($0), $0) },
            uniquingKeysWith: { first, _ in first }
        )
        var sources: [String: [(place: Int, rank: Int, size: UInt64)]] = [:]
        for (index, file) in files.enumerated() where decisions[index] == .selected {
            let candidate = Candidate(file, of: project, memory: &memory)
            guard let version = spellings[candidate.release] else { continue }
            switch candidate.name?.kind {
            case .wheel:
                sources[version, default: []].append((index, file.coreMetadata == nil ? 1 : 0, file.size ?? .max))
            case .sdist: sources[version, default: []].append((index, 2, file.size ?? .max))
            default: continue
            }
        }
        return sources.mapValues {
            $0.sorted { ($0.rank, $0.size, $0.place) < ($1.rank, $1.size, $1.place) }.map(\.place)
        }
    }
}
