/// What a mirror held at the end of a day, and how its syncs of that day ended.
package struct DailyFigures: Equatable, Sendable {
    /// The days that a history has at most: two years.
    package static let limit = 731

    /// The day, in UTC.
    package let day: CalendarDay
    /// Projects in the root list.
    package var projects: Int
    /// Files on all pages.
    package var files: Int
    /// Bytes of all objects; `nil` when they were not counted.
    package var bytes: UInt64?
    /// Syncs that were complete.
    package var completeSyncs: Int
    /// Syncs that ended otherwise.
    package var otherSyncs: Int

    /// The figures of a day.
    package init(
        day: CalendarDay,
        projects: Int = 0,
        files: Int = 0,
        bytes: UInt64? = nil,
        completeSyncs: Int = 0,
        otherSyncs: Int = 0
    ) {
        self.day = day
        self.projects = projects
        self.files = files
        self.bytes = bytes
        self.completeSyncs = completeSyncs
        self.otherSyncs = otherSyncs
    }
}
