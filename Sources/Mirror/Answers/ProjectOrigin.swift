internal import Configuration
package import Packaging

/// Where a project comes from, and why.
package struct ProjectOrigin: Equatable, Sendable {
    /// The upstream: its name, else its URL.
    package let upstream: String
    /// The pattern by which it claims the project.
    package let pattern: ProjectPattern
}

extension MirrorRoot {
    /// The upstream that a project comes from, whether or not it is selected; `nil` when none claims it.
    package func origin(of name: ProjectName) -> ProjectOrigin? {
        claims.claim(of: name).map { claim in
            ProjectOrigin(upstream: configuration.upstreams[claim.upstream].label, pattern: claim.pattern)
        }
    }
}
