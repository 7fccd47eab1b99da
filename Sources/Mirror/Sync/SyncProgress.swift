internal import Scheduling
internal import Transfer

/// How far a sync is, for those who watch it.
package final class SyncProgress: Sendable {
    /// A sync at one moment.
    package struct Snapshot: Sendable {
        /// What is going on.
        package var phase = Phase.planning
        /// Projects that are due, and those of them that are done.
        package var projects = (total: 0, done: 0)
        /// Files that were found to be needed so far, and those of them that are done, sidecars not counted.
        package var files = (total: 0, done: 0)
        /// Bytes of files that arrived.
        package var bytes: UInt64 = 0
        /// Bytes of the needed files as far as their sizes are known.
        package var totalBytes: UInt64 = 0
        /// Everything that failed so far.
        package var failures = 0
        /// The newest failure, in one line.
        package var lastFailure: String?
        /// Projects that are rendered while publishing, and how many there are.
        package var views = (total: 0, done: 0)
    }

    /// The steps of a sync.
    package enum Phase: String, Sendable {
        case planning
        case fetching
        case publishing
        case finished
    }

    private let state = Locked(Snapshot())

    /// A sync that has not begun.
    package init() {}

    /// The sync as it is now.
    package var snapshot: Snapshot { state.withLock { $0 } }

    /// Changes what is told.
    func update(_ change: (inout Snapshot) -> Void) {
        state.withLock { change(&$0) }
    }
}
