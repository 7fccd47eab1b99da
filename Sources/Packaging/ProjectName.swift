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
        var normalized: [UInt8] = []
        normalized.reserveCapacity(name.utf8.count)
        var separatorPending = false
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"):
                if separatorPending { normalized.append(UInt8(ascii: "-")) }
                separatorPending = false
                let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                normalized.append(isUpper ? byte | 0x20 : byte)
            case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                guard !normalized.isEmpty else { return nil }
                separatorPending = true
            default:
                return nil
            }
        }
        guard !normalized.isEmpty, !separatorPending, normalized.count <= Self.maximumByteCount else { return nil }
        self.normalized = String(decoding: normalized, as: UTF8.self)
    }

    package static func < (left: Self, right: Self) -> Bool {
        left.normalized.utf8.lexicographicallyPrecedes(right.normalized.utf8)
    }
}

extension ProjectName: CustomStringConvertible {
    package var description: String { normalized }
}
