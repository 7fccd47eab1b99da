/// A pattern over bytes: `*` stands for any run of them, `?` for one, all others for themselves.
struct Glob: Hashable, Sendable {
    private let bytes: [UInt8]

    /// A pattern as written.
    init(_ pattern: String) {
        bytes = Array(pattern.utf8)
    }

    /// Whether the pattern matches any text.
    var isAll: Bool { !bytes.isEmpty && bytes.allSatisfy { $0 == UInt8(ascii: "*") } }

    /// Whether a text matches from its start to its end.
    ///
    /// Goes back to the last `*` only, which takes time in proportion to the product of both lengths at most.
    func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { matches($0) }
    }

    private func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var (position, offset) = (0, 0)
        var retry: (position: Int, offset: Int)?
        while offset < text.count {
            if position < bytes.count, bytes[position] == UInt8(ascii: "*") {
                retry = (position + 1, offset)
                position += 1
            } else if position < bytes.count, bytes[position] == UInt8(ascii: "?") || bytes[position] == text[offset] {
                position += 1
                offset += 1
            } else if let last = retry {
                retry = (last.position, last.offset + 1)
                (position, offset) = (last.position, last.offset + 1)
            } else {
                return false
            }
        }
        return bytes[position...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
