package import Packaging
internal import Requirements

/// Releases that a demand asks for, whatever their specifiers.
package struct KeptReleases: Hashable, Sendable {
    private let releases: Set<ReleaseKey>
    private let filenames: Set<String>

    /// Releases.
    ///
    /// - Parameters:
    ///   - versions: Their versions, however spelled.
    ///   - filenames: Single files beside them.
    package init(_ versions: some Sequence<String>, filenames: Set<String> = []) {
        releases = Set(versions.map { ReleaseKey($0) })
        self.filenames = filenames
    }

    func contains(_ release: ReleaseKey, _ filename: String) -> Bool {
        releases.contains(release) || filenames.contains(filename)
    }

    /// A text that differs for other releases.
    var fingerprint: String {
        let versions = releases.map { release in
            switch release {
            case .version(let version): "\(version)"
            case .spelling(let spelling): "'\(spelling)"
            }
        }
        return (versions.sorted() + filenames.sorted().map { "/\($0)" }).joined(separator: " ")
    }
}

/// What a closure found, as a part of the selection.
package struct ClosureSelection: Sendable {
    /// What is kept of a project.
    package struct Entry: Sendable {
        private let kept: KeptReleases
        private let rule: Rule
        /// Who needs them, for people.
        package let reasons: [Rule]
        /// Who needs each release.
        let releases: [ReleaseKey: String]
        /// Whether the selection itself asks for the project.
        package let isRoot: Bool

        init(_ project: ClosureResult.Project, by rule: Rule) {
            kept = KeptReleases(project.releases.map(\.version), filenames: Set(project.held))
            self.rule = rule
            reasons = project.reasons.filter { $0.hasPrefix("needed") }.map { Rule(key: rule.key, place: $0) }
            releases = Dictionary(
                project.releases.map { (ReleaseKey($0.version), $0.reason) },
                uniquingKeysWith: { first, _ in first }
            )
            isRoot = project.isRoot
        }

        /// What asks for the releases.
        func demand(within limits: StatedLimits) -> Demand { Demand(.kept(kept, limits), by: rule) }

        /// Who needs the release that a file belongs to; `nil` when nobody does.
        package func reason(of filename: String, _ project: ProjectName) -> String? {
            guard let name = try? DistributionFilename.parse(filename, project: project) else { return nil }
            return releases[ReleaseKey(name.version)]
        }
    }

    /// What is kept, by project.
    package let entries: [ProjectName: Entry]
    /// What is needed of projects and cannot be had, as ``ClosureResult/lacks``.
    package let lacks: [ProjectName: [String]]
    /// Whether what is asked for by name is kept only as far as the closure says.
    package let narrowsRoots: Bool

    /// What a closure found.
    ///
    /// - Parameters:
    ///   - result: What it found.
    ///   - mode: How.
    ///   - rule: What states it.
    package init(_ result: ClosureResult, _ mode: ClosureMode, by rule: Rule) {
        var entries: [ProjectName: Entry] = [:]
        for project in result.projects { entries[project.name] = Entry(project, by: rule) }
        self.entries = entries
        lacks = result.lacks
        narrowsRoots = mode == .newest
    }
}

/// A project from which a closure starts, as a demand states it.
package struct ClosureRoot: Sendable {
    /// The releases.
    package var specifiers = VersionSpecifiers.any
    /// The extras.
    package var extras: Set<ExtraName> = []
    /// Where it is asked for.
    package var marker: Marker?
    /// Whether somebody names it, rather than a pattern.
    package var isNamed = true
    /// What holds for all that it needs.
    package var constraints: ClosureConstraints?
}

extension Demand {
    /// What a closure starts from; `nil` for what is asked for file by file, which is kept as it is.
    var root: ClosureRoot? {
        switch scope {
        case .everything: ClosureRoot(constraints: constraints)
        case .releases(let specifiers): ClosureRoot(specifiers: specifiers, constraints: constraints)
        case .requirement(let stated, let limits):
            ClosureRoot(
                specifiers: VersionSpecifiers(([stated] + limits).flatMap(\.requirement.specifiers.clauses)),
                extras: stated.requirement.extras,
                marker: stated.requirement.marker,
                constraints: constraints
            )
        case .locked, .kept: nil
        }
    }
}
