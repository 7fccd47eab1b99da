internal import CCurlShim
internal import Logging
internal import Scheduling

/// What the network thread does: takes commands, starts what the scheduler says, and passes on what libcurl brings.
///
/// Everything here belongs to that one thread.
final class NetworkLoop {
    private let configuration: TransferConfiguration
    private let parts: TransferParts
    private let multi: MultiHandle
    private let logger: Logger
    private let redirects: RedirectPolicy
    private let gate = PauseGate()
    private let meter: ByteMeter
    private let watchInterval: Duration
    private var nextWatch = ContinuousClock.now
    private var dispatcher: TransferDispatcher
    private var transfers: [UInt64: Transfer] = [:]
    private var exchanges: [UInt64: Exchange] = [:]
    private var idle: [EasyHandle]
    private var isShutDown = false

    /// A loop that is not running yet.
    init(
        _ configuration: TransferConfiguration,
        parts: TransferParts,
        multi: MultiHandle,
        first: EasyHandle,
        logger: Logger
    ) {
        self.configuration = configuration
        self.parts = parts
        self.multi = multi
        self.logger = logger
        idle = [first]
        redirects = RedirectPolicy(maximumCount: configuration.maximumRedirects)
        meter = ByteMeter(bytesPerSecond: configuration.bytesPerSecond, now: .now)
        dispatcher = TransferDispatcher(configuration, now: .now)
        watchInterval = Watchdog.interval(configuration)
    }

    /// Runs until it is told to shut down.
    func run() {
        while !isShutDown {
            for command in parts.commands.take() { obey(command) }
            if isShutDown { break }
            startWhatMay()
            multi.perform()
            var hasEnded = false
            while let end = multi.nextEnd() {
                conclude(Exchange.from(end.context), end.code)
                hasEnded = true
            }
            let now = ContinuousClock.now
            countBytes()
            if let due = meter.resumption, now >= due { resumePaused() }
            if now >= nextWatch { watch(now) }
            // A slot that came free is given away before anything is waited for.
            if hasEnded { continue }
            if parts.commands.willSleep() { multi.wait(milliseconds: patience(now)) }
        }
        endEverything()
    }

    /// How long there is nothing to do unless something happens.
    private func patience(_ now: ContinuousClock.Instant) -> Int {
        var wake = now + .seconds(60)
        if !exchanges.isEmpty { wake = min(wake, nextWatch) }
        if let due = dispatcher.nextDue(after: now) { wake = min(wake, due) }
        if let due = meter.resumption { wake = min(wake, due) }
        return max(0, now.duration(to: wake).milliseconds)
    }

    private func obey(_ command: Command) {
        switch command {
        case .submit(let transfer):
            guard !transfer.token.isCancelled else { return transfer.abandon(.cancelled) }
            transfers[transfer.id] = transfer
            dispatcher.submit(
                transfer.id,
                priority: transfer.request.priority,
                route: transfer.route,
                at: .now
            )
        case .retry(let transfer, let code, let outcome):
            goOn(transfer, after: code, outcome)
        case .cancel(let id):
            stop(id)
        case .abort(let id):
            if let exchange = exchanges[id] { end(exchange, AttemptOutcome(failure: .cancelled)) }
        case .resume:
            resumePaused()
        case .release(let id):
            forget(id)
        case .shutdown:
            isShutDown = true
        }
    }

    /// Makes another attempt, or none.
    private func goOn(_ transfer: Transfer, after code: TransferError.Code, _ outcome: AttemptOutcome) {
        guard !transfer.token.isCancelled else { return transfer.abandon(.cancelled) }
        if outcome.isOfOldConnection, transfer.route.forgiveAttempt() {
            transfers[transfer.id] = transfer
            return dispatcher.submit(
                transfer.id,
                priority: transfer.request.priority,
                route: transfer.route,
                at: .now
            )
        }
        let end = dispatcher.resubmit(
            transfer.id,
            priority: transfer.request.priority,
            route: transfer.route,
            after: code,
            detail: outcome.detail,
            at: .now
        )
        if let end { return transfer.end(end) }
        transfers[transfer.id] = transfer
        logger.debug(
            "another attempt will be made",
            metadata: ["url": "\(transfer.route.url.text)", "after": "\(code.text)"]
        )
        parts.commands.statistics.withLock {
            $0.retries += 1
            $0.retriesByCause[code.cause, default: 0] += 1
        }
    }

