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
    private let localSource: LocalSource
    private let localReaders: WorkerPool
    private let logger: Logger
    private let redirects: RedirectPolicy
    private let gate = PauseGate()
    private let watchInterval: Duration
    private var nextWatch = ContinuousClock.now
    private var scheduler: TransferScheduler
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
        let roots = FileRoots(roots: configuration.fileRoots, fileSystem: parts.fileSystem)
        localSource = LocalSource(roots: roots, maximumMemoryBody: configuration.maximumMemoryBody)
        localReaders = WorkerPool(name: "transfer-local", threadCount: configuration.receiverThreads)
        let slots = max(1, configuration.requestsInFlight ?? configuration.connections)
        // Where requests share connections, it is libcurl that holds to the connections of a host.
        let perHost = slots > configuration.connections ? slots : configuration.connectionsPerHost ?? slots
        scheduler = TransferScheduler(slots: slots, slotsPerHost: perHost)
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
        if let due = scheduler.nextDue { wake = min(wake, due) }
        return max(0, now.duration(to: wake).milliseconds)
    }

    private func obey(_ command: Command) {
        switch command {
        case .submit(let transfer):
            guard !transfer.token.isCancelled else { return transfer.abandon(.cancelled) }
            transfers[transfer.id] = transfer
            scheduler.submit(transfer.id, priority: transfer.request.priority, host: transfer.url.origin)
        case .retry(let transfer, let instant, let error):
            guard !transfer.token.isCancelled else { return transfer.abandon(.cancelled) }
            logger.debug("another attempt will be made", metadata: ["after": "\(error)"])
            transfers[transfer.id] = transfer
            scheduler.delay(
                transfer.id,
                priority: transfer.request.priority,
                host: transfer.url.origin,
                until: instant
            )
        case .cancel(let id):
            stop(id)
        case .abort(let id):
            if let exchange = exchanges[id] { end(exchange, AttemptOutcome(failure: .cancelled)) }
        case .resume:
            resumePaused()
        case .release(let id):
            scheduler.remove(id)
            transfers[id] = nil
            count()
        case .shutdown:
            isShutDown = true
        }
    }

    // MARK: - Starting

    private func startWhatMay() {
        let started = scheduler.start(now: .now)
        guard !started.isEmpty else { return }
        for id in started {
            guard let transfer = transfers[id] else { continue }
            if transfer.isLocal {
                startLocal(transfer)
            } else {
                start(transfer)
            }
        }
        count()
    }

    private func startLocal(_ transfer: Transfer) {
        let statistics = parts.commands.statistics
        localReaders.submit { [localSource, commands = parts.commands] in
            let outcome = localSource.run(transfer) { count in
                statistics.withLock { $0.bytesReceived += UInt64(count) }
            }
            // The slot is given back before the result is known, which may be that another attempt is to be made.
            commands.post(.release(transfer.id))
            transfer.settleHere(outcome)
        }
    }

    private func start(_ transfer: Transfer) {
        do throws(EasyHandle.Refusal) {
            let easy = try idleHandle()
            let exchange = Exchange(transfer, easy: easy, gate: gate, configuration: configuration)
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
        scheduler.remove(transfer.id)
        transfers[transfer.id] = nil
        transfer.settle(outcome, chunks: [])
    }

    // MARK: - Ending

    private func conclude(_ exchange: Exchange, _ code: CURLcode) {
        switch exchange.conclude(code, redirects) {
        case .end(let outcome):
            end(exchange, outcome)
        case .redirect(let url):
            multi.remove(exchange.easy)
            exchange.follow(url)
            parts.commands.statistics.withLock { $0.redirects += 1 }
            do throws(EasyHandle.Refusal) {
                try begin(exchange)
            } catch {
                refuse(exchange.transfer, error)
            }
        }
    }

    /// Takes an exchange off the network, gives its slot back and lets the receiver judge the rest.
    private func end(_ exchange: Exchange, _ outcome: AttemptOutcome) {
        let transfer = exchange.transfer
        let connections = exchange.easy.number(CURLINFO_NUM_CONNECTS)
        multi.remove(exchange.easy)
        idle.append(exchange.easy)
        exchanges[transfer.id] = nil
        transfers[transfer.id] = nil
        scheduler.remove(transfer.id)
        count(connections: connections, received: exchange.received)
        transfer.settle(outcome, chunks: exchange.takeRest())
        if gate.end(exchange) { resumePaused() }
    }

    private func stop(_ id: UInt64) {
        if let exchange = exchanges[id] { return end(exchange, AttemptOutcome(failure: .cancelled)) }
        guard let transfer = transfers[id] else { return }
        if scheduler.isActive(id) {
            // The reader of the file sees the token, ends the transfer and gives the slot back.
            return
        }
        transfers[id] = nil
        scheduler.remove(id)
        count()
        transfer.abandon(.cancelled)
    }

    private func resumePaused() {
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
            end(exchange, AttemptOutcome(failure: failure))
        }
    }

    private func endEverything() {
        for exchange in Array(exchanges.values) { end(exchange, AttemptOutcome(failure: .cancelled)) }
        for (id, transfer) in transfers {
            transfer.token.cancel()
            if !scheduler.isActive(id) { transfer.abandon(.cancelled) }
        }
        for command in parts.commands.close() {
            switch command {
            case .submit(let transfer), .retry(let transfer, _, _): transfer.abandon(.cancelled)
            case .cancel, .abort, .resume, .release, .shutdown: break
            }
        }
        idle = []
    }

    private func count(connections: Int = 0, received: UInt64 = 0) {
        let (active, waiting) = (scheduler.activeCount, scheduler.waitingCount)
        parts.commands.statistics.withLock {
            $0.inFlight = active
            $0.waiting = waiting
            $0.peakInFlight = max($0.peakInFlight, active)
            $0.connectionsOpened += connections
            $0.bytesReceived += received
        }
    }
}
