internal import CCurlShim
internal import Logging
internal import Scheduling

/// What the network thread does: takes commands, starts what the scheduler says, and passes on what libcurl brings.
///
/// Everything here belongs to that one thread.
final class NetworkLoop {
    let configuration: TransferConfiguration
    let parts: TransferParts
    let multi: MultiHandle
    let logger: Logger
    let redirects: RedirectPolicy
    let gate = PauseGate()
    let meter: ByteMeter
    let watchInterval: Duration
    var nextWatch = ContinuousClock.now
    var dispatcher: TransferDispatcher
    var transfers: [UInt64: Transfer] = [:]
    var exchanges: [UInt64: Exchange] = [:]
    var idle: [EasyHandle]
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
            if let exchange = exchanges[id] { end(exchange, exchange.giveUp(.cancelled)) }
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
        if let end {
            transfer.route = end
            return transfer.end(end.error)
        }
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

    private func endEverything() {
        for exchange in Array(exchanges.values) { end(exchange, exchange.giveUp(.cancelled)) }
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

    func countRequests() {
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

    func countBytes() {
        guard let counted = meter.takeCounts() else { return }
        parts.commands.statistics.withLock {
            for (origin, bytes) in counted { $0.add(bytes: bytes, from: origin) }
        }
    }
}
