internal import Glibc

/// A moment as people read it.
enum Timestamp {
    /// A moment in UTC, as `yyyy-mm-ddThh:mm:ssZ`.
    ///
    /// - Parameter seconds: Seconds since 1970.
    /// - Returns: The text; the number itself for a moment that no calendar has.
    static func text(_ seconds: Int64) -> String {
        var time = time_t(seconds)
        var parts = tm()
        guard gmtime_r(&time, &parts) != nil else { return "\(seconds)" }
        func digits(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = "\(Int(parts.tm_year) + 1_900)-\(digits(parts.tm_mon + 1))-\(digits(parts.tm_mday))"
        return "\(day)T\(digits(parts.tm_hour)):\(digits(parts.tm_min)):\(digits(parts.tm_sec))Z"
    }
}
