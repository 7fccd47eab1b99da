/// Whether and when a failed request is made again.
package struct RetryPolicy: Sendable {
    /// How many times at most.
    package let retries: Int
    /// The bound of the first random wait.
    package let base: Duration
    /// The bound of all random waits.
    package let limit: Duration
    /// The longest wait that a server may ask for.
    package let retryAfterLimit: Duration

    /// The policy of a configuration.
    package init(_ configuration: TransferConfiguration) {
        retries = max(0, configuration.retries)
        base = configuration.backoffBase
        limit = configuration.backoffLimit
        retryAfterLimit = configuration.retryAfterLimit
    }

    /// How long to wait before the next attempt.
    ///
    /// The wait is exponential with full jitter, so that the requests that failed together do not come back together.
    /// What a server asks for is waited in any case.
    ///
    /// - Parameters:
    ///   - code: Why the last attempt failed.
    ///   - attempts: How many attempts were made.
    ///   - generator: Where the jitter comes from.
    /// - Returns: The wait.
    package func delay(
        after code: TransferError.Code,
        attempts: Int,
        using generator: inout some RandomNumberGenerator
    ) -> Duration {
        let jitter = bound(afterAttempts: attempts) * Double.random(in: 0...1, using: &generator)
        guard case .status(_, let retryAfter?) = code else { return jitter }
        return max(jitter, min(retryAfter, retryAfterLimit))
    }

    /// The longest wait after so many attempts, if the server asks for none.
    package func bound(afterAttempts attempts: Int) -> Duration {
        var bound = base
        for _ in 1..<max(1, min(attempts, 32)) where bound < limit { bound *= 2 }
        return min(bound, limit)
    }
}
