/// Which exchanges are paused because too many bytes are in flight, and which one goes on all the same.
///
/// Bodies in memory leave the budget only when they are complete, so that all of them could wait for each other; one
/// is always let through. Belongs to the network thread.
final class PauseGate {
    /// The request that goes on.
    private(set) var holder: UInt64?
    private var paused: [Exchange] = []

    /// Whether a request may go on though the budget is full.
    ///
    /// - Parameters:
    ///   - id: The request.
    ///   - mayBegin: Whether another one than before may be let through.
    /// - Returns: Whether it is the one.
    func letsThrough(_ id: UInt64, mayBegin: Bool) -> Bool {
        if holder == nil, mayBegin { holder = id }
        return holder == id
    }

    /// Remembers that an exchange is paused.
    func pause(_ exchange: Exchange) { paused.append(exchange) }

    /// All exchanges that are paused, which are now to be tried again.
    func takePaused() -> [Exchange] {
        var taken: [Exchange] = []
        swap(&taken, &paused)
        return taken
    }

    /// Forgets an exchange that ended.
    ///
    /// - Returns: Whether the others are to be tried again, since one of them may now go on.
    func end(_ exchange: Exchange) -> Bool {
        paused.removeAll { $0 === exchange }
        guard holder == exchange.transfer.id else { return false }
        holder = nil
        return !paused.isEmpty
    }
}
