internal import CCurlShim
internal import Scheduling

/// How attempts begin and end.
extension NetworkLoop {
    // MARK: - Starting

    func startWhatMay() {
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
        for (id, route) in decisions.ended {
            guard let transfer = transfers.removeValue(forKey: id) else { continue }
            transfer.route = route
            transfer.end(route.error)
        }
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
            commands.statistics.withLock {
                $0.hosts[url.origin, default: .init()].noteAttempt(hasFailed: outcome.failure != nil)
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

    func conclude(_ exchange: Exchange, _ code: CURLcode) {
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
            return end(exchange, exchange.giveUp(refusal))
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
    func end(_ exchange: Exchange, _ outcome: AttemptOutcome) {
        let transfer = exchange.transfer
        // Ending one can let others go on and thereby end them, of which the caller may have a list.
        guard exchanges[transfer.id] === exchange else { return }
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
    ///
    /// The transfer has its route since its attempt began; whoever settles it may be reading it.
    func forget(_ id: UInt64) {
        transfers[id] = nil
        dispatcher.take(id)
    }

    func stop(_ id: UInt64) {
        if let exchange = exchanges[id] { return end(exchange, exchange.giveUp(.cancelled)) }
        // The reader of a transport sees the token, ends the transfer and gives the slot back.
        guard let transfer = transfers[id], !dispatcher.isActive(id) else { return }
        if let route = dispatcher.route(of: id) { transfer.route = route }
        forget(id)
        transfer.abandon(.cancelled)
    }

    func resumePaused() {
        meter.resumption = nil
        for exchange in gate.takePaused() {
            exchange.isPaused = false
            // libcurl hands over at once what it kept; that may pause the exchange again, or end it.
            _ = curl_easy_pause(exchange.easy.raw, CURLPAUSE_CONT)
            if let failure = exchange.failure { end(exchange, exchange.giveUp(failure)) }
        }
    }

    func watch(_ now: ContinuousClock.Instant) {
        nextWatch = now + watchInterval
        for exchange in Array(exchanges.values) {
            guard let failure = exchange.check(now: now) else { continue }
            let outcome = exchange.giveUp(failure)
            observe(exchange, .end(outcome))
            end(exchange, outcome)
        }
    }
}
