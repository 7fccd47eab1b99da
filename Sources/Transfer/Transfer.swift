internal import FileIO
internal import Scheduling
internal import Synchronization

/// What lets a caller take a request back.
final class TransferToken: Sendable {
    /// The number of the request.
    let id: UInt64
    private let flag = Atomic<Bool>(false)

    /// The token of a request.
    init(id: UInt64) {
        self.id = id
    }

    /// Whether the caller took the request back.
    var isCancelled: Bool { flag.load(ordering: .acquiring) }

    /// Takes the request back.
    func cancel() { flag.store(true, ordering: .releasing) }
}

/// A request with everything that lasts longer than one attempt.
///
/// What a transfer does with bytes and results happens on its lane, a queue with one thread, in order.
final class Transfer: @unchecked Sendable {
    // Sendable because each variable has one owner at a time. The receiver and the validator belong to the jobs of the
    // lane, which run one after the other, or to the one job of a reader while no attempt is under way. The route is set
    // by the network thread while the transfer is with it, before it gives the transfer to the lane.

    /// What was asked for.
    let request: TransferRequest
    /// The origins that our identity belongs to; none for that of the request's URL.
    let identityOrigins: Set<String>
    /// Tells whether it is still wanted.
    let token: TransferToken
    /// Where the memory of large chunks comes from.
    let chunks: ChunkPool
    /// The bytes of all transfers.
    let budget: BufferBudget
    /// Takes the body.
    let receiver: Receiver
    /// Where it is sent and was sent to; the dispatcher's while the transfer is there.
    var route: TransferRoute
    /// What the server said of the part that is here.
    private(set) var validator: String?
    private let lane: WorkerPool
    private let commands: CommandQueue
    private let completion: @Sendable (Result<TransferResponse, TransferError>) -> Void

    /// A transfer that ends by calling `completion` once, on some thread of the engine.
    init(
        _ request: TransferRequest,
        route: TransferRoute,
        token: TransferToken,
        identityOrigins: Set<String>,
        parts: TransferParts,
        completion: @escaping @Sendable (Result<TransferResponse, TransferError>) -> Void
    ) {
        self.request = request
        self.route = route
        self.token = token
        self.identityOrigins = identityOrigins
        self.completion = completion
        receiver = Receiver(request, parts.configuration, fileSystem: parts.fileSystem)
        lane = parts.lanes[Int(token.id % UInt64(parts.lanes.count))]
        commands = parts.commands
        budget = parts.budget
        chunks = parts.chunks
    }

    /// The number of the request.
    var id: UInt64 { token.id }

    /// Takes up what an earlier request left, and goes to the network thread if anything is missing.
    ///
    /// Blocks while the part is read; called by a reader before the first attempt.
    func prepare() {
        validator = receiver.takeUp { [token] in !token.isCancelled }
        if receiver.isComplete, !token.isCancelled {
            var answer = Answer()
            answer.status = 200
            answer.finalURL = route.url.text
            answer.resumedBytes = receiver.offset
            do throws(TransferError.Code) {
                return succeed(try respond(answer))
            } catch {
                receiver.discard()
                validator = nil
            }
        }
        if !commands.post(.submit(self)) { abandon(.cancelled) }
    }

    /// Hands bytes of the current attempt to the receiver.
    ///
    /// - Parameters:
    ///   - chunk: The bytes, counted in the budget.
    ///   - done: Called on the lane when the bytes left the budget.
    func receive(_ chunk: Chunk, done: @escaping @Sendable () -> Void) {
        lane.submit { [self] in
            let isWelcome = receiver.write(chunk.bytes)
            done()
            if budget.release(chunk.count) { commands.post(.resume) }
            if !isWelcome { commands.post(.abort(id)) }
        }
    }

