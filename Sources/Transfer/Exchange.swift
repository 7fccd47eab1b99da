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

    private enum Phase {
        case head
        case body
        /// The body of an answer that is no success; nobody needs it, but the connection can be used again.
        case ignoredBody(left: Int)
    }

    /// Up to this size a body is handed over whole.
    private static let smallBody = 64 << 10
    private static let largeChunk = 256 << 10

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
    private let limit: UInt64
    private let isToMemory: Bool
    private var phase = Phase.head
    private var headBytes = 0
    private var declared: UInt64?
    private var current: Chunk?
    private var retained: [Chunk] = []
    private let outstanding = Outstanding()
    private var watchdog: Watchdog
    private let configuration: TransferConfiguration

    /// An attempt that is about to be made.
    init(_ transfer: Transfer, easy: EasyHandle, gate: PauseGate, configuration: TransferConfiguration) {
        self.transfer = transfer
        self.easy = easy
        self.gate = gate
        self.configuration = configuration
        url = transfer.url
        watchdog = Watchdog(configuration)
        let request = transfer.request
        isToMemory = request.destination.path == nil
        let allowed = request.maximumByteCount ?? (isToMemory ? configuration.maximumMemoryBody : .max)
        limit = min(allowed, request.expectation.size ?? .max)
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
        header: { _, _, count, context in
            guard let context else { return 0 }
            return Exchange.from(context).countHead(count) ? count : 0
        }
    )

    /// Sets the handle up for where the request goes now.
    func prepare() throws(EasyHandle.Refusal) {
        try easy.prepare(
            transfer.request,
            url: url,
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
        headBytes = 0
        declared = nil
        watchdog = Watchdog(configuration)
    }

    /// Who we are where the request goes now: an identity never goes to an origin that it does not belong to.
    private var identity: EasyHandle.Identity {
        let isOrigin = url.origin == transfer.url.origin
        let isKnown = transfer.identityOrigins.isEmpty ? isOrigin : transfer.identityOrigins.contains(url.origin)
        if isOrigin, let credentials = transfer.url.credentials {
            return .url(credentials, withCertificate: isKnown)
        }
        return isKnown ? .configured : .nobody
    }

    // MARK: - The head

    /// Counts a line of a head, which libcurl keeps.
    private func countHead(_ count: Int) -> Bool {
        headBytes += count
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
        guard UInt64(bytes.count) <= limit - received else {
            let isHTML = !isToMemory && Answer.isHTML(easy.text(CURLINFO_CONTENT_TYPE))
            failure = isHTML ? .htmlInsteadOfFile : .tooLong(limit: limit, declared: nil)
            return 0
        }
        guard !isBomb(bytes.count) else { return 0 }
        guard admit(bytes.count) else {
            isPaused = true
            gate.pause(self)
            return Int(CURL_WRITEFUNC_PAUSE)
        }
        received += UInt64(bytes.count)
        keep(bytes)
        return bytes.count
    }

    /// Whether a body grows out of proportion while it is decoded; it then fails.
    private func isBomb(_ count: Int) -> Bool {
        let decoded = received + UInt64(count)
        guard transfer.request.encoding == .compressed, decoded > 1 << 20 else { return false }
        let encoded = UInt64(max(1, easy.offset(CURLINFO_SIZE_DOWNLOAD_T)))
        guard decoded / encoded > configuration.maximumCompressionRatio else { return false }
        failure = .decompressionBomb(ratio: decoded / encoded)
        return true
    }

    /// Judges the head of an answer when the first byte of its body comes.
    private func beginBody() -> TransferError.Code? {
        guard easy.number(CURLINFO_RESPONSE_CODE) == 200 else {
            phase = .ignoredBody(left: Self.smallBody)
            return nil
        }
        phase = .body
        let length = easy.offset(CURLINFO_CONTENT_LENGTH_DOWNLOAD_T)
        guard length >= 0 else { return nil }
        let found = UInt64(length)
        let isIdentity = transfer.request.encoding == .identity
        if isIdentity { declared = found }
        let expected = transfer.request.expectation.size
        let isWrong = isIdentity && expected.map { $0 != found } ?? false
        guard isWrong || found > limit else { return nil }
        if !isToMemory, Answer.isHTML(easy.text(CURLINFO_CONTENT_TYPE)) { return .htmlInsteadOfFile }
        if isWrong, let expected { return .wrongSize(expected: expected, found: found) }
        return .tooLong(limit: limit, declared: found)
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
            let chunk = current ?? Chunk(capacity: nextCapacity(atLeast: rest.count))
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

    /// Judges how the exchange ended.
    ///
    /// - Parameters:
    ///   - code: What libcurl says of it.
    ///   - policy: Which redirects are followed.
    /// - Returns: How it goes on.
    func conclude(_ code: CURLcode, _ policy: RedirectPolicy) -> Conclusion {
        var outcome = AttemptOutcome()
        let status = easy.number(CURLINFO_RESPONSE_CODE)
        outcome.answer.status = status
        if let failure {
            outcome.failure = failure
        } else if status >= 400 {
            outcome.failure = .status(status, retryAfter: retryAfter)
        } else if (300..<400).contains(status), status != 304, let target = easy.text(CURLINFO_REDIRECT_URL) {
            do throws(TransferError.Code) {
                return .redirect(try policy.follow(target, from: url, after: redirects))
            } catch {
                outcome.failure = error
            }
        } else if code != CURLE_OK {
            outcome.failure = TransferError.Code(
                code,
                isConnected: easy.offset(CURLINFO_PRETRANSFER_TIME_T) > 0,
                expected: declared ?? transfer.request.expectation.size,
                received: received
            )
            outcome.detail = easy.errorText
        } else if status == 200 || (status == 304 && !transfer.request.validators.isEmpty) {
            describe(&outcome.answer)
        } else {
            outcome.failure = .status(status, retryAfter: nil)
        }
        return .end(outcome)
    }

    private func describe(_ answer: inout Answer) {
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
