/// The name of an extra or of a dependency group, by which they are compared (PEP 685): lower case, and each run of
/// `-`, `_` and `.` one `-`.
///
/// Unlike ``ProjectName`` it takes any text, since extras with odd names exist in metadata of old.
package struct ExtraName: Hashable, Sendable {
    /// The normalized form.
    package let normalized: String

    /// Normalizes a name.
    package init(_ name: some StringProtocol) {
        var bytes: [UInt8] = []
        for byte in name.lowercased().utf8 {
            let isSeparator = byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
            if isSeparator, bytes.last == UInt8(ascii: "-") { continue }
            bytes.append(isSeparator ? UInt8(ascii: "-") : byte)
        }
        normalized = String(decoding: bytes, as: UTF8.self)
    }
}

extension ExtraName: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        left.normalized.utf8.lexicographicallyPrecedes(right.normalized.utf8)
    }
}

extension ExtraName: CustomStringConvertible {
    package var description: String { normalized }
}
