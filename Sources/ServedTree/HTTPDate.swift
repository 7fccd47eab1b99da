/// A time in whole seconds, as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
package struct HTTPDate: Equatable, Sendable {
    /// Seconds since 1970.
    package let seconds: Int64

    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// A time.
    package init(seconds: Int64) {
        self.seconds = seconds
    }

    /// Reads the form that HTTP prefers; `nil` for any other text, which is to be ignored.
    package init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let day = Int64(words[1]), (1...31).contains(day),
            let month = Self.months.firstIndex(of: String(words[2])), let year = Int64(words[3]),
            (1...9_999).contains(year)
        else { return nil }
        let time = words[4].split(separator: ":", omittingEmptySubsequences: false).compactMap { Int64($0) }
        guard time.count == 3, (0...23).contains(time[0]), (0...59).contains(time[1]), (0...60).contains(time[2])
        else { return nil }
        let date = Self.days(year: year, month: Int64(month) + 1, day: day)
        seconds = date * 86_400 + time[0] * 3_600 + time[1] * 60 + time[2]
    }

    /// The text.
    package var text: String {
        let (day, second) = (seconds.floored(by: 86_400), seconds - seconds.floored(by: 86_400) * 86_400)
        let (year, month, number) = Self.date(day)
        let weekday = Self.days[Int(day - day.floored(by: 7) * 7)]
        // Each answer tells two of them: without a text for each number.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        func append(_ number: Int64, _ digits: Int) {
            var divisor: Int64 = digits == 4 ? 1_000 : 10
            while divisor > 0 {
                bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
                divisor /= 10
            }
        }
        bytes += weekday.utf8
        bytes += ", ".utf8
        append(number, 2)
        bytes.append(UInt8(ascii: " "))
        bytes += Self.months[Int(month) - 1].utf8
        bytes.append(UInt8(ascii: " "))
        append(year, 4)
        bytes.append(UInt8(ascii: " "))
        append(second / 3_600, 2)
        bytes.append(UInt8(ascii: ":"))
        append(second / 60 % 60, 2)
        bytes.append(UInt8(ascii: ":"))
        append(second % 60, 2)
        bytes += " GMT".utf8
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The number of a day, counted from 1970, in years that begin with March, so that a leap day is the last one.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year.floored(by: 400)
        let ofEra = year - era * 400
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    private static func date(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = shifted.floored(by: 146_097)
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let place = (5 * ofYear + 2) / 153
        let month = place < 10 ? place + 3 : place - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * place + 2) / 5 + 1)
    }
}

extension Int64 {
    /// The quotient that is not above the exact one.
    fileprivate func floored(by divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : (self - divisor + 1) / divisor
    }
}
