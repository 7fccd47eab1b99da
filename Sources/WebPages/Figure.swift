/// Numbers, sizes and times as people read them.
enum Figure {
    /// A number with its thousands apart.
    static func count(_ count: some BinaryInteger) -> String {
        var digits = String(count)
        var groups: [String] = []
        while digits.utf8.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return ([digits] + groups).joined(separator: ",")
    }

    /// A number of things, with its noun in the right form.
    static func of(_ count: Int, _ noun: String) -> String {
        "\(Self.count(count)) \(noun)\(count == 1 ? "" : "s")"
    }

    /// Bytes with a unit of powers of 1,000.
    static func bytes(_ count: UInt64) -> String {
        let units = ["bytes", "kB", "MB", "GB", "TB", "PB"]
        var value = Double(count)
        var unit = 0
        while value >= 999.5, unit < units.count - 1 {
            value /= 1_000
            unit += 1
        }
        if unit == 0 { return count == 1 ? "1 byte" : "\(count) bytes" }
        let tenths = Int((value * 10).rounded())
        return value < 9.95 ? "\(tenths / 10).\(tenths % 10) \(units[unit])" : "\(Int(value.rounded())) \(units[unit])"
    }

    /// The sum of sizes, which a damaged page may make larger than there are numbers.
    static func sum(_ sizes: some Sequence<UInt64>) -> UInt64 {
        sizes.reduce(0) { sum, size in
            let (result, isTooLarge) = sum.addingReportingOverflow(size)
            return isTooLarge ? .max : result
        }
    }

    /// A share in per cent, rounded down to tenths, so that only all is 100.
    static func percent(_ value: Double) -> String {
        let tenths = Int(max(0, min(100, value)) * 10)
        return tenths % 10 == 0 ? "\(tenths / 10) %" : "\(tenths / 10).\(tenths % 10) %"
    }

    /// A span of time in the largest unit that says enough.
    static func span(_ seconds: Int64) -> String {
        switch max(0, seconds) {
        case ..<120: of(Int(max(0, seconds)), "second")
        case ..<7_200: of(Int(seconds / 60), "minute")
        case ..<172_800: of(Int(seconds / 3_600), "hour")
        default: of(Int(seconds / 86_400), "day")
        }
    }
}