    // MARK: - Starting

    private func startWhatMay() {
        let decisions = dispatcher.decide(at: .now)
        countRequests()
        guard !decisions.isEmpty else { return }
        for id in decisions.started {
            guard let transfer = transfers[id], let route = dispatcher.route(of: id) else { continue }
            transfer.route = route
            if route.url.scheme.isOfNetwork {
                start(transfer)
            } else {
                startReading(transfer)
            }
        }
        for (id, error) in decisions.ended { transfers.removeValue(forKey: id)?.end(error) }
    }

    private func startReading(_ transfer: Transfer) {
        let url = transfer.route.url
        guard let transport = parts.transports[url.scheme.name] else {
            return refuse(transfer, EasyHandle.Refusal(reason: "nothing reads the scheme '\(url.scheme.name)'"))
        }
        let reader = TransportReader(transport: transport, maximumMemoryBody: configuration.maximumMemoryBody)
        let commands = parts.commands
        parts.readers.submit {
            let outcome = reader.run(transfer, url: url) { count in
                commands.statistics.withLock { $0.add(bytes: UInt64(count), from: url.origin) }
            }
            // The slot is given back before the result is known, which may be that another attempt is to be made.
            commands.post(.release(transfer.id))
            transfer.settleHere(outcome)
        }
    }

    private func start(_ transfer: Transfer) {
        do throws(EasyHandle.Refusal) {
            let easy = try idleHandle()
            let exchange = Exchange(transfer, easy: easy, gate: gate, meter: meter, configuration: configuration)
            exchanges[transfer.id] = exchange
            try begin(exchange)
        } catch {
            refuse(transfer, error)
        }
    }

    private func idleHandle() throws(EasyHandle.Refusal) -> EasyHandle {
        if let easy = idle.popLast() { return easy }
        return try EasyHandle(configuration, share: multi.share, functions: Exchange.functions)
    }

    private func begin(_ exchange: Exchange) throws(EasyHandle.Refusal) {
        try exchange.prepare()
        guard multi.add(exchange.easy) else { throw EasyHandle.Refusal(reason: "libcurl takes no more requests") }
    }

    private func refuse(_ transfer: Transfer, _ refusal: EasyHandle.Refusal) {
        let outcome = AttemptOutcome(failure: .configuration, detail: refusal.reason)
        if let exchange = exchanges[transfer.id] { return end(exchange, outcome) }
        forget(transfer.id)
        transfer.settle(outcome, chunks: [])
    }

    // MARK: - Ending

    private func conclude(_ exchange: Exchange, _ code: CURLcode) {
        let conclusion = exchange.conclude(code, redirects)
        observe(exchange, conclusion)
        switch conclusion {
        case .end(let outcome):
            end(exchange, outcome)
        case .redirect(let url):
            follow(exchange, to: url)
        }
    }

    private func follow(_ exchange: Exchange, to url: TransferURL) {
        if let refusal = dispatcher.redirect(exchange.transfer.id, to: url.origin, at: .now) {
            return end(exchange, AttemptOutcome(failure: refusal))
        }
        multi.remove(exchange.easy)
        exchange.follow(url)
        parts.commands.statistics.withLock { $0.redirects += 1 }
        do throws(EasyHandle.Refusal) {
            try begin(exchange)
        } catch {
            refuse(exchange.transfer, error)
        }
    }

    /// Tells the dispatcher what an exchange says of its host.
    private func observe(_ exchange: Exchange, _ conclusion: Exchange.Conclusion) {
        let (id, origin, now) = (exchange.transfer.id, exchange.url.origin, ContinuousClock.now)
        var failure: TransferError.Code?
        if case .end(let outcome) = conclusion {
            if outcome.isOfOldConnection { return dispatcher.abandoned(id, at: origin) }
            failure = outcome.failure
        }
        switch failure {
        case .status(let status, let retryAfter):
            dispatcher.answered(status, retryAfter: retryAfter, from: origin, at: now)
        case .proxyRefused(let status) where status < 500:
            dispatcher.answered(407, retryAfter: nil, from: origin, at: now)
        case let code? where code.isOfConnection && exchange.status == 0:
            dispatcher.failed(id, code, at: origin, now: now)
        default:
            if exchange.status > 0 {
                dispatcher.answered(exchange.status, retryAfter: nil, from: origin, at: now)
            } else {
                dispatcher.abandoned(id, at: origin)
            }
        }
    }

