internal import CCurlShim

/// One attempt of a request on the network: takes what libcurl brings and judges how it ends.
///
/// Belongs to the network thread.
final class Exchange {
    /// How an exchange goes on after libcurl is done with it.
    enum Conclusion {
        /// With another URL.
        case redirect(TransferURL)
        /// Not at all.
        case end(AttemptOutcome)
    }

    enum Phase: Equatable {
        case head
        case body
        /// The body of an answer that is no success; nobody needs it, but the connection can be used again.
        case ignoredBody(left: Int)
    }

    /// The request.
    let transfer: Transfer
    /// The handle that makes it.
    let easy: EasyHandle
    /// Where the request goes now.
    private(set) var url: TransferURL
    /// How many redirects were followed.
    private(set) var redirects = 0
    /// Why the exchange was stopped by us.
    private(set) var failure: TransferError.Code?
    /// Whether libcurl was told to wait.
    var isPaused = false
    /// The bytes of the body so far.
    private(set) var received: UInt64 = 0

    private let gate: PauseGate
    private let meter: ByteMeter
    private let bounds: BodyBounds
    private let isToMemory: Bool
    /// How many bytes were here before, as long as the server has not said that it sends everything.
    private(set) var offset: UInt64
    private(set) var phase = Phase.head
    /// Whether the request before led here, and this one was not looked at yet.
    var hasFollowed = false
    private(set) var headBytes = 0
    private(set) var isHeadComplete = false
    let buffer: BodyBuffer
    var watchdog: Watchdog
    private let configuration: TransferConfiguration

    /// An attempt that is about to be made.
    init(
        _ transfer: Transfer,
        easy: EasyHandle,
        gate: PauseGate,
        meter: ByteMeter,
        configuration: TransferConfiguration
    ) {
        self.transfer = transfer
        self.easy = easy
        self.gate = gate
        self.meter = meter
        self.configuration = configuration
        url = transfer.route.url
        offset = transfer.receiver.offset
        watchdog = Watchdog(configuration)
        buffer = BodyBuffer(of: transfer)
        isToMemory = transfer.request.destination.path == nil
        bounds = BodyBounds(transfer.request, maximumMemoryBody: configuration.maximumMemoryBody)
    }

    /// What libcurl gets to find the exchange again; valid as long as the exchange lives.
    var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    /// The exchange that libcurl was given.
    static func from(_ context: UnsafeMutableRawPointer) -> Exchange {
        Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
    }

    /// What all handles call.
    static let functions = EasyHandle.Functions(
        write: { bytes, _, count, context in
            guard let context else { return 0 }
            return Exchange.from(context).receive(UnsafeRawBufferPointer(start: bytes, count: count))
        },
        header: { bytes, _, count, context in
            guard let context else { return 0 }
            let line = UnsafeRawBufferPointer(start: bytes, count: count)
            return Exchange.from(context).takeHead(line) ? count : 0
        }
    )

    /// Sets the handle up for where the request goes now.
    func prepare() throws(EasyHandle.Refusal) {
        try easy.prepare(
            transfer.request,
            url: url,
            from: EasyHandle.Resumption(offset: offset, validator: transfer.validator),
            isConditional: isConditional,
            identity: identity,
            configuration: configuration,
            context: context
        )
    }

    /// Goes on at another URL.
    func follow(_ target: TransferURL) {
        url = target
        redirects += 1
        hasFollowed = true
        phase = .head
        (headBytes, isHeadComplete) = (0, false)
        buffer.declared = nil
        watchdog = Watchdog(configuration)
    }

    /// Whether the server is asked for another version than the one that is here.
    ///
    /// What one server said of its version means nothing to another one.
    var isConditional: Bool { transfer.route.isAtFirst && !transfer.request.validators.isEmpty }

    /// Who we are where the request goes now: an identity never goes to an origin that it does not belong to.
    private var identity: EasyHandle.Identity {
        let asked = transfer.route.url
        let isOrigin = url.origin == asked.origin
        let isKnown = transfer.identityOrigins.isEmpty ? isOrigin : transfer.identityOrigins.contains(url.origin)
        if isOrigin, let credentials = asked.credentials {
            return .url(credentials, withCertificate: isKnown)
        }
        return isKnown ? .configured : .nobody
    }

    /// The bytes that were not handed over.
    func takeRest() -> [Chunk] { buffer.takeRest() }

    // MARK: - The head

