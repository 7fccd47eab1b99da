package import Digest
internal import Scheduling

/// What could not be had lately, so that nobody asks for it again at once.
package final class RecentFailures: Sendable {
    /// The most that are remembered.
    private static let limit = 10_000

    private let time: Duration
    private let state = Locked<[SHA256Digest: (reason: String, until: ContinuousClock.Instant)]>([:])

    /// Remembers failures for some time.
    package init(for time: Duration) {
        self.time = time
    }

    /// Why a file could not be had lately; `nil` when it is worth a try.
    package func reason(_ file: SHA256Digest) -> String? {
        let now = ContinuousClock.now
        return state.withLock { failures in
            guard let failure = failures[file] else { return nil }
            if failure.until > now { return failure.reason }
            failures[file] = nil
            return nil
        }
    }

    /// Remembers a failure.
    package func note(_ file: SHA256Digest, _ reason: String) {
        let now = ContinuousClock.now
        state.withLock { failures in
            if failures.count >= Self.limit { failures = failures.filter { $0.value.until > now } }
            if failures.count >= Self.limit { failures.removeAll() }
            failures[file] = (reason, now + time)
        }
    }
}
