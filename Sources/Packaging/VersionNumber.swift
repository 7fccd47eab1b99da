/// A number in a version: PEP 440 sets no limit, and versions with more digits than 64 bits hold do exist.
///
/// Compared by value; leading zeros do not count.
package enum VersionNumber: Hashable, Sendable {
    /// A number that fits.
    case small(UInt64)
    /// The digits of a number above `UInt64.max`, without leading zeros.
    case large(String)

    /// The number that ASCII digits stand for; at least one, and nothing else, has to be there.
    init(digits: Slice<UnsafeBufferPointer<UInt8>>) {
        var value: UInt64 = 0
        // That many digits always fit.
        if digits.count <= 19 {
            for digit in digits { value = value &* 10 &+ UInt64(digit &- UInt8(ascii: "0")) }
            self = .small(value)
            return
        }
        for digit in digits {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit &- UInt8(ascii: "0")))
            if overflow || carry {
                self = .large(String(decoding: digits.drop { $0 == UInt8(ascii: "0") }, as: UTF8.self))
                return
            }
            value = sum
        }
        self = .small(value)
    }

    /// Whether the number is 0.
    package var isZero: Bool { self == .small(0) }
}

extension VersionNumber: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.small(let left), .small(let right)): return left < right
        case (.small, .large): return true
        case (.large, .small): return false
        case (.large(let left), .large(let right)):
            let (left, right) = (left.utf8, right.utf8)
            return left.count != right.count ? left.count < right.count : left.lexicographicallyPrecedes(right)
        }
    }
}

extension VersionNumber: ExpressibleByIntegerLiteral {
    package init(integerLiteral value: UInt64) {
        self = .small(value)
    }
}

extension VersionNumber: CustomStringConvertible {
    package var description: String {
        switch self {
        case .small(let value): String(value)
        case .large(let digits): digits
        }
    }
}
