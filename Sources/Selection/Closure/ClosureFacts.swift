package import Packaging
package import SimpleIndex

/// A release as the closure sees it: where it could be installed.
package struct ClosureRelease: Hashable, Sendable {
    /// The version as spelled by its first file.
    package let version: String
    /// The environments with a file that can be used there and is not yanked.
    package internal(set) var usable = EnvironmentSet()
    /// The environments with a file that can be used there, yanked or not.
    package internal(set) var usableYanked = EnvironmentSet()
    /// The environments in which an sdist would have to be built.
    package internal(set) var builds = EnvironmentSet()
    /// The environments where a file could be used that a rule leaves out.
    package internal(set) var keptOut = EnvironmentSet()
    /// The rule that leaves such a file out.
    package internal(set) var rule: Rule?

    init(version: String) {
        self.version = version
    }
}

/// What a release needs, as its metadata says.
package struct ReleaseRequirements: Hashable, Sendable {
    /// The requirements (PEP 508), in their order.
    package var requires: [String]
    /// What stands for a requirement and is none.
    package var unreadable: [String]
    /// `Requires-Python`; `nil` when nothing is said.
    package var python: String?
    /// Why the requirements cannot be known; `nil` when they are.
    package var unknown: String?

    /// What a release needs.
    package init(requires: [String], unreadable: [String] = [], python: String? = nil, unknown: String? = nil) {
        self.requires = requires
        self.unreadable = unreadable
        self.python = python
        self.unknown = unknown
    }

    /// What metadata says.
    ///
    /// - Parameters:
    ///   - metadata: Of a wheel, or of an sdist.
    ///   - isOfSdist: Whether building may change it, so that only what PEP 643 calls static counts.
    package init(_ metadata: DistributionMetadata, isOfSdist: Bool) {
        requires = metadata.requirements.map(\.description)
        unreadable = metadata.problems.compactMap { problem in
            if case .requirement(let text, _) = problem { text } else { nil }
        }
        python = metadata.requiresPython
        if isOfSdist, !metadata.hasStaticDependencies {
            unknown = "its sdist does not say them without being built (PEP 643)"
        } else if let problem = metadata.problems.first(where: { $0.hidesRequirements }) {
            unknown = "\(problem)"
        }
    }
}

extension DistributionMetadata.Problem {
    /// Whether requirements are missing because of it, and nobody knows which.
    fileprivate var hidesRequirements: Bool {
        switch self {
        case .notText(let field), .tooMany(let field): field == "requires-dist"
        case .repeated, .requirement: false
        }
    }
}

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

extension EnvironmentSet {
    /// The environments that a value of `Requires-Python` lets in; what cannot be read asks for nothing, as in pip.
    static func fitting(requiresPython text: String, _ environments: [ClosureEnvironment]) -> Self {
        guard let specifiers = try? VersionSpecifiers.parse(text) else { return Self(first: environments.count) }
        var fitting = Self()
        for (place, environment) in environments.enumerated()
        where environment.target.satisfies(requiresPython: specifiers) { fitting.formUnion(Self(place)) }
        return fitting
    }
}
