internal import Scheduling

/// Results of many requests, as they become known; pulled by one consumer.
///
/// Requests are taken from their sequence only as far as the window allows, in which a result counts until it is taken:
/// a consumer that is slow holds up the downloads, and a sequence of a million requests costs no more memory than the
/// window. Each request has one result. When the task of the consumer is cancelled, no further requests are taken, and
/// those under way end as cancelled; when the consumer stops in the middle, they are cancelled and their results are
/// dropped.
package struct TransferResults<Requests: Sequence<TransferRequest>>: AsyncSequence {
    /// A request and what came of it.
    package struct Element: Sendable {
        /// The request.
        package let request: TransferRequest
        /// The response, or why there is none.
        package let result: Result<TransferResponse, TransferError>
    }

    package typealias Failure = Never

    let engine: TransferEngine
    let requests: Requests
    let window: Int

    package func makeAsyncIterator() -> Iterator {
        Iterator(engine: engine, requests: requests.makeIterator(), window: window)
    }

    /// Takes results one by one.
    package struct Iterator: AsyncIteratorProtocol {
        private var requests: Requests.Iterator
        private let outstanding: OutstandingRequests
        private let window: Int
        private var isAtEnd = false

        init(engine: TransferEngine, requests: Requests.Iterator, window: Int) {
            self.requests = requests
            self.window = Swift.max(1, window)
            outstanding = OutstandingRequests(engine: engine)
        }

        package mutating func next() async -> Element? {
            while !isAtEnd, outstanding.count < window {
                guard !Task.isCancelled, let request = requests.next() else {
                    isAtEnd = true
                    break
                }
                outstanding.submit(request)
            }
            guard let (request, result) = await outstanding.next() else { return nil }
            return Element(request: request, result: result)
        }
    }
}

extension TransferEngine {
    /// Makes many requests, and tells their results as they become known.
    ///
    /// - Parameters:
    ///   - requests: The requests; they are taken as there is room for them.
    ///   - window: How many are under way or have a result that was not taken yet.
    /// - Returns: The results, in no order.
    package func results<Requests: Sequence<TransferRequest>>(
        of requests: Requests,
        window: Int
    ) -> TransferResults<Requests> {
        TransferResults(engine: self, requests: requests, window: window)
    }
}

/// Requests that were begun, and whose results were not taken yet; they are cancelled when it ends.
private final class OutstandingRequests: Sendable {
    typealias Outcome = (request: TransferRequest, result: Result<TransferResponse, TransferError>)

    private struct State {
        var tokens: [UInt64: TransferToken] = [:]
        var ready = FIFO<Outcome>()
        var waiter: CheckedContinuation<Outcome, Never>?
    }

    private let engine: TransferEngine
    // Shared with the completions, which may come when nobody takes results any more.
    private let state = Shared()

    private final class Shared: Sendable {
        let locked = Locked(State())

        func finish(_ number: UInt64, _ outcome: Outcome) {
            let waiter = locked.withLock { state in
                state.tokens[number] = nil
                let waiter = state.waiter.take()
                if waiter == nil { state.ready.append(outcome) }
                return waiter
            }
            waiter?.resume(returning: outcome)
        }
    }

    init(engine: TransferEngine) {
        self.engine = engine
    }

    deinit {
        cancelAll()
    }

    /// How many there are.
    var count: Int { state.locked.withLock { $0.tokens.count + $0.ready.count } }

    /// Begins a request.
    func submit(_ request: TransferRequest) {
        let token = engine.newToken()
        // Known before it can end.
        state.locked.withLock { $0.tokens[token.id] = token }
        engine.submit(request, token) { [state] result in state.finish(token.id, (request, result)) }
    }

    /// The next result; `nil` when there are no requests.
    func next() async -> Outcome? {
        let ready = state.locked.withLock { state in state.ready.removeFirst() }
        if let ready { return ready }
        guard count > 0 else { return nil }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.locked.withLock { state in
                    let ready = state.ready.removeFirst()
                    if ready == nil { state.waiter = continuation }
                    return ready
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            cancelAll()
        }
    }

    private func cancelAll() {
        for token in state.locked.withLock({ Array($0.tokens.values) }) { engine.cancel(token) }
    }
}
