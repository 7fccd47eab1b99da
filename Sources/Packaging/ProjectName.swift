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

    package static func < (left: Self, right: Self) -> Bool {
        left.normalized.utf8.lexicographicallyPrecedes(right.normalized.utf8)
    }
}

extension ProjectName: CustomStringConvertible {
    package var description: String { normalized }
}
