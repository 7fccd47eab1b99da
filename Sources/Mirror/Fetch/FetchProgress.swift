internal import Scheduling
internal import Transfer

/// How far a fetch is, for those who watch it.
package final class FetchProgress: Sendable {
    /// A fetch at one moment.
    package struct Snapshot: Sendable {
        /// URLs, and those of them that are done.
        package var files = (total: 0, done: 0)
        /// Bytes that arrived.
        package var bytes: UInt64 = 0
        /// URLs that failed.
        package var failures = 0
        /// The newest failure, in one line.
        package var lastFailure: String?
    }

    private struct State {
        var snapshot = Snapshot()
        var engines: [TransferEngine] = []
    }

    private let state = Locked(State())

    /// A fetch that has not begun.
    package init() {}

    /// The fetch as it is now.
    package var snapshot: Snapshot {
        let (snapshot, engines) = state.withLock { ($0.snapshot, $0.engines) }
        var now = snapshot
        now.bytes = engines.statistics.bytesReceived
        return now
    }

    /// The engines count bytes as they come, not only those of whole files.
    func watch(_ engines: [TransferEngine], total: Int) {
        state.withLock { state in
            state.engines = engines
            state.snapshot.files.total = total
        }
    }

    /// Counts a file that is done.
    func add(_ file: FetchedFile) {
        state.withLock { state in
            state.snapshot.files.done += 1
            guard file.status == .failed else { return }
            state.snapshot.failures += 1
            state.snapshot.lastFailure = file.reason
        }
    }
}
