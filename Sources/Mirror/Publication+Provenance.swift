internal import Configuration

extension Configuration.Publication {
    /// Where provenance documents are published, and for which they are kept; `nil` for not at all.
    ///
    /// Their URLs have to be absolute and of a secure origin (PEP 740), which beside HTTPS those of this machine are (W3C,
    /// Secure Contexts, section 3.1).
    var provenanceRoot: IndexURL? {
        guard let baseURL else { return nil }
        if baseURL.scheme == .https { return baseURL }
        let host = baseURL.host ?? ""
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        let isLoopback = numbers.count == 4 && numbers.first == 127 && !numbers.contains(nil)
        return isLoopback || ["localhost", "[::1]", "::1"].contains(host) ? baseURL : nil
    }
}
