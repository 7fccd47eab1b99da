/// The normalized name of a project (PEP 503), by which pages, records and rows are kept.
///
/// A value is always valid: lower-case ASCII letters, digits and single hyphens between them, at most 200 bytes.
/// Ordered by its bytes.
package struct ProjectName: Hashable, Comparable, Sendable {
    /// The longest name that is accepted, in bytes; the longest on PyPI has fewer than 100.
    package static let maximumByteCount = 200

    /// The normalized form.
    package let normalized: String

    /// Normalizes a name as PEP 503 says: ASCII lower case, and each run of `-`, `_` and `.` one `-`.
    ///
    /// - Parameter name: A name as in PEP 508: ASCII letters and digits, with `-`, `_` and `.` between them;
    ///   `nil` results for any other.
    package init?(_ name: some StringProtocol) {
        // Generic code over the characters would not be specialized outside this module; a buffer of bytes is fast.
        var name = String(name)
        guard let normalized = name.withUTF8(Self.normalized) else { return nil }
        self.normalized = normalized
    }

    /// Normalizes a name that is given by its bytes.
    package init?(utf8: ArraySlice<UInt8>) {
        guard let normalized = utf8.withUnsafeBufferPointer(Self.normalized) else { return nil }
        self.normalized = normalized
    }

    private static func normalized(_ name: UnsafeBufferPointer<UInt8>) -> String? {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: maximumByteCount) { buffer in
            var count = 0
            var separatorPending = false
            for byte in name {
                let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
                switch isUpper ? byte | 0x20 : byte {
                case let lower
                where lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
                    || lower >= UInt8(ascii: "0") && lower <= UInt8(ascii: "9"):
                    guard count + (separatorPending ? 2 : 1) <= maximumByteCount else { return nil }
                    if separatorPending {
                        buffer[count] = UInt8(ascii: "-")
                        count += 1
                    }
                    separatorPending = false
                    buffer[count] = lower
                    count += 1
                case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    guard count > 0 else { return nil }
                    separatorPending = true
                default:
                    return nil
                }
            }
            guard count > 0, !separatorPending else { return nil }
            return String(decoding: UnsafeBufferPointer(rebasing: buffer[..<count]), as: UTF8.self)
        }
    }

    /// How many bytes at the start of a text spell the name, in any case and with any separators, if it starts so.
    ///
    /// No longer piece of the text can spell it too: it would have further letters or digits.
    func spellingCount(atStartOf text: Span<UInt8>) -> Int? {
        let utf8 = normalized.utf8
        let name = utf8.span
        var count = 0
        for place in name.indices {
            if name[place] == UInt8(ascii: "-") {
                let start = count
                while count < text.count, Self.isSeparator(text[count]) { count += 1 }
                guard count > start else { return nil }
            } else {
                guard count < text.count, Self.lowercased(text[count]) == name[place] else { return nil }
                count += 1
            }
        }
        return count
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }

    package static func < (left: Self, right: Self) -> Bool {
        // Of ASCII, the order of characters is that of bytes, and strings compare them faster.
        left.normalized < right.normalized
    }
}

extension ProjectName: CustomStringConvertible {
    package var description: String { normalized }
}
