internal import FileIO
internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import ServedTree

/// Answers the requests of one connection, one after the other.
///
/// Belongs to the connection's event loop.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Phase {
        /// A request is waited for, or on its way.
        case waiting
        /// An answer is on its way; no other is begun before the client's side has taken all of it.
        case answering
        /// The last answer is on its way; nothing more is looked at.
        case ending
        /// There is no connection any more.
        case closed
    }

    let limits: ServerLimits
    private let connections: Connections
    private let sweeper: Sweeper
    private let record: (@Sendable (AccessRecord) -> Void)?
    private let respond: HTTPServer.Responder
    private var context: ChannelHandlerContext?
    /// The address of the client, which a connection that ended does not know any more.
    private var client = "-"
    private var phase = Phase.waiting
    /// The answer that is on its way, or waited for.
    private var current: Answering?
    private var head: HTTPRequestHead?
    private var bodyBytes = 0
    /// A request that came before the last answer was taken; the decoder holds back those behind it.
    private var next: (head: HTTPRequestHead, bodyBytes: Int)?
    /// Until when the client has time.
    private(set) var deadline = NIODeadline.distantFuture
    private var date = (seconds: Int64(0), text: "")

    init(
        _ limits: ServerLimits,
        _ connections: Connections,
        _ sweeper: Sweeper,
        record: (@Sendable (AccessRecord) -> Void)?,
        respond: @escaping HTTPServer.Responder
    ) {
        self.limits = limits
        self.connections = connections
        self.sweeper = sweeper
        self.record = record
        self.respond = respond
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        client = context.remoteAddress?.ipAddress ?? "-"
        grant(limits.headTime)
        sweeper.add(self)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        phase = .closed
        sweeper.remove(self)
        tell()
        self.context = nil
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is Connections.Drain, phase == .waiting, head == nil { close(context) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What cannot be read was answered by the handler before this one; anything else is the end of the connection too.
        close(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase == .waiting || phase == .answering else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            bodyBytes = 0
        case .body(let bytes):
            bodyBytes += bytes.readableBytes
            if bodyBytes > limits.requestBodyBytes { refuseBody(context) }
        case .end:
            guard let head else { return }
            self.head = nil
            if phase == .waiting {
                answer(head, bodyBytes, context)
            } else {
                next = (head, bodyBytes)
            }
        }
    }

    /// Ends the connection of who sends more than anybody reads.
    private func refuseBody(_ context: ChannelHandlerContext) {
        guard let head, phase == .waiting else { return close(context) }
        self.head = nil
        phase = .answering
        send(.plain(413, "a request needs no body here"), head, isLast: true, context)
    }

    // MARK: - Time

    private func grant(_ time: Duration) {
        deadline = .now() + TimeAmount(time)
    }

    /// Ends the connection, whatever is on its way; who waits for an answer is told.
    func timeIsOver() {
        guard let context else { return }
        guard phase == .answering, let current, !current.hasBegun else { return close(context) }
        send(.plain(504, "it takes too long to get that"), current.head, isLast: true, context)
    }

    func grantPiece() { grant(limits.pieceTime) }

    func grantAnswer() { grant(limits.answerTime) }

    func close(_ context: ChannelHandlerContext) {
        phase = .closed
        tell()
        context.close(promise: nil)
    }

    // MARK: - Answers

    /// An answer that is on its way.
    private struct Answering {
        let head: HTTPRequestHead
        /// Of one that is waited for, what is written down when the client goes away: nginx's number for that.
        var status = 499
        var hasBegun = false
        var bytes: UInt64 = 0
    }

    /// Whether the answer that was begun still goes on.
    var isAnswering: Bool { phase == .answering }

    /// Counts bytes of a body that were sent.
    func count(_ bytes: Int) { current?.bytes += UInt64(bytes) }

    private func answer(_ head: HTTPRequestHead, _ bodyBytes: Int, _ context: ChannelHandlerContext) {
        phase = .answering
        // What follows a body that nobody asked for may be part of it.
        let isLast = !head.isKeepAlive || bodyBytes > 0
        guard head.method == .GET || head.method == .HEAD else {
            let answer = ServedAnswer.plain(405, "only GET and HEAD are answered", [("Allow", "GET, HEAD")])
            return send(answer, head, isLast: isLast, context)
        }
        guard head.headers["Host"].count == 1 || head.version == .http1_0 else {
            return send(.plain(400, "a request names one host"), head, isLast: true, context)
        }
        switch respond(ServedRequest(head)) {
        case .now(.success(let answer)): send(answer, head, isLast: isLast, context)
        case .now(.failure):
            let answer = ServedAnswer.plain(503, "the server cannot look that up now", [("Retry-After", "10")])
            send(answer, head, isLast: isLast, context)
        case .later(let get):
            // Whoever answers has limits of its own.
            grantAnswer()
            current = Answering(head: head)
            let promise = context.eventLoop.makePromise(of: ServedAnswer.self)
            promise.completeWithTask { await get() }
            promise.futureResult.assumeIsolated().whenSuccess { [self] answer in
                // It may come after its time.
                guard phase == .answering, current?.hasBegun == false else { return }
                send(answer, head, isLast: isLast, context)
            }
        }
    }

    private func send(
        _ answer: ServedAnswer,
        _ head: HTTPRequestHead,
        isLast: Bool,
        _ context: ChannelHandlerContext
    ) {
        // Without a length the encoder would write chunks: where HEAD has no body, and who speaks HTTP/1.0 knows none.
        let isOpen = answer.status == 200 && !answer.fields.contains { $0.name == "Content-Length" }
        let isOld = head.version == .http1_0
        let isLast = isLast || connections.isDraining || isOpen && (isOld || head.method == .HEAD)
        var headers = HTTPHeaders(answer.fields.map { ($0.name, $0.value) })
        headers.add(name: "Date", value: now())
        if isLast {
            headers.add(name: "Connection", value: "close")
        } else if head.version == .http1_0 {
            headers.add(name: "Connection", value: "keep-alive")
        }
        let status = HTTPResponseStatus(statusCode: answer.status)
        context.write(
            wrapOutboundOut(
                .head(.init(version: isOld && isOpen ? .http1_0 : .http1_1, status: status, headers: headers))
            ),
            promise: nil
        )
        current = Answering(head: head, status: answer.status, hasBegun: true)
        let end: () -> Void = { [self] in finish(isLast: isLast, context) }
        switch answer.body {
        case .none: end()
        case .text(let text):
            if head.method != .HEAD {
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
                count(text.utf8.count)
            }
            end()
        case .file(let file, let range) where range.count <= Self.smallFile: send(file, range, context, then: end)
        case .file(let file, let range): stream(OpenRegion(file), range, context, then: end)
        case .growing(let file, let first, let last): follow(file, first, last, context, then: end)
        }
    }

    /// Ends an answer, and waits until the client's side has taken it, so that nobody makes answers pile up here.
    private func finish(isLast: Bool, _ context: ChannelHandlerContext) {
        grantPiece()
        tell()
        // Before the end is written, which lets the next request in.
        if isLast { phase = .ending }
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { [self] result in
            guard phase == .answering, case .success = result, !connections.isDraining else { return close(context) }
            phase = .waiting
            grant(limits.headTime)
            guard let (head, bodyBytes) = next else { return }
            next = nil
            phase = .answering
            // Not from within the last one: however many follow each other, the stack stays as it is.
            context.eventLoop.assumeIsolated().execute { [self] in
                if phase == .answering { answer(head, bodyBytes, context) }
            }
        }
    }

    /// Writes down the answer that ended, or was cut off.
    private func tell() {
        guard let current else { return }
        self.current = nil
        guard let record else { return }
        let head = current.head
        record(
            AccessRecord(
                client: client,
                time: Int64(time(nil)),
                method: head.method.rawValue,
                target: head.uri,
                version: "\(head.version.major).\(head.version.minor)",
                status: current.status,
                bytes: current.bytes,
                referrer: head.headers.first(name: "Referer"),
                userAgent: head.headers.first(name: "User-Agent")
            )
        )
    }

    /// The time, as headers tell it.
    private func now() -> String {
        let seconds = Int64(time(nil))
        if date.seconds != seconds { date = (seconds, HTTPDate(seconds: seconds).text) }
        return date.text
    }
}

extension ServedRequest {
    /// What the answer to a request depends on.
    fileprivate init(_ head: HTTPRequestHead) {
        func field(_ name: String) -> String? {
            let values = head.headers[name]
            return values.isEmpty ? nil : values.count == 1 ? values[0] : values.joined(separator: ",")
        }
        self.init(target: head.uri, isHead: head.method == .HEAD)
        accept = field("Accept")
        acceptEncoding = field("Accept-Encoding")
        ifNoneMatch = field("If-None-Match")
        ifModifiedSince = field("If-Modified-Since")
        range = field("Range")
        ifRange = field("If-Range")
    }
}
