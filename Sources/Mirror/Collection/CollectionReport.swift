internal import Scheduling

/// How a collection is done.
package struct CollectionOptions: Sendable {
    /// How long is kept what nothing refers to, in seconds; `nil` for what the configuration says.
    package var grace: Int64?
    /// Whether only to look and to report.
    package var isDryRun = false
    /// Whether objects are removed however many there are.
    package var acceptsRemovals = false
    /// Whether to go on though the clock jumped.
    package var acceptsClock = false
    /// About how many objects and links are kept in memory at once, 8 bytes each; more than that take several passes.
    package var passSize = 4 << 20
    /// How long the machine runs.
    package var uptime: @Sendable () -> Uptime? = Clock.uptime

    /// A collection as the configuration says.
    package init() {}
}

/// What a collection found and did.
package struct CollectionReport: Sendable {
    /// Things of all kinds.
    package struct Counts: Equatable, Sendable {
        /// Objects that the index knows.
        package var objects = 0
        /// Files among the objects that the index does not know.
        package var orphans = 0
        /// Bytes of both.
        package var bytes: UInt64 = 0
        /// Views.
        package var views = 0
        /// Names of packages and sidecars.
        package var links = 0
        /// Bytes of those that are copies.
        package var copyBytes: UInt64 = 0

        /// Nothing.
        package init() {}
    }

    /// How it ended.
    package var outcome = Outcome.complete
    /// How long it took.
    package var seconds = 0.0
    /// Whether it only looked.
    package var isDryRun = false
    /// For how long things are kept, in seconds.
    package var grace: Int64 = 0
    /// What nothing refers to since now.
    package var marked = Counts()
    /// What nothing refers to for some time, and not long enough.
    package var waiting = Counts()
    /// What something refers to again.
    package var regained = Counts()
    /// What was removed.
    package var removed = Counts()
    /// Objects of the index when it began.
    package var objects = 0
    /// Why nothing, or nothing more, was removed.
    package var failures = FailureList()

    /// A collection that has not begun.
    package init() {}
}

/// How far a collection is, for those who watch it.
package final class CollectionProgress: Sendable {
    /// The steps of a collection.
    package enum Phase: String, Sendable {
        case records
        case links
        case views
        case objects
        case orphans
    }

    /// A collection at one moment.
    package struct Snapshot: Sendable {
        /// What is going on.
        package var phase = Phase.records
        /// How much of it is done, from 0 to 1.
        package var share = 0.0
        /// What is counted so far.
        package var report = CollectionReport()
    }

    private let state = Locked(Snapshot())

    /// A collection that has not begun.
    package init() {}

    /// The collection as it is now.
    package var snapshot: Snapshot { state.withLock { $0 } }

    /// Changes what is told.
    func update(_ change: (inout Snapshot) -> Void) {
        state.withLock { change(&$0) }
    }
}
