/// What tells releases apart: `1.0` and `1.0.0` are one release, spellings that mean nothing are each their own.
package enum ReleaseKey: Hashable, Sendable {
    /// A version that PEP 440 allows.
    case version(Version)
    /// Any other text.
    case spelling(String)

    /// The key of a version.
    package init(_ version: SpelledVersion) {
        self = version.version.map { .version($0) } ?? .spelling(version.spelling)
    }

    /// The key of a version as spelled.
    package init(_ spelling: String) {
        self.init(SpelledVersion(spelling))
    }
}
