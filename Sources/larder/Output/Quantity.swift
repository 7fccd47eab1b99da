/// Numbers as people read them.
enum Quantity {
    /// Bytes with a unit of powers of 1,000.
    static func bytes(_ count: UInt64) -> String {
        let units = ["B", "kB", "MB", "GB", "TB", "PB"]
        var value = Double(count)
        var unit = 0
        while value >= 999.5, unit < units.count - 1 {
            value /= 1_000
            unit += 1
        }
        return unit == 0 ? "\(count) B" : "\(decimal(value, digits: value < 10 ? 1 : 0)) \(units[unit])"
    }

    /// A number with its thousands apart.
    static func count(_ count: Int) -> String {
        var digits = String(count.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (count < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }

    /// A part of a number.
    static func share(_ done: Int, of total: Int) -> String {
        "\(count(done))/\(count(total))"
    }

    /// A number of things, with its noun in the right form.
    static func of(_ count: Int, _ noun: String) -> String {
        "\(Self.count(count)) \(noun)\(count == 1 ? "" : "s")"
    }

    /// The first of some names, and how many there are beside.
    static func list(_ names: [String], limit: Int = 5) -> String {
        let shown = names.prefix(limit).joined(separator: ", ")
        return names.count > limit ? "\(shown) and \(count(names.count - limit)) others" : shown
    }

    /// A span of time.
    static func duration(_ seconds: Double) -> String {
        switch seconds {
        case ..<10: "\(decimal(seconds, digits: 2)) s"
        case ..<120: "\(decimal(seconds, digits: 0)) s"
        case ..<7_200: "\(decimal(seconds / 60, digits: 0)) min"
        case ..<172_800: "\(decimal(seconds / 3_600, digits: 0)) h"
        default: "\(decimal(seconds / 86_400, digits: 0)) days"
        }
    }

    /// A number with some decimal digits.
    static func decimal(_ value: Double, digits: Int) -> String {
        let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
        let scaled = Int((value * scale).rounded())
        guard digits > 0 else { return String(scaled) }
        let fraction = String(scaled.magnitude % UInt(scale))
        let zeros = String(repeating: "0", count: digits - fraction.count)
        return "\(scaled < 0 ? "-" : "")\(scaled.magnitude / UInt(scale)).\(zeros)\(fraction)"
    }
}
