/// Makes one attempt of a transfer with a transport, on a thread that may wait.
struct TransportReader: Sendable {
    /// Reads the bytes.
    let transport: any Transport
    /// The longest body in memory when the request does not say.
    let maximumMemoryBody: UInt64

    /// Makes an attempt, up to its end; blocks.
    ///
    /// - Parameters:
    ///   - transfer: What to read; its receiver is used by this thread alone meanwhile.
    ///   - url: Where to read it.
    ///   - counted: Called with the number of bytes of each read.
    /// - Returns: How the attempt ended, to be settled on the same thread.
    func run(_ transfer: Transfer, url: TransferURL, counted: @escaping (Int) -> Void) -> AttemptOutcome {
        var outcome = AttemptOutcome()
        outcome.answer.finalURL = url.text
        let clock = ContinuousClock()
        let start = clock.now
        let reading = TransportReading(
            url: url.text,
            validators: transfer.route.isAtFirst ? transfer.request.validators : TransferRequest.Validators(),
            offset: transfer.receiver.offset
        )
        let bounds = BodyBounds(transfer.request, maximumMemoryBody: maximumMemoryBody)
        var answer = outcome.answer
        var declared: UInt64?
        let sink = TransportSink(
            begin: { head throws(TransferError.Code) in
                answer.etag = head.etag
                answer.contentType = head.contentType
                answer.status = head.isNotModified && !reading.validators.isEmpty ? 304 : 200
                guard answer.status == 200 else { return false }
                declared = head.size
                if transfer.request.destination.path == nil, head.size == 0 { throw .emptyPage }
                if let size = head.size, let refusal = bounds.refuse(size: size, isHTML: answer.isHTML) {
                    throw refusal
                }
                if head.offset == 0 { transfer.receiver.discard() }
                guard head.offset == transfer.receiver.offset else { throw .wrongRange("from \(head.offset)") }
                answer.resumedBytes = head.offset
                outcome.offset = head.offset
                transfer.receiver.reserve(Int(clamping: head.size ?? 0))
                return true
            },
            take: { bytes in
                guard !transfer.token.isCancelled else { return false }
                counted(bytes.count)
                let limit = min(bounds.limit, declared ?? .max)
                guard UInt64(bytes.count) <= limit - min(limit, transfer.receiver.offset) else {
                    outcome.failure = .tooLong(limit: limit, declared: nil)
                    return false
                }
                return transfer.receiver.write(bytes)
            }
        )
        do throws(TransferError.Code) {
            try transport.read(reading, into: sink)
            if answer.status == 0 { throw .protocolError }
            let received = transfer.receiver.offset
            if let declared, outcome.failure == nil, transfer.receiver.failure == nil, received < declared {
                throw .shortBody(expected: declared, received: received)
            }
        } catch {
            outcome.failure = error
        }
        answer.timings.total = start.duration(to: clock.now)
        outcome.answer = answer
        outcome.validator = PartialFile.validator(etag: answer.etag, lastModified: nil)
        return outcome
    }
}
