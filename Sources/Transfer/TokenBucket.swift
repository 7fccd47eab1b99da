/// A rate that is kept over any time longer than a second: what was not used in one second may be used in the next.
///
/// What is taken may exceed what is there; the debt is then waited for.
package struct TokenBucket {
    /// A point in time.
    package typealias Instant = ContinuousClock.Instant

    private let rate: Double
    private let capacity: Double
    private var level: Double
    private var filledAt: Instant

    /// A full bucket.
    ///
    /// - Parameters:
    ///   - rate: How many tokens come in a second.
    ///   - now: The time.
    package init(rate: Double, now: Instant) {
        self.rate = max(rate, 1e-6)
        // Less than one token would never be enough for one request.
        capacity = max(1, rate)
        level = capacity
        filledAt = now
    }

    /// How many whole tokens there are; not negative.
    package mutating func available(at now: Instant) -> Int {
        fill(now)
        return Int(max(0, min(level, 1e9)))
    }

    /// Whether more was taken than there was.
    package mutating func isInDebt(at now: Instant) -> Bool {
        fill(now)
        return level < 0
    }

    /// Takes tokens, also those that are not there yet.
    package mutating func take(_ count: Int, at now: Instant) {
        fill(now)
        level -= Double(count)
    }

    /// When there will be so many tokens, if none is taken.
    package func instant(of count: Int, after now: Instant) -> Instant {
        let missing = min(Double(count), capacity) - level
        return missing <= 0 ? now : max(now, filledAt + .nanoseconds(Int64(min(missing / rate * 1e9, 1e18)) + 1))
    }

    private mutating func fill(_ now: Instant) {
        guard now > filledAt else { return }
        let (seconds, attoseconds) = filledAt.duration(to: now).components
        level = min(capacity, level + (Double(seconds) + Double(attoseconds) / 1e18) * rate)
        filledAt = now
    }
}
