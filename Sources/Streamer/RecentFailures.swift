internal import Scheduling

/// What could not be had lately, so that nobody asks for it again at once.
package final class RecentFailures<File: Hashable & Sendable>: Sendable {
    private let time: Duration
    private let state = Locked<[File: (reason: String, until: ContinuousClock.Instant)]>([:])

    /// Remembers failures for some time.
    package init(for time: Duration) {
        self.time = time
    }

    /// Why a file could not be had lately; `nil` when it is worth a try.
    package func reason(_ file: File) -> String? {
        let now = ContinuousClock.now
        return state.withLock { failures in
            guard let failure = failures[file] else { return nil }
            if failure.until > now { return failure.reason }
            failures[file] = nil
            return nil
        }
    }

    /// Remembers a failure.
    package func note(_ file: File, _ reason: String) {
        let now = ContinuousClock.now
        state.withLock { failures in
            if failures.count >= failureLimit { failures = failures.filter { $0.value.until > now } }
            if failures.count >= failureLimit { failures.removeAll() }
            failures[file] = (reason, now + time)
        }
    }
}

/// The most that are remembered.
private let failureLimit = 10_000
