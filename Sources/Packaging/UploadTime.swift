/// Times of upload (PEP 700), in one spelling.
package enum UploadTime {
    /// The time as `yyyy-mm-ddThh:mm:ss[.ffffff]Z`; `nil` for what is no time with a zone.
    ///
    /// Understood are ISO 8601's extended form with `T`, `t` or a space, a fraction of any length (cut after six
    /// digits, left out when zero), and `Z`, `z`, `+hh:mm` or `+hhmm`.
    package static func canonical(_ text: String) -> String? {
        var reader = Reader(bytes: Array(text.utf8))
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2), reader.take("Tt "), let hour = reader.number(2), reader.take(":"),
            let minute = reader.number(2), reader.take(":"), let second = reader.number(2),
            (1...12).contains(month), day >= 1, day <= daysInMonth(month, year), hour < 24, minute < 60, second < 60
        else { return nil }
        let fraction = reader.take(".,") ? reader.fraction() : 0
        guard let fraction, let offset = reader.zone(), reader.isAtEnd else { return nil }
        let minutes = daysSinceEpoch(year, month, day) * 1_440 + hour * 60 + minute - offset
        let days = minutes >= 0 ? minutes / 1_440 : (minutes - 1_439) / 1_440
        let date = civil(days)
        guard (1...9_999).contains(date.year) else { return nil }
        let rest = minutes - days * 1_440
        var result: [UInt8] = []
        result.reserveCapacity(27)
        append(date.year, 4, "-", to: &result)
        append(date.month, 2, "-", to: &result)
        append(date.day, 2, "T", to: &result)
        append(rest / 60, 2, ":", to: &result)
        append(rest % 60, 2, ":", to: &result)
        append(second, 2, fraction == 0 ? "Z" : ".", to: &result)
        if fraction != 0 { append(fraction, 6, "Z", to: &result) }
        return String(decoding: result, as: UTF8.self)
    }

    /// The time in seconds since 1970, fractions dropped; `nil` for what ``canonical(_:)`` would not have returned.
    package static func seconds(_ canonical: String) -> Int64? {
        let utf8 = canonical.utf8
        let text = utf8.span
        // Places in `yyyy-mm-ddThh:mm:ss`, and what stands between the numbers.
        guard text.count > 19, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            text[10] == UInt8(ascii: "T"), text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
            text[19] == UInt8(ascii: ".") || text[19] == UInt8(ascii: "Z"),
            let year = number(text, 0..<4), let month = number(text, 5..<7), let day = number(text, 8..<10),
            let hour = number(text, 11..<13), let minute = number(text, 14..<16), let second = number(text, 17..<19),
            (1...12).contains(month), day >= 1, day <= daysInMonth(month, year), hour < 24, minute < 60, second < 60
        else { return nil }
        return Int64(daysSinceEpoch(year, month, day)) * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
    }

    /// The number that digits stand for, if all in a range are digits.
    private static func number(_ text: Span<UInt8>, _ range: Range<Int>) -> Int? {
        var value = 0
        for place in range {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[place]) else { return nil }
            value = value * 10 + Int(text[place] - UInt8(ascii: "0"))
        }
        return value
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        var isAtEnd: Bool { position == bytes.count }

        mutating func digit() -> Int? {
            guard position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position])
            else { return nil }
            defer { position += 1 }
            return Int(bytes[position] - UInt8(ascii: "0"))
        }

        mutating func number(_ digits: Int) -> Int? {
            var value = 0
            for _ in 0..<digits {
                guard let digit = digit() else { return nil }
                value = value * 10 + digit
            }
            return value
        }

        mutating func take(_ choices: StaticString) -> Bool {
            guard position < bytes.count else { return false }
            for index in 0..<choices.utf8CodeUnitCount where choices.utf8Start[index] == bytes[position] {
                position += 1
                return true
            }
            return false
        }

        /// Millionths of a second; `nil` without a digit.
        mutating func fraction() -> Int? {
            guard var value = digit() else { return nil }
            var digits = 1
            while let digit = digit() {
                if digits < 6 { value = value * 10 + digit }
                digits += 1
            }
            while digits < 6 {
                value *= 10
                digits += 1
            }
            return value
        }

        /// The offset from UTC in minutes.
        mutating func zone() -> Int? {
            if take("Zz") { return 0 }
            let sign = take("+") ? 1 : take("-") ? -1 : 0
            guard sign != 0, let hours = number(2) else { return nil }
            _ = take(":")
            guard let minutes = number(2), hours < 24, minutes < 60 else { return nil }
            return sign * (hours * 60 + minutes)
        }
    }

    private static func append(_ value: Int, _ digits: Int, _ end: Unicode.Scalar, to result: inout [UInt8]) {
        var divisor = (1..<digits).reduce(1) { product, _ in product * 10 }
        while divisor > 0 {
            result.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
        result.append(UInt8(ascii: end))
    }

    private static func daysInMonth(_ month: Int, _ year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01 in the proleptic Gregorian calendar, years counted from March.
    private static func daysSinceEpoch(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The date of a day counted from 1970-01-01.
    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
