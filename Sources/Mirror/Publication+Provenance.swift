internal import Configuration

extension Configuration.Publication {
    /// Where provenance documents are published, and for which they are kept; `nil` for not at all.
    ///
    /// Their URLs have to be absolute and of a secure origin (PEP 740), which beside HTTPS those of this machine are (W3C,
    /// Secure Contexts, section 3.1).
    var provenanceRoot: IndexURL? {
        guard let baseURL else { return nil }
        if baseURL.scheme == .https { return baseURL }
        let isLocal = ["127.", "localhost", "[::1]"].contains { baseURL.host?.hasPrefix($0) ?? false }
        return isLocal ? baseURL : nil
    }
}
