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
        var engine: TransferEngine?
    }

    private let state = Locked(State())

    /// A fetch that has not begun.
    package init() {}

    /// The fetch as it is now.
    package var snapshot: Snapshot {
        let (snapshot, engine) = state.withLock { ($0.snapshot, $0.engine) }
        var now = snapshot
        if let engine { now.bytes = engine.statistics.bytesReceived }
        return now
    }

    /// The engine counts bytes as they come, not only those of whole files.
    func watch(_ engine: TransferEngine, total: Int) {
        state.withLock { state in
            state.engine = engine
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
