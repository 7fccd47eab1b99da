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
    // Sendable because the variables and the receiver are used only in jobs of the lane, which run one after the
    // other; for a `file://` URL, in the one job that reads the file.

    /// What was asked for.
    let request: TransferRequest
    /// Its URL.
    let url: TransferURL
    /// The origins that our identity belongs to; none for that of the request's URL.
    let identityOrigins: Set<String>
    /// Tells whether it is still wanted.
    let token: TransferToken
    /// The bytes of all transfers.
    let budget: BufferBudget
    /// Takes the body.
    let receiver: Receiver
    private let lane: WorkerPool
    private let policy: RetryPolicy
    private let commands: CommandQueue
    private let continuation: CheckedContinuation<Result<TransferResponse, TransferError>, Never>
    private var attempts = 0
    private var mismatches = 0

    /// A transfer that ends by resuming the continuation, once.
    init(
        _ request: TransferRequest,
        url: TransferURL,
        token: TransferToken,
        identityOrigins: Set<String>,
        parts: TransferParts,
        continuation: CheckedContinuation<Result<TransferResponse, TransferError>, Never>
    ) {
        self.request = request
        self.url = url
        self.token = token
        self.identityOrigins = identityOrigins
        self.continuation = continuation
        receiver = Receiver(request, fileSystem: parts.fileSystem)
        lane = parts.lanes[Int(token.id % UInt64(parts.lanes.count))]
        policy = parts.policy
        commands = parts.commands
        budget = parts.budget
    }

    /// The number of the request.
    var id: UInt64 { token.id }

    /// Whether the transfer reads a file and needs no network.
    var isLocal: Bool { url.scheme == .file }

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
            if outcome.failure == nil {
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

    /// Ends an attempt on the thread that has the receiver.
    func settleHere(_ outcome: AttemptOutcome) {
        attempts += 1
        do throws(TransferError.Code) {
            if token.isCancelled { throw .cancelled }
            if let failure = outcome.failure { throw receiverFailure ?? failure }
            let response = try respond(outcome.answer)
            commands.statistics.withLock {
                $0.succeeded += 1
                if response.isNotModified { $0.notModified += 1 }
            }
            continuation.resume(returning: .success(response))
        } catch {
            receiver.discard()
            fail(error, detail: outcome.detail)
        }
    }

    /// Ends the transfer without another attempt; for one that no attempt is under way of.
    func abandon(_ code: TransferError.Code) {
        lane.submit { [self] in
            receiver.discard()
            end(TransferError(code, url: url.text, attempts: attempts))
        }
    }

    /// What the receiver failed with, which is then why the network was told to stop.
    private var receiverFailure: TransferError.Code? { receiver.failure }

    private func respond(_ answer: Answer) throws(TransferError.Code) -> TransferResponse {
        let received =
            answer.status == 304
            ? Received(body: .none, size: 0, sha256: nil)
            : try receiver.finish(answer)
        return TransferResponse(
            status: answer.status,
            fromURL: url.text,
            finalURL: answer.finalURL,
            contentType: answer.contentType,
            etag: answer.etag,
            lastModified: answer.lastModified,
            serial: answer.serial,
            headers: answer.headers,
            body: received.body,
            size: received.size,
            sha256: received.sha256,
            checkedDigests: answer.status == 304 ? [] : Set(request.expectation.digests.keys),
            isSizeChecked: answer.status != 304 && request.expectation.size != nil,
            attempts: attempts,
            resumedBytes: 0,
            fallbacks: [],
            timings: answer.timings
        )
    }

    private func fail(_ code: TransferError.Code, detail: String?) {
        if code.retry == .once { mismatches += 1 }
        var generator = SystemRandomNumberGenerator()
        let delay = policy.delay(after: code, attempts: attempts, mismatches: mismatches, using: &generator)
        let error = TransferError(code, url: url.text, attempts: attempts, detail: detail)
        guard let delay, commands.post(.retry(self, at: .now + delay, error)) else { return end(error) }
        commands.statistics.withLock { $0.retries += 1 }
    }

    private func end(_ error: TransferError) {
        commands.statistics.withLock { $0.failed += 1 }
        continuation.resume(returning: .failure(error))
    }
}

/// How an attempt ended on the network.
struct AttemptOutcome: Sendable {
    /// The head of the answer.
    var answer = Answer()
    /// Why there is no body, or no complete one.
    var failure: TransferError.Code?
    /// What libcurl says of the failure.
    var detail: String?
}

/// What all transfers of an engine share.
struct TransferParts: Sendable {
    /// Where files are written, and read for `file://` URLs.
    let fileSystem: any FileSystem
    /// The queues of the receivers, one thread each.
    let lanes: [WorkerPool]
    /// When to try again.
    let policy: RetryPolicy
    /// The way to the network thread.
    let commands: CommandQueue
    /// The bytes in flight.
    let budget: BufferBudget
}
