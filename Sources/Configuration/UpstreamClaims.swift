package import Packaging

/// Which upstream a project comes from: the first, in the order of `larder.toml`, whose patterns match its name.
///
/// The patterns alone decide, never who answers or has such a project. So nobody can slip a project in from an upstream
/// that another one stands before (dependency confusion).
package struct UpstreamClaims: Sendable {
    /// Why a project comes from an upstream.
    package struct Claim: Equatable, Sendable {
        /// The place of the upstream among all.
        package let upstream: Int
        /// The pattern that matched.
        package let pattern: ProjectPattern
    }

    /// The patterns of one upstream, those that name one project apart, since there may be thousands.
    private struct Patterns: Sendable {
        var names: Set<ProjectName> = []
        var globs: [ProjectPattern] = []

        func match(_ name: ProjectName) -> ProjectPattern? {
            if names.contains(name) { return ProjectPattern(name.normalized) }
            return globs.first { $0.isAll || $0.matches(name) }
        }
    }

    private let patterns: [Patterns]

    /// The claims of some upstreams, in their order.
    package init(_ upstreams: [Configuration.Upstream]) {
        patterns = upstreams.map { upstream in
            Patterns(
                names: Set(upstream.claims.compactMap(\.name)),
                globs: upstream.claims.filter { $0.name == nil }
            )
        }
    }

    /// The upstream that a project comes from.
    ///
    /// - Parameter name: The project.
    /// - Returns: `nil` when none claims it: it is asked for nowhere.
    package func claim(of name: ProjectName) -> Claim? {
        for (index, patterns) in patterns.enumerated() {
            if let pattern = patterns.match(name) { return Claim(upstream: index, pattern: pattern) }
        }
        return nil
    }
}
