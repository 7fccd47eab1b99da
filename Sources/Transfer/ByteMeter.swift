/// Counts the bytes that the network brings, and keeps them to a rate; used by the network thread only.
final class ByteMeter {
    private var bucket: TokenBucket?
    private var counts: [String: UInt64] = [:]
    /// When exchanges that wait for the rate may go on; `nil` when none waits.
    var resumption: ContinuousClock.Instant?

    /// A meter that counted nothing yet.
    init(bytesPerSecond: UInt64?, now: ContinuousClock.Instant) {
        bucket = bytesPerSecond.map { TokenBucket(rate: Double($0), now: now) }
    }

    /// Whether bytes may be taken now; if not, ``resumption`` says when.
    func admits() -> Bool {
        guard bucket != nil else { return true }
        let now = ContinuousClock.now
        guard bucket?.isInDebt(at: now) ?? false else { return true }
        resumption = bucket?.instant(of: 0, after: now)
        return false
    }

    /// Counts bytes in.
    func take(_ count: Int, from origin: String) {
        counts[origin, default: 0] += UInt64(count)
        if bucket != nil { bucket?.take(count, at: .now) }
    }

    /// What was counted since the last call; `nil` for nothing.
    func takeCounts() -> [String: UInt64]? {
        guard !counts.isEmpty else { return nil }
        var taken: [String: UInt64] = [:]
        swap(&taken, &counts)
        return taken
    }
}
