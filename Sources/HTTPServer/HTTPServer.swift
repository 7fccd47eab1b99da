package import FileIO
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Scheduling
package import ServedTree

/// An HTTP/1.1 server for GET and HEAD, on threads of its own.
///
/// Bytes of files go from the disk's cache to the socket without a copy, and no faster than the client takes them. As in
/// other web servers, the threads that serve connections look files up themselves.
package final class HTTPServer: Sendable {
    /// Answers a request on a thread that serves connections, or says that the answer will come later.
    package typealias Responder = @Sendable (ServedRequest) -> Response

    /// An answer, or how to get it.
    package enum Response: Sendable {
        /// The answer.
        case now(Result<ServedAnswer, FileError>)
        /// The answer takes time; it is waited for elsewhere.
        case later(@Sendable () async -> ServedAnswer)
    }

    private let group: MultiThreadedEventLoopGroup
    private let listener: any Channel
    private let connections: Connections
    /// Where it listens.
    package let address: ListenAddress

    /// Why a server cannot listen.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - address: Where to listen.
    ///   - limits: What is granted to clients.
    ///   - threads: How many threads serve connections.
    ///   - record: Told of each request once it was answered, on a thread that must not be made to wait.
    ///   - respond: Answers requests.
    /// - Throws: ``Failure`` when it cannot listen there.
    package init(
        on address: ListenAddress,
        limits: ServerLimits = ServerLimits(),
        threads: Int,
        record: (@Sendable (AccessRecord) -> Void)? = nil,
        respond: @escaping Responder
    ) async throws {
        let connections = Connections(limit: limits.connections)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        let interval = min(.seconds(1), min(limits.headTime, limits.pieceTime, limits.answerTime) / 4)
        let sweepers = Dictionary(
            uniqueKeysWithValues: group.makeIterator().map { (ObjectIdentifier($0), Sweeper($0, every: interval)) }
        )
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let sweeper = sweepers[ObjectIdentifier(channel.eventLoop)], connections.add(channel) else {
                        throw ChannelError.ioOnClosedChannel
                    }
                    let handler = ConnectionHandler(limits, connections, sweeper, record: record, respond: respond)
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(
                        withEncoderConfiguration: .init(),
                        withDecoderLimitConfiguration: limits.decoder
                    )
                    try pipeline.addHandler(handler)
                }
            }
        do {
            listener = try await bootstrap.bind(host: address.host, port: address.port).get()
        } catch {
            try? await group.shutdownGracefully()
            throw Failure(description: "cannot listen on \(address): \(error)")
        }
        let port = listener.localAddress?.port ?? address.port
        self.address = ListenAddress("[\(address.host)]:\(port)") ?? address
        self.group = group
        self.connections = connections
    }

    /// Ends the server: no connection is taken any more, those that wait for a request end, and the others once they had
    /// their answer.
    ///
    /// - Parameters:
    ///   - patience: After what time the rest is cut off.
    ///   - body: Ends what answers come from, while the threads are there that are told of it.
    package func stop(within patience: Duration, _ body: () async -> Void = {}) async {
        try? await listener.close().get()
        connections.drain()
        let connections = connections
        // Whoever asks for this was cancelled, as a rule, and could not sleep.
        await Task.detached {
            let end = ContinuousClock.now + patience
            while connections.count > 0, ContinuousClock.now < end { try? await Task.sleep(for: .milliseconds(20)) }
        }.value
        connections.closeAll()
        await body()
        try? await group.shutdownGracefully()
    }

    /// How many connections there are.
    package var connectionCount: Int { connections.count }
}
