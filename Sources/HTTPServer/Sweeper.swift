internal import NIOCore

/// Ends the connections of one event loop whose time is over.
///
/// One task for all of them: there are many connections, most of which end before their time.
final class Sweeper: @unchecked Sendable {
    // Sendable because it belongs to its event loop, which every call is made on.

    private let loop: any EventLoop
    private var connections: [ObjectIdentifier: ConnectionHandler] = [:]

    /// Begins to look.
    ///
    /// - Parameters:
    ///   - loop: The event loop.
    ///   - interval: How often.
    init(_ loop: any EventLoop, every interval: Duration) {
        self.loop = loop
        let time = TimeAmount(interval)
        loop.scheduleRepeatedTask(initialDelay: time, delay: time) { [weak self] task in
            guard let self else { return task.cancel() }
            let now = NIODeadline.now()
            for connection in connections.values where connection.deadline <= now { connection.timeIsOver() }
        }
    }

    /// Looks after a connection.
    func add(_ connection: ConnectionHandler) {
        loop.preconditionInEventLoop()
        connections[ObjectIdentifier(connection)] = connection
    }

    /// Forgets a connection that ended.
    func remove(_ connection: ConnectionHandler) {
        loop.preconditionInEventLoop()
        connections[ObjectIdentifier(connection)] = nil
    }
}
