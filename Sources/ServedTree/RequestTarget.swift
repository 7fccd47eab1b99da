/// The path of a request, taken apart.
///
/// Percent-encodings are decoded once (RFC 3986, section 2.1). A path that could lead elsewhere than it seems to is none:
/// with `.` or `..` or nothing between two slashes, an encoded slash, a NUL, or bytes that are no UTF-8.
package struct RequestTarget: Equatable, Sendable {
    /// What stands between the slashes; empty for `/`, and with an empty text at the end for a path that ends in a slash.
    package let parts: [String]

    /// Reads the target of a request: a path with perhaps a query, or a whole URL (RFC 9112, section 3.2).
    ///
    /// - Parameter text: The target.
    package init?(_ text: String) {
        var path = text.prefix { $0 != "?" && $0 != "#" }
        if !path.hasPrefix("/") {
            guard let scheme = path.range(of: "://"), let slash = path[scheme.upperBound...].firstIndex(of: "/")
            else { return nil }
            path = path[slash...]
        }
        var parts: [String] = []
        let pieces = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for (index, piece) in pieces.enumerated() {
            guard let part = Self.decoded(piece), part != ".", part != ".." else { return nil }
            if part.isEmpty, index + 1 < pieces.count { return nil }
            parts.append(part)
        }
        self.parts = parts == [""] ? [] : parts
    }

    /// The path as it is written in a URL.
    ///
    /// - Parameter parts: What stands between the slashes.
    /// - Returns: The path, from the first slash on.
    package static func text(_ parts: some Sequence<String>) -> String {
        parts.map { "/" + encoded($0) }.joined()
    }

    private static func decoded(_ piece: Substring) -> String? {
        guard piece.utf8.contains(UInt8(ascii: "%")) else { return isPlain(piece.utf8) ? String(piece) : nil }
        var bytes: [UInt8] = []
        var rest = piece.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return isPlain(bytes) ? String(validating: bytes, as: UTF8.self) : nil
    }

    private static func isPlain(_ bytes: some Sequence<UInt8>) -> Bool {
        !bytes.contains { $0 == 0 || $0 == UInt8(ascii: "/") }
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func encoded(_ part: String) -> String {
        var text = ""
        for byte in part.utf8 {
            let scalar = Unicode.Scalar(byte)
            if byte < 0x80,
                scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "-._~".unicodeScalars.contains(scalar)
            {
                text.unicodeScalars.append(scalar)
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                text += byte < 16 ? "%0\(hex)" : "%\(hex)"
            }
        }
        return text
    }
}

extension Substring {
    /// Where a text first stands.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