    /// Takes an exchange off the network, gives its slot back and lets the receiver judge the rest.
    private func end(_ exchange: Exchange, _ outcome: AttemptOutcome) {
        let transfer = exchange.transfer
        let connections = exchange.easy.number(CURLINFO_NUM_CONNECTS)
        dispatcher.abandoned(transfer.id, at: exchange.url.origin)
        multi.remove(exchange.easy)
        idle.append(exchange.easy)
        exchanges[transfer.id] = nil
        forget(transfer.id)
        countBytes()
        parts.commands.statistics.withLock {
            $0.connectionsOpened += connections
            $0.resumptions += outcome.answer.resumedBytes > 0 ? 1 : 0
            $0.hosts[exchange.url.origin, default: .init()].noteAttempt(hasFailed: outcome.failure != nil)
        }
        transfer.settle(outcome, chunks: exchange.takeRest())
        if gate.end(exchange) { resumePaused() }
    }

    /// Takes a transfer out of the dispatcher; its slot is free.
    private func forget(_ id: UInt64) {
        let transfer = transfers.removeValue(forKey: id)
        guard let route = dispatcher.take(id) else { return }
        transfer?.route = route
    }

    private func stop(_ id: UInt64) {
        if let exchange = exchanges[id] { return end(exchange, AttemptOutcome(failure: .cancelled)) }
        // The reader of a transport sees the token, ends the transfer and gives the slot back.
        guard let transfer = transfers[id], !dispatcher.isActive(id) else { return }
        forget(id)
        transfer.abandon(.cancelled)
    }

    private func resumePaused() {
        meter.resumption = nil
        for exchange in gate.takePaused() {
            exchange.isPaused = false
            // libcurl hands over at once what it kept; that may pause the exchange again, or end it.
            _ = curl_easy_pause(exchange.easy.raw, CURLPAUSE_CONT)
            if let failure = exchange.failure { end(exchange, AttemptOutcome(failure: failure)) }
        }
    }

    private func watch(_ now: ContinuousClock.Instant) {
        nextWatch = now + watchInterval
        for exchange in Array(exchanges.values) {
            guard let failure = exchange.check(now: now) else { continue }
            let outcome = exchange.giveUp(failure)
            observe(exchange, .end(outcome))
            end(exchange, outcome)
        }
    }

    private func endEverything() {
        for exchange in Array(exchanges.values) { end(exchange, AttemptOutcome(failure: .cancelled)) }
        for (id, transfer) in transfers {
            transfer.token.cancel()
            if !dispatcher.isActive(id) { transfer.abandon(.cancelled) }
        }
        for command in parts.commands.close() {
            switch command {
            case .submit(let transfer), .retry(let transfer, _, _): transfer.abandon(.cancelled)
            case .cancel, .abort, .resume, .release, .shutdown: break
            }
        }
        idle = []
    }

    // MARK: - Counting

    private func countRequests() {
        let changed = dispatcher.takeChanged()
        guard !changed.isEmpty else { return }
        let (active, waiting) = (dispatcher.activeCount, dispatcher.waitingCount)
        let hosts = changed.map { ($0, dispatcher.state(of: $0)) }
        parts.commands.statistics.withLock {
            $0.inFlight = active
            $0.waiting = waiting
            $0.peakInFlight = max($0.peakInFlight, active)
            for (origin, host) in hosts {
                $0.hosts[origin, default: .init()]
                    .note(waiting: host.waiting, inFlight: host.active, isDown: host.isDown)
            }
        }
    }

    private func countBytes() {
        guard let counted = meter.takeCounts() else { return }
        parts.commands.statistics.withLock {
            for (origin, bytes) in counted { $0.add(bytes: bytes, from: origin) }
        }
    }
}
