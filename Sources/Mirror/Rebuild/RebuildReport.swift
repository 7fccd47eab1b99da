internal import Scheduling

/// What a rebuild of the index found and made.
package struct RebuildReport: Sendable {
    /// How it ended; the old index is untouched unless it is `complete` or `partial`.
    package var outcome = Outcome.complete
    /// How long it took.
    package var seconds = 0.0
    /// Records that are whole; each is a project of the new index.
    package var projects = 0
    /// Files that are here.
    package var files = 0
    /// Objects of the new index.
    package var objects = 0
    /// Bytes of those objects.
    package var bytes: UInt64 = 0
    /// Objects whose bytes were hashed.
    package var hashedObjects = 0
    /// Bytes that were hashed.
    package var hashedBytes: UInt64 = 0
    /// Projects whose published view was recognized.
    package var published = 0
    /// Projects that the next publication renders anew.
    package var unpublished = 0
    /// Records and objects that are not as they should be; nothing of them was deleted.
    package var failures = FailureList()

    /// A rebuild that has not begun.
    package init() {}
}

/// How far a rebuild is, for those who watch it.
package final class RebuildProgress: Sendable {
    /// A rebuild at one moment.
    package struct Snapshot: Sendable {
        /// What is going on.
        package var phase = Phase.objects
        /// How much of the phase is done, from 0 to 1.
        package var share = 0.0
        /// What is counted so far.
        package var report = RebuildReport()
        /// Whether a name below `packages/` is a symbolic link.
        var hasSymbolicLinks = false
    }

    /// The steps of a rebuild.
    package enum Phase: Sendable {
        case objects
        case records
        case leftovers
    }

    private let state = Locked(Snapshot())

    /// A rebuild that has not begun.
    package init() {}

    /// The rebuild as it is now.
    package var snapshot: Snapshot { state.withLock { $0 } }

    /// Changes what is told.
    func update(_ change: (inout Snapshot) -> Void) {
        state.withLock { change(&$0) }
    }
}
