package import Packaging
package import SimpleIndex

/// Which files of a project are kept.
package struct ReleaseSelection: Hashable, Sendable {
    /// How many of the newest releases are kept; `nil` keeps all.
    package var latest: Int?

    /// A selection that keeps everything.
    package init(latest: Int? = nil) {
        self.latest = latest
    }

    /// A text that differs for selections that differ.
    package var description: String { "latest=\(latest.map { String($0) } ?? "all")" }

    /// Decides on every file of a page.
    ///
    /// The newest releases are found as PyPI finds a project's newest: those with a file that is not yanked come before
    /// those without, final releases before prereleases, and then the higher version first. A version that PEP 440
    /// does not know is older than all others, so that it never makes a project vanish; files without a version
    /// are one release of that kind.
    ///
    /// - Parameters:
    ///   - files: The files.
    ///   - project: The project that they belong to.
    /// - Returns: A decision for each file, in the same order.
    package func decide(_ files: [PageFile], of project: ProjectName) -> [FileDecision] {
        guard let latest else { return Array(repeating: .selected, count: files.count) }
        let spellings = files.map { file in
            SpelledVersion((try? DistributionFilename.parse(file.filename, project: project))?.version ?? "")
        }
        var releases: [ReleaseKey: Release] = [:]
        for (file, spelling) in zip(files, spellings) {
            let key = ReleaseKey(spelling)
            var release = releases[key] ?? Release(key: key, version: spelling)
            release.isYanked = release.isYanked && file.yanked != nil
            releases[key] = release
        }
        let kept = Set(releases.values.sorted().prefix(latest).map(\.key))
        return spellings.map { spelling in
            kept.contains(ReleaseKey(spelling))
                ? .selected : .excluded(rule: "not one of the newest \(latest) releases")
        }
    }
}

/// What a selection says of a file.
package enum FileDecision: Equatable, Sendable {
    /// It is kept.
    case selected
    /// It is left out, by this rule.
    case excluded(rule: String)
}

/// What tells releases apart: `1.0` and `1.0.0` are one release, spellings that mean nothing are each their own.
private enum ReleaseKey: Hashable {
    case version(Version)
    case spelling(String)

    init(_ version: SpelledVersion) {
        self = version.version.map { .version($0) } ?? .spelling(version.spelling)
    }
}

/// A release of a project, ordered so that the newest comes first.
private struct Release: Comparable {
    let key: ReleaseKey
    let version: SpelledVersion
    var isYanked = true

    private var isKnown: Bool { version.version != nil }
    private var isPrerelease: Bool { version.version?.isPrerelease ?? false }

    static func < (left: Release, right: Release) -> Bool {
        if left.isYanked != right.isYanked { return right.isYanked }
        if left.isKnown != right.isKnown { return left.isKnown }
        if left.isPrerelease != right.isPrerelease { return right.isPrerelease }
        return right.version < left.version
    }
}
