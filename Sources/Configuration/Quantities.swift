/// A text that is no duration, size or share.
package struct QuantityError: Error, Equatable, CustomStringConvertible {
    /// What was found, and what may be written.
    package let description: String
}

extension Duration {
    /// Reads a duration as `larder.toml` and the command line write it: `30s`, `15m`, `12h`, `7d`, or plain seconds.
    ///
    /// - Parameter text: A whole number, and a unit or none.
    /// - Throws: `QuantityError` for any other text, and beyond 100 years.
    package init(configuration text: String) throws(QuantityError) {
        let (number, unit) = split(text)
        let seconds: Int? =
            switch unit {
            case "", "s": 1
            case "m": 60
            case "h": 3600
            case "d": 86400
            default: nil
            }
        guard let seconds, let number, let total = product(number, seconds), total <= 100 * 365 * 86400 else {
            throw QuantityError(
                description: "'\(text)' is not a duration; write 30s, 15m, 12h, 7d or a number of seconds"
            )
        }
        self = .seconds(total)
    }

    /// The duration as `larder.toml` writes it, in the largest unit that loses nothing; parts of a second are dropped.
    package var configurationText: String {
        let seconds = components.seconds
        for (size, unit) in [(86400, "d"), (3600, "h"), (60, "m")] as [(Int64, String)]
        where seconds != 0 && seconds.isMultiple(of: size) && (unit != "m" || seconds > 60) {
            return "\(seconds / size)\(unit)"
        }
        return "\(seconds)s"
    }
}

/// A number of bytes, as `larder.toml` and the command line write it.
package struct ByteCount: Hashable, Comparable, Sendable {
    /// The bytes; not negative.
    package let bytes: Int

    /// So many times 2 to the power of 20 bytes; the count is small.
    static func mebibytes(_ count: Int) -> ByteCount { ByteCount(bytes: count << 20) }

    private init(bytes: Int) {
        self.bytes = bytes
    }

    /// Reads `10MB` (powers of 1000), `4GiB` (powers of 1024), or plain bytes.
    ///
    /// - Parameter text: A whole number, and a unit or none: B, kB, MB, GB, TB, KiB, MiB, GiB, TiB.
    /// - Throws: `QuantityError` for any other text, and for more bytes than fit 63 bits.
    package init(configuration text: String) throws(QuantityError) {
        let (number, unit) = split(text)
        let size: Int? =
            switch unit {
            case "", "B": 1
            case "kB", "KB": 1000
            case "MB": 1_000_000
            case "GB": 1_000_000_000
            case "TB": 1_000_000_000_000
            case "KiB": 1 << 10
            case "MiB": 1 << 20
            case "GiB": 1 << 30
            case "TiB": 1 << 40
            default: nil
            }
        guard let number, let size, let total = product(number, size) else {
            throw QuantityError(
                description: "'\(text)' is not a size; write 500kB, 10MB, 4GiB or a number of bytes"
            )
        }
        bytes = total
    }

    package static func < (left: Self, right: Self) -> Bool { left.bytes < right.bytes }
}

/// A part of a whole, kept exactly to a millionth: `"2%"`, `"0.5%"`.
package struct Share: Hashable, Comparable, Sendable {
    /// Millionths of the whole, from 0 to 1,000,000.
    package let millionths: Int

    /// Reads a share of 0 % to 100 % with at most four decimals, which ends in `%`.
    ///
    /// - Parameter text: A decimal number and `%`.
    /// - Throws: `QuantityError` for any other text.
    package init(configuration text: String) throws(QuantityError) {
        let problem = QuantityError(
            description: "'\(text)' is not a share; write it as \"2%\" or \"0.5%\", up to \"100%\""
        )
        guard text.utf8.last == UInt8(ascii: "%") else { throw problem }
        let parts = text.dropLast().split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first.flatMap({ wholeNumber($0) }), whole <= 100 else { throw problem }
        var decimals = 0
        if parts.count == 2 {
            guard parts[1].utf8.count <= 4, let digits = wholeNumber(parts[1]) else { throw problem }
            decimals = digits
            for _ in parts[1].utf8.count..<4 { decimals *= 10 }
        }
        guard whole * 10_000 + decimals <= 1_000_000 else { throw problem }
        millionths = whole * 10_000 + decimals
    }

    /// How many of `count` the share is, rounded down.
    ///
    /// - Parameter count: The whole; not negative.
    /// - Returns: At most `count`.
    package func part(of count: Int) -> Int {
        // In two steps, so that no count overflows.
        count / 1_000_000 * millionths + count % 1_000_000 * millionths / 1_000_000
    }

    package static func < (left: Self, right: Self) -> Bool { left.millionths < right.millionths }
}

/// The digits that a text starts with as a number, `nil` where there are none or too many, and what follows them.
private func split(_ text: String) -> (number: Int?, unit: Substring) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    return (wholeNumber(digits), text[digits.endIndex...])
}

/// A number of digits only: no sign, no space.
private func wholeNumber(_ digits: Substring) -> Int? {
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
        return nil
    }
    return Int(digits)
}

private func product(_ number: Int, _ size: Int) -> Int? {
    let (total, overflow) = number.multipliedReportingOverflow(by: size)
    return overflow ? nil : total
}
