/// Where a server listens.
package struct ListenAddress: Equatable, Sendable, CustomStringConvertible {
    /// The name or the address of an interface.
    package let host: String
    /// The port; 0 for one that is free.
    package let port: Int

    /// Reads `HOST:PORT`, `[ADDRESS]:PORT` or `:PORT`; `nil` for any other text.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        self.host = host.isEmpty ? "::" : host
        self.port = Int(port)
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
