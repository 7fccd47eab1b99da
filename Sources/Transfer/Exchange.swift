internal import CCurlShim
internal import Synchronization

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

    private enum Phase: Equatable {
        case head
        case body
        /// The body of an answer that is no success; nobody needs it, but the connection can be used again.
        case ignoredBody(left: Int)
    }

    /// Up to this size a body is handed over whole.
    private static let smallBody = 64 << 10
    private static let largeChunk = ChunkPool.chunkSize

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
    private var offset: UInt64
    private var phase = Phase.head
    private var headBytes = 0
    private var isHeadComplete = false
    private var declared: UInt64?
    private var current: Chunk?
    private var retained: [Chunk] = []
    private let outstanding = Outstanding()
    private var watchdog: Watchdog
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
        phase = .head
        (headBytes, isHeadComplete) = (0, false)
        declared = nil
        watchdog = Watchdog(configuration)
    }

    /// Whether the server is asked for another version than the one that is here.
    ///
    /// What one server said of its version means nothing to another one.
    private var isConditional: Bool { transfer.route.isAtFirst && !transfer.request.validators.isEmpty }

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
        keep(bytes)
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
        case 206 where offset > 0:
            if !url.scheme.isFTP, let failure = judgeRange(length) { return failure }
        default:
            phase = .ignoredBody(left: Self.smallBody)
            return nil
        }
        phase = .body
        guard let length else { return nil }
        declared = length
        return bounds.refuse(size: offset + length, isHTML: Answer.isHTML(easy.text(CURLINFO_CONTENT_TYPE)))
    }

    private var declaredLength: UInt64? {
        let length = easy.offset(CURLINFO_CONTENT_LENGTH_DOWNLOAD_T)
        return length >= 0 ? UInt64(length) : nil
    }

    /// Compares the part that the server sends with the part that was asked for.
    private func judgeRange(_ length: UInt64?) -> TransferError.Code? {
        let text = easy.headers["Content-Range"].first ?? "no Content-Range"
        guard let range = ContentRange(text), range.first == offset else { return .wrongRange(text) }
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
        if !isToMemory { handOver() }
        // When a body is about to leave the budget, nobody has to go beyond it; all are tried again when it has left.
        // A body that is written leaves the budget by itself: its next bytes go through when the last ones are written.
        guard gate.letsThrough(transfer.id, mayBegin: !budget.isSettling), isToMemory || outstanding.isNone else {
            return false
        }
        budget.force(count)
        return true
    }

    private func keep(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !rest.isEmpty {
            if current?.isFull ?? false {
                if isToMemory {
                    if let current { retained.append(current) }
                    current = nil
                } else {
                    handOver()
                }
            }
            let chunk = current ?? Chunk(capacity: nextCapacity(atLeast: rest.count), pool: transfer.chunks)
            current = chunk
            rest = UnsafeRawBufferPointer(rebasing: rest[chunk.append(rest)...])
        }
    }

    /// The size of the next chunk: what is still to come if it is known, else more with every chunk.
    private func nextCapacity(atLeast count: Int) -> Int {
        if let declared {
            return min(max(count, Int(clamping: declared - min(declared, received)) + count), Self.largeChunk)
        }
        return received <= 16 << 10 ? max(count, 16 << 10) : received <= 256 << 10 ? Self.smallBody : Self.largeChunk
    }

    private func handOver() {
        guard let chunk = current else { return }
        current = nil
        outstanding.add()
        transfer.receive(chunk) { [outstanding] in outstanding.remove() }
    }

    /// The bytes that were not handed over.
    func takeRest() -> [Chunk] {
        var chunks = retained
        if let current { chunks.append(current) }
        retained = []
        current = nil
        return chunks
    }

    // MARK: - The end

    /// Looks whether the exchange is getting somewhere.
    func check(now: Watchdog.Instant) -> TransferError.Code? {
        watchdog.check(
            now: now,
            isSent: easy.offset(CURLINFO_PRETRANSFER_TIME_T) > 0,
            hasAnswered: received > 0 || easy.offset(CURLINFO_STARTTRANSFER_TIME_T) > 0,
            isPaused: isPaused,
            received: received
        )
    }

    /// Ends the exchange for a reason of ours.
    func giveUp(_ failure: TransferError.Code) -> AttemptOutcome {
        var outcome = AttemptOutcome(failure: failure)
        describePart(&outcome)
        return outcome
    }

    /// Judges how the exchange ended.
    ///
    /// - Parameters:
    ///   - code: What libcurl says of it.
    ///   - policy: Which redirects are followed.
    /// - Returns: How it goes on.
    func conclude(_ code: CURLcode, _ policy: RedirectPolicy) -> Conclusion {
        let status = status
        if let failure { return .end(giveUp(failure)) }
        if url.scheme.isHTTP {
            if status == 407 { return .end(giveUp(.proxyRefused(407))) }
            if status >= 400 { return .end(giveUp(.status(status, retryAfter: retryAfter))) }
            if (300..<400).contains(status), status != 304, let target = redirectTarget {
                do throws(TransferError.Code) {
                    return .redirect(try policy.follow(target, from: url, after: redirects))
                } catch {
                    return .end(giveUp(error))
                }
            }
        }
        // libcurl takes a head that broke off for a complete one.
        if code == CURLE_OK, url.scheme.isHTTP, !isHeadComplete { return .end(giveUp(.connectionLost)) }
        guard code == CURLE_OK else {
            var outcome = giveUp(failureCode(code))
            outcome.detail = easy.errorText
            outcome.isOfOldConnection = isOfOldConnection
            return .end(outcome)
        }
        let isPart = status == 206 && offset > 0
        guard status == 200 || isPart || (status == 304 && isConditional) else {
            return .end(giveUp(.status(status, retryAfter: nil)))
        }
        var outcome = AttemptOutcome()
        describePart(&outcome)
        describe(&outcome.answer)
        return .end(outcome)
    }

    /// Where a redirect leads; libcurl says it only when it took the whole of its body, which nobody needs.
    private var redirectTarget: String? {
        if let target = easy.text(CURLINFO_REDIRECT_URL) { return target }
        guard let location = easy.headers["Location"].first, !location.isEmpty else { return nil }
        return url.resolving(location)
    }

    /// Whether a connection that had served other requests ended before the answer began.
    ///
    /// Servers end connections when they like (RFC 9112, section 9.3.1; GOAWAY in RFC 9113, section 6.8), and requests
    /// that were on their way then say nothing of the server.
    private var isOfOldConnection: Bool {
        status == 0 && headBytes == 0 && easy.number(CURLINFO_NUM_CONNECTS) == 0
            && easy.offset(CURLINFO_PRETRANSFER_TIME_T) > 0
    }

    private func failureCode(_ code: CURLcode) -> TransferError.Code {
        let refusal = easy.number(CURLINFO_HTTP_CONNECTCODE)
        if refusal >= 400 { return .proxyRefused(refusal) }
        // This is how libcurl says that a line is longer than it keeps.
        if code == CURLE_OUT_OF_MEMORY, !isHeadComplete { return .headTooLong(limit: 100 << 10) }
        if code == CURLE_PROXY, easy.isRefusedByProxy { return .proxyRefused(0) }
        return TransferError.Code(
            code,
            isConnected: easy.offset(CURLINFO_PRETRANSFER_TIME_T) > 0,
            expected: (declared ?? declaredLength).map { $0 + offset } ?? transfer.request.expectation.size,
            received: offset + received
        )
    }

    /// Says what is here of the body, and how the rest can be asked for.
    private func describePart(_ outcome: inout AttemptOutcome) {
        outcome.answer.status = status
        outcome.answer.resumedBytes = offset
        guard phase == .body, url.scheme.isHTTP, case .resumable = transfer.request.destination else { return }
        let headers = easy.headers
        outcome.validator = PartialFile.validator(
            etag: headers["ETag"].first,
            lastModified: headers["Last-Modified"].first
        )
    }

    private func describe(_ answer: inout Answer) {
        answer.status = status == 206 ? 200 : status
        answer.finalURL = url.text
        answer.headers = easy.headers
        answer.timings = easy.timings
        answer.contentType = easy.text(CURLINFO_CONTENT_TYPE)
        answer.etag = answer.headers["ETag"].first
        answer.lastModified = answer.headers["Last-Modified"].first
        answer.serial = answer.headers["X-PyPI-Last-Serial"].first.flatMap { UInt64($0) }
        let isHTTP1 = easy.number(CURLINFO_HTTP_VERSION) < 3  // CURL_HTTP_VERSION_2_0
        if isHTTP1, easy.offset(CURLINFO_CONTENT_LENGTH_DOWNLOAD_T) < 0 {
            answer.isDelimited = !answer.headers["Transfer-Encoding"].isEmpty
        }
    }

    /// What `Retry-After` says, in seconds or as a date.
    private var retryAfter: Duration? {
        let seconds = easy.offset(CURLINFO_RETRY_AFTER)
        return seconds > 0 ? .seconds(seconds) : nil
    }
}

/// How many chunks of an exchange are with the receiver.
private final class Outstanding: Sendable {
    private let count = Atomic<Int>(0)

    /// Whether there are none.
    var isNone: Bool { count.load(ordering: .sequentiallyConsistent) == 0 }

    /// Counts one more.
    func add() { count.add(1, ordering: .sequentiallyConsistent) }

    /// Counts one less.
    func remove() { count.subtract(1, ordering: .sequentiallyConsistent) }
}