    /// Ends an attempt on the lane.
    ///
    /// - Parameters:
    ///   - outcome: How it ended on the network.
    ///   - chunks: The bytes that were not handed over before.
    func settle(_ outcome: AttemptOutcome, chunks: [Chunk]) {
        budget.beginSettling()
        lane.submit { [self] in
            let count = chunks.reduce(0) { $0 + $1.count }
            if outcome.failure.map(receiver.canKeep) ?? true {
                receiver.reserve(count)
                for chunk in chunks {
                    guard receiver.write(chunk.bytes) else { break }
                    // A large body in memory is then not there twice.
                    chunk.free()
                }
            }
            settleHere(outcome)
            budget.endSettling()
            if budget.release(count) { commands.post(.resume) }
        }
    }

    /// Begins a body.
    ///
    /// - Parameters:
    ///   - isWhole: Whether it replaces a part that is here.
    ///   - encodings: How it is encoded.
    func beginBody(replacingPart isWhole: Bool, encodings: [String]) {
        guard isWhole || !encodings.isEmpty else { return }
        lane.submit { [self] in
            if isWhole {
                receiver.discard()
                validator = nil
            }
            if !encodings.isEmpty { receiver.decode(encodings) }
        }
    }

    /// Ends an attempt on the thread that has the receiver.
    func settleHere(_ outcome: AttemptOutcome) {
        do throws(TransferError.Code) {
            if token.isCancelled { throw .cancelled }
            if let failure = outcome.failure { throw receiver.failure ?? failure }
            succeed(try respond(outcome.answer))
        } catch {
            fail(error, outcome)
        }
    }

    /// Ends the transfer without another attempt; for one that no attempt is under way of.
    func abandon(_ code: TransferError.Code) {
        end(route.error(code))
    }

    /// Ends the transfer with an error; for one that no attempt is under way of.
    func end(_ error: TransferError) {
        lane.submit { [self] in
            if !receiver.keep(after: error.code, validator: validator) { receiver.discard() }
            finish(error)
        }
    }

    private func respond(_ answer: Answer) throws(TransferError.Code) -> TransferResponse {
        let isNotModified = answer.status == 304
        let received = isNotModified ? Received(body: .none, size: 0, sha256: nil) : try receiver.finish(answer)
        return TransferResponse(
            status: answer.status,
            fromURL: route.first.text,
            finalURL: answer.finalURL,
            contentType: answer.contentType,
            etag: answer.etag,
            lastModified: answer.lastModified,
            serial: answer.serial,
            headers: answer.headers,
            body: received.body,
            size: received.size,
            sha256: received.sha256,
            checkedDigests: isNotModified ? [] : Set(request.expectation.digests.keys),
            isSizeChecked: !isNotModified && request.expectation.size != nil,
            attempts: route.attempts,
            resumedBytes: answer.resumedBytes,
            fallbacks: route.failures,
            timings: answer.timings
        )
    }

    private func succeed(_ response: TransferResponse) {
        commands.statistics.withLock {
            $0.succeeded += 1
            $0.fallbacks += route.fallbacks
            if response.isNotModified { $0.notModified += 1 }
        }
        completion(.success(response))
    }

    private func fail(_ code: TransferError.Code, _ outcome: AttemptOutcome) {
        // A part that was here before may be what is wrong: then the host gets a chance with the whole.
        let isPartToBlame = outcome.offset > 0 && code.mayComeOfPart
        if receiver.keep(after: code, validator: outcome.validator ?? validator) {
            validator = outcome.validator ?? validator
        } else {
            receiver.discard()
            validator = nil
        }
        let reported = isPartToBlame ? code.blamingPart : code
        if !commands.post(.retry(self, reported, outcome)) { finish(route.error(code)) }
    }

    private func finish(_ error: TransferError) {
        commands.statistics.withLock {
            $0.failed += 1
            $0.fallbacks += route.fallbacks
        }
        completion(.failure(error))
    }
}

extension TransferError.Code {
    /// The same failure, told of the part that was here before.
    fileprivate var blamingPart: Self {
        if case .wrongRange = self { return self }
        return .wrongRange("with the part that was here, \(text)")
    }

    /// Whether a part that was here before the attempt could be the cause.
    fileprivate var mayComeOfPart: Bool {
        switch self {
        case .wrongDigest, .wrongSize, .tooLong, .wrongRange, .status(416, _): true
        default: false
        }
    }
}
