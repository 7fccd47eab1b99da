/// What is sent next, and where: requests with their URLs, the slots, the health of hosts and the rate of requests.
///
/// It puts ``TransferScheduler``, ``TransferRoute``, ``HostHealth`` and ``TokenBucket`` together, without clocks, sockets
/// and threads. A request is with the dispatcher from ``submit(_:priority:route:at:)`` until it ends or its slot is given
/// back.
package struct TransferDispatcher {
    /// What tells requests apart.
    package typealias ID = UInt64
    /// A point in time.
    package typealias Instant = ContinuousClock.Instant

    /// What became of requests that waited.
    package struct Decisions {
        /// Those that are to be sent now; each has a slot.
        package fileprivate(set) var started: [ID] = []
        /// Those that cannot be sent anywhere any more, which have left the dispatcher.
        package fileprivate(set) var ended: [(id: ID, route: TransferRoute)] = []

        /// Whether there are none.
        package var isEmpty: Bool { started.isEmpty && ended.isEmpty }
    }

    private struct Entry {
        let priority: TransferRequest.Priority
        var route: TransferRoute
    }

    private var scheduler: TransferScheduler
    private var health: HostHealth
    private var rate: TokenBucket?
    private let policy: RetryPolicy
    private var entries: [ID: Entry] = [:]
    private var generator = SystemRandomNumberGenerator()
    private var refused: [(id: ID, route: TransferRoute)] = []
    private var changed: Set<String> = []

    /// A dispatcher without requests.
    package init(_ configuration: TransferConfiguration, now: Instant) {
        let slots = max(1, configuration.requestsInFlight ?? configuration.connections)
        // Where requests share connections, it is libcurl that holds to the connections of a host.
        let perHost = slots > configuration.connections ? slots : configuration.connectionsPerHost ?? slots
        scheduler = TransferScheduler(slots: slots, slotsPerHost: perHost)
        health = HostHealth(configuration)
        policy = RetryPolicy(configuration)
        rate = configuration.requestsPerSecond.map { TokenBucket(rate: $0, now: now) }
    }

    /// The number of requests that have a slot.
    package var activeCount: Int { scheduler.activeCount }
    /// The number of requests that have none.
    package var waitingCount: Int { scheduler.waitingCount }

    /// What a host has to do, and whether it is down.
    package func state(of origin: String) -> (waiting: Int, active: Int, isDown: Bool) {
        let counts = scheduler.counts(of: origin)
        return (counts.waiting, counts.active, health.isDown(origin))
    }

    /// The hosts whose numbers may have changed since the last call.
    package mutating func takeChanged() -> Set<String> {
        var taken: Set<String> = []
        swap(&taken, &changed)
        return taken
    }

    /// The route of a request that is with the dispatcher.
    package func route(of id: ID) -> TransferRoute? { entries[id]?.route }

    /// Whether a request has a slot.
    package func isActive(_ id: ID) -> Bool { scheduler.isActive(id) }

    /// When there is something to do again, if nothing happens before.
    package func nextDue(after now: Instant) -> Instant? {
        var due = scheduler.nextDue
        if let rate, scheduler.hasStartable {
            let instant = rate.instant(of: 1, after: now)
            due = min(due ?? instant, instant)
        }
        return due
    }

    /// Takes in a request, for the first time or for another attempt after ``take(_:)``.
    package mutating func submit(_ id: ID, priority: TransferRequest.Priority, route: TransferRoute, at now: Instant) {
        entries[id] = Entry(priority: priority, route: route)
        place(id, notBefore: nil, at: now)
    }

    /// Takes in a request whose last attempt failed.
    ///
    /// - Parameters:
    ///   - id: The request.
    ///   - priority: Its class.
    ///   - route: Its route, as ``take(_:)`` gave it.
    ///   - code: Why the attempt failed.
    ///   - detail: What libcurl says of it.
    ///   - now: The time.
    /// - Returns: The route at its end, which tells why there is no other attempt; `nil` when there is one.
    package mutating func resubmit(
        _ id: ID,
        priority: TransferRequest.Priority,
        route: TransferRoute,
        after code: TransferError.Code,
        detail: String?,
        at now: Instant
    ) -> TransferRoute? {
        var route = route
        switch route.failed(code, detail: detail, policy, using: &generator) {
        case .end:
            return route
        case .again(let wait):
            entries[id] = Entry(priority: priority, route: route)
            place(id, notBefore: wait > .zero ? now + wait : nil, at: now)
            return nil
        }
    }

    /// Gives the free slots away, as far as rates and hosts allow.
    package mutating func decide(at now: Instant) -> Decisions {
        var decisions = Decisions()
        swap(&decisions.ended, &refused)
        while true {
            let ids = scheduler.start(now: now, atMost: rate?.available(at: now) ?? .max)
            if ids.isEmpty { break }
            for id in ids { start(id, at: now, &decisions) }
        }
        decisions.ended += refused
        refused = []
        return decisions
    }

    /// Takes a request out, whatever it does; its slot is free.
    ///
    /// - Returns: Its route, with which it may come back.
    @discardableResult
    package mutating func take(_ id: ID) -> TransferRoute? {
        scheduler.remove(id)
        // One that can be sent nowhere may be taken out before anybody was told; it must not end a second time.
        guard entries[id] != nil else {
            return refused.firstIndex { $0.id == id }.map { refused.remove(at: $0).route }
        }
        let route = entries.removeValue(forKey: id)?.route
        if let origin = route?.url.origin {
            changed.insert(origin)
            // Nobody else would tell those who wait for it.
            abandoned(id, at: origin)
        }
        return route
    }

    /// Counts a request that is sent without asking before: one that follows a redirect.
    ///
    /// - Returns: Why the host may not be asked, if it may not.
    package mutating func redirect(_ id: ID, to origin: String, at now: Instant) -> TransferError.Code? {
        if case .refuse(let code) = health.admission(to: origin, at: now) { return code }
        rate?.take(1, at: now)
        health.begin(id, to: origin)
        return nil
    }

    /// Notes that a host answered.
    package mutating func answered(_ status: Int, retryAfter: Duration?, from origin: String, at now: Instant) {
        if health.answered(status, retryAfter: retryAfter, from: origin, at: now) { scheduler.unpark(origin) }
    }

    /// Notes that a host did not answer.
    package mutating func failed(_ id: ID, _ code: TransferError.Code, at origin: String, now: Instant) {
        if health.failed(id, code, at: origin, now: now) { scheduler.unpark(origin) }
    }

    /// Notes that a request ended before anything was known of its host.
    package mutating func abandoned(_ id: ID, at origin: String) {
        if health.ended(id, at: origin) { scheduler.unpark(origin) }
    }

    private mutating func start(_ id: ID, at now: Instant, _ decisions: inout Decisions) {
        guard var entry = entries[id] else {
            scheduler.remove(id)
            return
        }
        let origin = entry.route.url.origin
        let choice = entry.route.choose { health.admission(to: $0, at: now) }
        guard choice == .go, entry.route.url.origin == origin else {
            scheduler.remove(id)
            changed.insert(origin)
            entries[id] = entry
            return place(id, notBefore: nil, at: now)
        }
        entry.route.begin()
        entries[id] = entry
        rate?.take(1, at: now)
        health.begin(id, to: origin)
        changed.insert(origin)
        decisions.started.append(id)
    }

    /// Puts a request where it waits: for a slot, the time, or another request.
    private mutating func place(_ id: ID, notBefore instant: Instant?, at now: Instant) {
        guard var entry = entries[id] else { return }
        let choice: TransferRoute.Choice =
            if let instant { .wait(until: instant) } else { entry.route.choose { health.admission(to: $0, at: now) } }
        entries[id] = entry
        let origin = entry.route.url.origin
        changed.insert(origin)
        switch choice {
        case .go: scheduler.submit(id, priority: entry.priority, host: origin)
        case .wait(let instant): scheduler.delay(id, priority: entry.priority, host: origin, until: instant)
        case .park: scheduler.park(id, priority: entry.priority, host: origin)
        case .end:
            entries[id] = nil
            refused.append((id, entry.route))
        }
    }
}
