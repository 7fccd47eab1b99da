internal import CTOMLPlusPlus

/// A date, a time of day, or both, as RFC 3339 writes them.
///
/// Days exist in their months, and there are no leap seconds.
package struct TOMLMoment: Hashable, Sendable {
    /// A day.
    package struct Day: Hashable, Sendable {
        /// From 0 to 9999.
        package let year: Int
        /// From 1.
        package let month: Int
        /// From 1.
        package let day: Int
    }

    /// A time of day.
    package struct Time: Hashable, Sendable {
        /// From 0 to 23.
        package let hour: Int
        /// From 0 to 59.
        package let minute: Int
        /// From 0 to 59.
        package let second: Int
        /// From 0 to 999,999,999; what is smaller is cut off.
        package let nanosecond: Int
    }

    /// The day; `nil` for a time alone.
    package let day: Day?
    /// The time of day; `nil` for a date alone.
    package let time: Time?
    /// How far local time is ahead of UTC, in minutes; `nil` where that is not told.
    package let offset: Int?

    init(_ moment: larder_toml_moment, hasDate: Bool, hasTime: Bool) {
        let day = Day(year: Int(moment.year), month: Int(moment.month), day: Int(moment.day))
        let time = Time(
            hour: Int(moment.hour),
            minute: Int(moment.minute),
            second: Int(moment.second),
            nanosecond: Int(moment.nanosecond)
        )
        self.day = hasDate ? day : nil
        self.time = hasTime ? time : nil
        offset = moment.has_offset ? Int(moment.offset) : nil
    }
}
