/// The name of a snapshot: a letter or digit, then letters, digits, `.`, `_` and `-`, 64 at most, and not digits alone,
/// which are numbers of generations.
package struct SnapshotName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The name.
    package let text: String

    /// A name; `nil` for any other text.
    package init?(_ text: String) {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        let bytes = text.utf8
        guard let first = bytes.first, isAlphanumeric(first), bytes.count <= 64,
            bytes.allSatisfy({ isAlphanumeric($0) || "._-".utf8.contains($0) }),
            !bytes.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        self.text = text
    }

    package var description: String { text }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}
