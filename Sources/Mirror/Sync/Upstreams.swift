internal import Configuration
internal import Packaging
internal import Transfer

/// The upstreams of a mirror, each with an engine of its own, so that its limits and credentials concern no other.
struct Upstreams: Sendable {
    /// All of them, in the order of the configuration.
    let all: [Upstream]
    private let claims: UpstreamClaims

    /// Starts an engine for each.
    ///
    /// - Throws: ``MirrorError`` for settings that cannot be used.
    init(of mirror: MirrorRoot) throws(MirrorError) {
        var all: [Upstream] = []
        for access in mirror.upstreams { all.append(try Upstream(access, of: mirror)) }
        self.all = all
        claims = mirror.claims
    }

    /// The one that a project comes from; `nil` when none claims it, and nobody may be asked for it.
    subscript(project: ProjectName) -> Upstream? { claims.claim(of: project).map { all[$0.upstream] } }

    /// The engines.
    var engines: [TransferEngine] { all.map(\.engine) }

    /// Ends the engines.
    func shutdown() {
        for engine in engines { engine.shutdown() }
    }
}
