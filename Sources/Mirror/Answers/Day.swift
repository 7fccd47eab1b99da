internal import Glibc

/// A day in UTC, for people.
struct Day: CustomStringConvertible {
    let description: String

    /// The day of a time in seconds since 1970.
    init(seconds: Int64) {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        description = "\(parts.tm_year + 1900)-\(padded(parts.tm_mon + 1))-\(padded(parts.tm_mday))"
    }
}
