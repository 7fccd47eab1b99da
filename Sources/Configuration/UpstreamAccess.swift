/// All that says how one upstream is reached: its table, and who we are to it.
package struct UpstreamAccess: Sendable {
    /// Its table in `larder.toml`.
    package let settings: Configuration.Upstream
    /// What `upstream.secret` holds of it.
    package let secret: UpstreamSecret
    /// What the environment holds of it.
    package let environment: UpstreamSecret

    /// Gathers what was read.
    package init(
        _ settings: Configuration.Upstream,
        secret: UpstreamSecret = UpstreamSecret(),
        environment: UpstreamSecret = UpstreamSecret()
    ) {
        self.settings = settings
        self.secret = secret
        self.environment = environment
    }
}
