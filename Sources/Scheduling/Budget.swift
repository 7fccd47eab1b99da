/// A bound on what is in flight, counted in items and in bytes together.
///
/// Waiters are served in the order in which they came. One item that is larger than the whole budget is let through
/// when nothing else is in flight, so that it cannot wait for ever.
package final class Budget: Sendable {
    private struct Waiter {
        let bytes: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var items = 0
        var bytes = 0
        var waiters: [Waiter] = []
        var head = 0
    }

    private let itemLimit: Int
    private let byteLimit: Int
    private let state = Locked(State())

    /// A budget of at most `items` items that have at most `bytes` bytes together.
    package init(items: Int, bytes: Int = .max) {
        itemLimit = max(1, items)
        byteLimit = max(1, bytes)
    }

    /// Waits until one item of `bytes` bytes fits, and counts it in.
    ///
    /// Does not react to cancellation: whoever holds a share gives it back soon, also when it is cancelled.
    package func acquire(bytes: Int = 0) async {
        await withCheckedContinuation { continuation in
            let isGranted = state.withLock { state in
                guard state.head == state.waiters.count, fits(bytes, in: state) else {
                    state.waiters.append(Waiter(bytes: bytes, continuation: continuation))
                    return false
                }
                state.items += 1
                state.bytes += bytes
                return true
            }
            if isGranted { continuation.resume() }
        }
    }

    /// Gives back the share of one item of `bytes` bytes.
    package func release(bytes: Int = 0) {
        let granted = state.withLock { state in
            state.items -= 1
            state.bytes -= bytes
            var granted: [CheckedContinuation<Void, Never>] = []
            while state.head < state.waiters.count, fits(state.waiters[state.head].bytes, in: state) {
                let waiter = state.waiters[state.head]
                state.head += 1
                state.items += 1
                state.bytes += waiter.bytes
                granted.append(waiter.continuation)
            }
            if state.head == state.waiters.count || state.head > 512 {
                state.waiters.removeFirst(state.head)
                state.head = 0
            }
            return granted
        }
        for continuation in granted { continuation.resume() }
    }

    /// Runs `body` while it holds the share of one item of `bytes` bytes.
    package func with<Result, Failure: Error>(
        bytes: Int = 0,
        _ body: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        await acquire(bytes: bytes)
        defer { release(bytes: bytes) }
        return try await body()
    }

    private func fits(_ bytes: Int, in state: State) -> Bool {
        guard state.items < itemLimit else { return false }
        return state.items == 0 || state.bytes + bytes <= byteLimit
    }
}