    /// Looks at a line of a head, which libcurl keeps.
    private func takeHead(_ line: UnsafeRawBufferPointer) -> Bool {
        // An empty line ends a head; behind that of an answer that is not the last one, another begins.
        if line.first == 10 || (line.first == 13 && line.count <= 2) {
            isHeadComplete = true
        } else if line.starts(with: "HTTP/".utf8) {
            isHeadComplete = false
        }
        headBytes += line.count
        guard headBytes > configuration.maximumHeadBytes else { return true }
        failure = .headTooLong(limit: configuration.maximumHeadBytes)
        return false
    }

    // MARK: - The body

    /// Takes bytes of a body.
    ///
    /// - Returns: How many were taken; any other number than all makes libcurl end or pause the transfer.
    private func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard failure == nil else { return 0 }
        if case .head = phase { failure = beginBody() }
        guard failure == nil else { return 0 }
        if case .ignoredBody(let left) = phase {
            phase = .ignoredBody(left: left - bytes.count)
            return left >= bytes.count ? bytes.count : 0
        }
        guard offset + received + UInt64(bytes.count) <= bounds.limit else {
            let isHTML = !isToMemory && Answer.isHTML(easy.text(CURLINFO_CONTENT_TYPE))
            failure = isHTML ? .htmlInsteadOfFile : .tooLong(limit: bounds.limit, declared: nil)
            return 0
        }
        guard meter.admits(), admit(bytes.count) else {
            isPaused = true
            gate.pause(self)
            return Int(CURL_WRITEFUNC_PAUSE)
        }
        received += UInt64(bytes.count)
        meter.take(bytes.count, from: url.origin)
        buffer.keep(bytes)
        return bytes.count
    }

    /// Judges the head of an answer when the first byte of its body comes.
    private func beginBody() -> TransferError.Code? {
        let length = declaredLength
        let encodings = transfer.request.encoding == .compressed ? easy.headers["Content-Encoding"] : []
        switch status {
        case 200:
            // To a question for the rest, this says that the server has another version, or no ranges.
            transfer.beginBody(replacingPart: offset > 0, encodings: encodings)
            offset = 0
            transfer.request.progress?(
                .began(etag: easy.headers["ETag"].first, lastModified: easy.headers["Last-Modified"].first)
            )
        case 206 where offset > 0:
            if !url.scheme.isFTP, let failure = judgeRange(length) { return failure }
        default:
            phase = .ignoredBody(left: BodyBuffer.smallBody)
            return nil
        }
        phase = .body
        guard let length else { return nil }
        buffer.declared = length
        return bounds.refuse(size: offset + length, isHTML: Answer.isHTML(easy.text(CURLINFO_CONTENT_TYPE)))
    }

    var declaredLength: UInt64? {
        let length = easy.offset(CURLINFO_CONTENT_LENGTH_DOWNLOAD_T)
        return length >= 0 ? UInt64(length) : nil
    }

    /// Compares the part that the server sends with the part that was asked for.
    private func judgeRange(_ length: UInt64?) -> TransferError.Code? {
        let value = easy.headers["Content-Range"].first
        let text = value.map { printable($0) } ?? "no Content-Range"
        guard let range = value.flatMap({ ContentRange($0) }), range.first == offset else { return .wrongRange(text) }
        let size = range.size ?? range.last + 1
        // Nothing less than all the rest was asked for.
        guard range.last == size - 1, length.map({ $0 == size - offset }) ?? true else { return .wrongRange(text) }
        if let expected = transfer.request.expectation.size, size != expected { return .wrongRange(text) }
        return nil
    }

    /// The status of the answer, 0 when there is none; FTP's replies are told in the terms of HTTP.
    var status: Int {
        guard url.scheme.isFTP else { return easy.number(CURLINFO_RESPONSE_CODE) }
        return received > 0 || phase != .head || easy.number(CURLINFO_RESPONSE_CODE) > 0 ? offset > 0 ? 206 : 200 : 0
    }

    /// Counts bytes in, or finds that they have to wait.
    private func admit(_ count: Int) -> Bool {
        let budget = transfer.budget
        if budget.admit(count) { return true }
        if isToMemory {
            // When a body is about to leave the budget, nobody has to go beyond it; all are tried again when it has left.
            guard gate.letsThrough(transfer.id, mayBegin: !budget.isSettling) else { return false }
        } else {
            // A body that is written leaves the budget by itself: its next bytes go through when the last are written.
            // One that has nothing there goes beyond the budget, and the next one when the first is back within.
            buffer.handOver()
            guard buffer.isDrained, budget.isKept else { return false }
        }
        budget.force(count)
        return true
    }
}
