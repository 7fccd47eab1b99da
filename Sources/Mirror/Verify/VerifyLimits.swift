internal import Glibc
internal import Scheduling
internal import Synchronization
internal import Transfer

/// What ends or slows a verification: an interruption, its time, and its rate.
///
/// Threads ask it, since no thread of ours knows of a task's cancellation.
final class VerifyLimits: Sendable {
    private let deadline: ContinuousClock.Instant?
    private let rate: Int?
    private let bucket: Locked<TokenBucket?>
    /// Ends it when it is requested.
    let interruption = Interruption()
    private let stopped = Atomic<Bool>(false)

    /// The limits of a verification that begins now.
    ///
    /// - Parameters:
    ///   - time: How long it may take; `nil` for any time.
    ///   - rate: How many bytes it may hash in a second; `nil` for any number.
    init(time: Duration?, rate: Int?) {
        let now = ContinuousClock.now
        deadline = time.map { now + $0 }
        self.rate = rate
        bucket = Locked(rate.map { TokenBucket(rate: Double($0), now: now) })
    }

    /// Whether somebody wants it to end.
    var isInterrupted: Bool { interruption.isRequested }

    /// Whether something was left undone since the time was up.
    var hasStopped: Bool { stopped.load(ordering: .relaxed) }

    /// Whether it has to end now; who asks and hears yes leaves its work undone.
    var isOver: Bool {
        if isInterrupted { return true }
        guard let deadline, ContinuousClock.now >= deadline else { return false }
        stopped.store(true, ordering: .relaxed)
        return true
    }

    /// The most bytes to read at a time, so that a low rate is kept evenly.
    func chunk(atMost bytes: Int) -> Int {
        guard let rate else { return bytes }
        return max(1, min(bytes, rate / 8))
    }

    /// Waits until so many more bytes are within the rate.
    ///
    /// - Returns: Whether it may go on.
    func spend(_ bytes: Int) -> Bool {
        if isOver { return false }
        guard rate != nil else { return true }
        bucket.withLock { $0?.take(bytes, at: .now) }
        while true {
            let now = ContinuousClock.now
            let ready = bucket.withLock { $0?.instant(of: 0, after: now) } ?? now
            if ready <= now { return true }
            let (seconds, attoseconds) = now.duration(to: ready).components
            // In short steps, so that an interruption is heard.
            let microseconds = seconds > 0 ? 100_000 : min(100_000, attoseconds / 1_000_000_000_000 + 1)
            usleep(UInt32(microseconds))
            if isOver { return false }
        }
    }
}
