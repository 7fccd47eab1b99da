import Configuration

extension Configuration {
    /// The only upstream of a configuration with `[upstream]`.
    var upstream: Upstream {
        get { upstreams[0] }
        set { upstreams = [newValue] }
    }
}
