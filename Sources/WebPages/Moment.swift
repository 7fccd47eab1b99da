/// A time in UTC, as pages write it.
struct Moment {
    /// `yyyy-mm-ddThh:mm:ssZ`, for machines.
    let machine: String
    /// `yyyy-mm-dd hh:mm UTC`.
    let text: String

    /// The moment of a time in seconds since 1970.
    init(_ seconds: Int64) {
        let (days, rest) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let isBefore = rest < 0
        let day = CalendarDay(number: isBefore ? days - 1 : days).description
        let second = isBefore ? rest + 86_400 : rest
        func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let time = "\(padded(second / 3_600)):\(padded(second / 60 % 60))"
        machine = "\(day)T\(time):\(padded(second % 60))Z"
        text = "\(day) \(time) UTC"
    }
}

/// A day of the proleptic Gregorian calendar.
package struct CalendarDay: Comparable, Hashable, Sendable, CustomStringConvertible {
    /// Days since 1970-01-01.
    package let number: Int64

    /// A day by its number since 1970-01-01.
    package init(number: Int64) {
        self.number = number
    }

    /// The day in UTC of a time in seconds since 1970.
    package init(ofSeconds seconds: Int64) {
        number = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
    }

    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }

    /// `yyyy-mm-dd`.
    package var description: String {
        let (year, month, day) = date
        func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(padded(month))-\(padded(day))"
    }

    /// Whether it is the first of its month.
    var isFirstOfMonth: Bool { date.day == 1 }

    /// Years counted from March, so that the day that comes every four years is the last of one.
    private var date: (year: Int64, month: Int64, day: Int64) {
        let shifted = number + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
