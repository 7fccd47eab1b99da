internal import NIOCore
internal import Scheduling

/// The connections of a server, from any thread.
final class Connections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isDraining = false
    }

    /// Tells a connection that it is to end once it has answered.
    struct Drain: Sendable {}

    private let limit: Int
    private let state = Locked(State())

    init(limit: Int) {
        self.limit = limit
    }

    /// How many there are.
    var count: Int { state.withLock { $0.channels.count } }

    /// Whether those that wait are to end.
    var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Takes a connection in, until it is closed.
    ///
    /// - Returns: Whether there is room for it.
    func add(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let isTaken = state.withLock { state in
            guard state.channels.count < limit, !state.isDraining else { return false }
            state.channels[id] = channel
            return true
        }
        if isTaken { channel.closeFuture.whenComplete { _ in self.remove(id) } }
        return isTaken
    }

    private func remove(_ id: ObjectIdentifier) {
        state.withLock { _ = $0.channels.removeValue(forKey: id) }
    }

    /// Has every connection end once it has answered; no other comes in.
    func drain() {
        let channels = state.withLock { state in
            state.isDraining = true
            return Array(state.channels.values)
        }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(Drain()) }
    }

    /// Cuts all connections off.
    func closeAll() {
        for channel in state.withLock({ Array($0.channels.values) }) { channel.close(promise: nil) }
    }
}
