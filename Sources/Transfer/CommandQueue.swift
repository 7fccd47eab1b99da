internal import Scheduling

/// What other threads ask of the network thread.
enum Command: Sendable {
    /// A new request.
    case submit(Transfer)
    /// Another attempt, if there is to be one, after a failure of one that ended so.
    case retry(Transfer, TransferError.Code, AttemptOutcome)
    /// The caller no longer wants it.
    case cancel(UInt64)
    /// The receiver cannot go on.
    case abort(UInt64)
    /// There is room for more bytes.
    case resume
    /// The reader of a local file is done with it.
    case release(UInt64)
    /// End everything.
    case shutdown
}

/// The commands that the network thread has not seen yet.
///
/// Bounded by the callers, of whom each waits for one request, and by the receivers, which repeat themselves only after
/// they were heard.
final class CommandQueue: Sendable {
    private struct State {
        var commands: [Command] = []
        var isSleeping = false
        var isClosed = false
    }

    /// What was counted, under a lock of its own.
    let statistics = Locked(TransferStatistics())
    private let state = Locked(State())
    private let wake: @Sendable () -> Void

    /// A queue that calls `wake` to end the network thread's sleep.
    init(wake: @escaping @Sendable () -> Void) {
        self.wake = wake
    }

    /// Adds a command.
    ///
    /// - Returns: Whether the network thread will see it.
    @discardableResult
    func post(_ command: Command) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.commands.append(command)
            // Under the lock, since the network thread frees what it sleeps on after closing the queue.
            if state.isSleeping {
                state.isSleeping = false
                wake()
            }
            return true
        }
    }

    /// All commands so far, in order.
    func take() -> [Command] {
        state.withLock { state in
            var taken: [Command] = []
            swap(&taken, &state.commands)
            state.isSleeping = false
            return taken
        }
    }

    /// Announces that the network thread is going to sleep until it is woken.
    ///
    /// - Returns: Whether it may; there are commands if not.
    func willSleep() -> Bool {
        state.withLock { state in
            guard state.commands.isEmpty else { return false }
            state.isSleeping = true
            return true
        }
    }

    /// Refuses all commands from now on.
    ///
    /// - Returns: Those that came before.
    func close() -> [Command] {
        state.withLock { state in
            state.isClosed = true
            var taken: [Command] = []
            swap(&taken, &state.commands)
            return taken
        }
    }
}
