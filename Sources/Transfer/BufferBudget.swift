internal import Synchronization

/// How many bytes were received and are not yet written or handed over, and whether more may come.
///
/// The network thread counts in, the receivers count out.
final class BufferBudget: Sendable {
    /// The bound.
    let limit: Int
    private let bytes = Atomic<Int>(0)
    private let peak = Atomic<Int>(0)
    private let settling = Atomic<Int>(0)
    private let isAwaited = Atomic<Bool>(false)

    /// A budget of so many bytes.
    init(limit: Int) {
        self.limit = max(1, limit)
    }

    /// The most bytes that were in flight.
    var peakBytes: Int { peak.load(ordering: .relaxed) }

    /// Counts bytes in if they fit.
    ///
    /// - Parameter count: How many.
    /// - Returns: Whether they were counted in; if not, the next ``release(_:)`` tells that some room is there.
    func admit(_ count: Int) -> Bool {
        if fits(count) {
            force(count)
            return true
        }
        // Announced before the second look, so that no release between the two goes unnoticed.
        isAwaited.store(true, ordering: .sequentiallyConsistent)
        guard fits(count) else { return false }
        force(count)
        return true
    }

    /// Whether no more is in flight than the bound.
    var isKept: Bool { fits(0) }

    /// Counts bytes in though they may not fit.
    func force(_ count: Int) {
        let now = bytes.add(count, ordering: .sequentiallyConsistent).newValue
        // Only the network thread counts in, so that nothing is lost between the two.
        if now > peak.load(ordering: .relaxed) { peak.store(now, ordering: .relaxed) }
    }

    /// Whether a body that ended is with a receiver, so that ``release(_:)`` is called soon in any case.
    var isSettling: Bool { settling.load(ordering: .sequentiallyConsistent) > 0 }

    /// Counts a body that goes to a receiver for good.
    func beginSettling() { settling.add(1, ordering: .sequentiallyConsistent) }

    /// Counts a body that is stored or handed over; ``release(_:)`` follows.
    func endSettling() { settling.subtract(1, ordering: .sequentiallyConsistent) }

    /// Counts bytes out.
    ///
    /// - Returns: Whether somebody waits for that, and is to be told.
    func release(_ count: Int) -> Bool {
        bytes.subtract(count, ordering: .sequentiallyConsistent)
        guard isAwaited.load(ordering: .sequentiallyConsistent) else { return false }
        return isAwaited.exchange(false, ordering: .sequentiallyConsistent)
    }

    private func fits(_ count: Int) -> Bool { bytes.load(ordering: .sequentiallyConsistent) + count <= limit }
}
