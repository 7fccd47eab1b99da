package import Publication
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
        /// Bytes that arrived, of files that are not whole yet too.
        package var bytes: UInt64 = 0
        /// Attempts beyond the first of each request.
        package var retries = 0
        /// Hosts that are out of reach, by origin.
        package var hostsDown: [String] = []
        /// Bytes of the needed files as far as their sizes are known.
        package var totalBytes: UInt64 = 0
        /// Everything that failed so far.
        package var failures = 0
        /// The newest failure, in one line.
        package var lastFailure: String?
        /// Projects that are rendered while publishing, and how many there are.
        package var views = (total: 0, done: 0)
        /// How far the names of packages are turned into another kind; `nil` when they are not.
        package var links: LinkConversion?
    }

    /// The steps of a sync.
    package enum Phase: String, Sendable {
        case planning
        case fetching
        case publishing
        case finished
    }

    private struct State {
        var snapshot = Snapshot()
        var engines: [TransferEngine] = []
    }

    private let state = Locked(State())

    /// A sync that has not begun.
    package init() {}

    /// The sync as it is now.
    package var snapshot: Snapshot {
        let (snapshot, engines) = state.withLock { ($0.snapshot, $0.engines) }
        var now = snapshot
        let statistics = engines.statistics
        now.bytes = statistics.bytesReceived
        now.retries = statistics.retries
        now.hostsDown = statistics.hosts.filter(\.value.isDown).keys.sorted()
        return now
    }

    /// The engines count bytes as they come, not only those of whole files.
    func watch(_ engines: [TransferEngine]) {
        state.withLock { $0.engines = engines }
    }

    /// Changes what is told.
    func update(_ change: (inout Snapshot) -> Void) {
        state.withLock { change(&$0.snapshot) }
    }
}
