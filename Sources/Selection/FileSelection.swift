package import Packaging
internal import RegularExpression

/// Which files of projects are kept.
///
/// Rules are asked in this order, and the first that leaves a file out is the reason: blocks and exclusions as listed,
/// what asks for the project (``Demand``), the newest releases, the size of the project. Then the minimum age decides
/// when what is kept may be shown.
package struct FileSelection: Hashable, Sendable {
    /// `latest`: only the newest releases.
    package struct Latest: Hashable, Sendable {
        /// How many, at least 1.
        package var count: Int
        /// Whether a prerelease counts like any other; else final releases come before all of them.
        package var countsPrereleases: Bool
        /// What states it.
        package var rule: Rule

        /// The newest releases.
        package init(count: Int, countsPrereleases: Bool = false, rule: Rule) {
            self.count = count
            self.countsPrereleases = countsPrereleases
            self.rule = rule
        }
    }

    /// A size that all files of a project together may have.
    package struct Cap: Hashable, Sendable {
        /// Bytes.
        package var bytes: UInt64
        /// What states it.
        package var rule: Rule

        /// A cap.
        package init(bytes: UInt64, rule: Rule) {
            self.bytes = bytes
            self.rule = rule
        }
    }

    /// How old a file has to be before it is shown.
    package struct MinimumAge: Hashable, Sendable {
        /// Seconds since the upload, or since the file was first seen where nobody says when that was.
        package var seconds: Int64
        /// Projects whose files need not wait.
        package var exceptions: [ProjectPattern]
        /// What states it.
        package var rule: Rule

        /// An age.
        package init(seconds: Int64, exceptions: [ProjectPattern] = [], rule: Rule) {
            self.seconds = seconds
            self.exceptions = exceptions
            self.rule = rule
        }
    }

    /// What must not be shown, whatever else is wanted: it goes before everything.
    package var blocks = FileBlocks()
    /// What leaves files out, each by itself.
    package var exclusions: [Exclusion] = []
    /// Only the newest releases.
    package var latest: Latest?
    /// Only so many bytes of a project, those of its newest releases.
    package var projectCap: Cap?
    /// How old a file has to be before it is shown.
    package var minimumAge: MinimumAge?

    /// A selection that keeps everything.
    package init() {}

    /// Whether every file is kept and shown, whatever it is.
    var isEverything: Bool { self == FileSelection() }

    /// A text that differs for selections that decide differently; neither places nor blocked releases count, which
    /// concern single projects.
    package var fingerprint: String {
        var parts = exclusions.map { "\($0.rule.key): \($0.criterion.fingerprint)" }
        if case let digests = blocks.digests, !digests.isEmpty { parts.append("blocked: \(digests.sorted())") }
        if let latest { parts.append("latest: \(latest.count) \(latest.countsPrereleases)") }
        if let projectCap { parts.append("max-project-size: \(projectCap.bytes)") }
        if let minimumAge {
            parts.append("minimum-age: \(minimumAge.seconds) \(minimumAge.exceptions.map(\.normalized).sorted())")
        }
        return parts.joined(separator: "\n")
    }

    /// A text that differs for selections that block other files.
    package var blocksFingerprint: String {
        blocks.exclusions.map(\.criterion.fingerprint).sorted().joined(separator: "\n")
    }
}

extension Exclusion.Criterion {
    /// A text that differs for criteria that decide differently.
    fileprivate var fingerprint: String {
        switch self {
        case .kinds(let kinds): "\(kinds.map(\.rawValue).sorted())"
        case .platforms(let patterns): "\(patterns.map(\.text).sorted())"
        case .pythons(let versions): "\(versions)"
        case .unusable(let environments): "\(environments.map(\.label).sorted())"
        case .releases(let patterns): "\(patterns.map(\.description).sorted())"
        case .filenames(let expressions): "\(expressions.map(\.pattern))"
        case .digests(let digests): "\(digests.sorted())"
        case .prereleases, .yanked: ""
        case .uploadedBefore(let time), .uploadedFrom(let time): "\(time)"
        case .largerThan(let limit): "\(limit)"
        case .projects(let patterns): "\(patterns.map(\.normalized).sorted())"
        }
    }
}
