/// Appends pieces of HTML.
package struct HTMLWriter {
    /// What was written.
    package private(set) var bytes: [UInt8] = []

    /// An empty one, with room for so many bytes.
    package init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    /// Appends markup as it is.
    package mutating func markup(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends text that needs no escaping: digits, names of projects, hexadecimal.
    package mutating func plain(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    /// Appends bytes that need no escaping.
    package mutating func plain(_ append: (inout [UInt8]) -> Void) {
        append(&bytes)
    }

    /// Appends text, escaped for elements and attributes alike, with the entities that PyPI uses.
    ///
    /// Line ends and tabs become character references, since parsers may change them; other control characters, which
    /// HTML does not allow, become U+FFFD.
    package mutating func text(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): markup("&amp;")
            case UInt8(ascii: "<"): markup("&lt;")
            case UInt8(ascii: ">"): markup("&gt;")
            case UInt8(ascii: "\""): markup("&#34;")
            case UInt8(ascii: "'"): markup("&#39;")
            case 0x09: markup("&#9;")
            case 0x0A: markup("&#10;")
            case 0x0D: markup("&#13;")
            case 0..<0x20, 0x7F: markup("\u{FFFD}")
            default: bytes.append(byte)
            }
        }
    }
}
