/// What a server listens on, where its configuration does not take the words as they are.
struct Listener {
    /// The address as in a URL, with the brackets of IPv6; `nil` for all of IPv4.
    let address: String?

    /// The port.
    let port: UInt16

    /// Reads `80`, `*:80`, `127.0.0.1:80`, `localhost:80` or `[::]:80`.
    init(_ text: String) throws(LayoutError) {
        let end = text.lastIndex(of: ":")
        let address = end.map { String(text[..<$0]) } ?? "*"
        let digits = end.map { text[text.index(after: $0)...] } ?? text[...]
        let isName = !address.isEmpty && address.utf8.allSatisfy { isAlphanumeric($0) || ".-".utf8.contains($0) }
        let isIPv6 =
            address.utf8.count > 3 && address.hasPrefix("[") && address.hasSuffix("]")
            && address.utf8.dropFirst().dropLast().allSatisfy { isAlphanumeric($0) || ":.".utf8.contains($0) }
        guard let port = UInt16(digits), port > 0, digits.utf8.allSatisfy(isAlphanumeric),
            address == "*" || isName || isIPv6
        else {
            throw LayoutError(what: "listen", value: text, problem: "is no PORT or ADDRESS:PORT")
        }
        self.address = address == "*" ? nil : address
        self.port = port
    }
}

/// The folder of a mirror as an absolute path without a slash at its end; empty for `/`.
func mirrorFolder(_ root: String) throws(LayoutError) -> String {
    guard root.hasPrefix("/") else { throw LayoutError(what: "root", value: root, problem: "is not absolute") }
    guard !root.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
        throw LayoutError(what: "root", value: root, problem: "holds a control character")
    }
    return root.hasSuffix("/") ? String(root.dropLast()) : root
}

/// Refuses a root with characters that a server's configuration gives a meaning, and nothing takes it from them.
func refuse(_ characters: String, in folder: String) throws(LayoutError) {
    if let found = folder.unicodeScalars.first(where: { characters.unicodeScalars.contains($0) }) {
        throw LayoutError(what: "root", value: folder, problem: "holds '\(found)'")
    }
}

/// The host names that a server answers to, none for any.
func hostNames(_ text: String) throws(LayoutError) -> [String] {
    let names = text.split(separator: " ").map(String.init)
    for name in names where name != "_" {
        // A wildcard stands for the first label, as in `*.example.org`: what all servers understand.
        let labels = name.hasPrefix("*.") ? name.dropFirst(2) : name[...]
        guard !labels.isEmpty, !labels.hasPrefix("."),
            labels.utf8.allSatisfy({ isAlphanumeric($0) || ".-_".utf8.contains($0) })
        else {
            throw LayoutError(what: "server name", value: text, problem: "has a name that this server does not take")
        }
    }
    guard !names.isEmpty else { throw LayoutError(what: "server name", value: text, problem: "is empty") }
    return names.contains("_") ? [] : names
}

/// A text as one argument of a shell, in quotes only where it needs them.
func shellQuoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { isAlphanumeric($0) || "/._-+".utf8.contains($0) }
    return isPlain
        ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}

/// Whether a byte is a letter or a digit of ASCII.
func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
}
