import Digest
import Testing
import Transfer

@Suite("Thousands of requests, hosts that come and go: the dispatcher, without network and clock")
struct DispatcherTests {
    @Test("31, 49, 61: every request ends once, limits hold, and nobody is forgotten", arguments: 0..<12)
    func random(seed: UInt64) throws {
        var generator = SeededGenerator(state: seed &* 977 &+ 13)
        var configuration = TransferConfiguration()
        configuration.connections = Int.random(in: 1...12, using: &generator)
        configuration.connectionsPerHost =
            Bool.random(using: &generator) ? Int.random(in: 1...6, using: &generator) : nil
        configuration.hostFailures = Int.random(in: 1...6, using: &generator)
        configuration.retries = Int.random(in: 0...4, using: &generator)
        configuration.requestsPerSecond = seed.isMultiple(of: 3) ? Double.random(in: 5...500, using: &generator) : nil
        var world = DispatcherWorld(configuration, generator: generator)
        try world.submit(2_000)
        world.run()
        #expect(world.ends.count == 2_000 && world.ends.values.allSatisfy { $0 == 1 })
        #expect(world.dispatcher.activeCount == 0 && world.dispatcher.waitingCount == 0)
        #expect(world.outcomes.succeeded > 0 && world.outcomes.cancelled > 0)
    }

    @Test("31: 3,000 requests for a host that is dead cost a handful of attempts", arguments: [0, 1, 4], [1, 3, 10])
    func deadHost(retries: Int, connections: Int) throws {
        var configuration = TransferConfiguration()
        configuration.connections = connections
        configuration.retries = retries
        configuration.hostCooldown = .seconds(100_000)
        var world = DispatcherWorld(configuration, generator: SeededGenerator(state: 1))
        world.fate = .dead
        try world.submit(3_000, to: ["http://dead.example/"])
        world.run()
        #expect(world.ends.count == 3_000 && world.outcomes.succeeded == 0)
        #expect(world.starts <= configuration.hostFailures + connections + retries)
        #expect(world.dispatcher.state(of: "http://dead.example:80").isDown)
    }

    @Test("30, 31: beside a dead host, another one serves all", arguments: [true, false])
    func deadHostAmongTwo(isDeadOneFirst: Bool) throws {
        var configuration = TransferConfiguration()
        configuration.hostCooldown = .seconds(100_000)
        var world = DispatcherWorld(configuration, generator: SeededGenerator(state: 2))
        world.fate = .deadIfNamedSo
        let urls = ["http://dead.example/", "http://alive.example/"]
        try world.submit(3_000, to: isDeadOneFirst ? urls : urls.reversed())
        world.run()
        #expect(world.outcomes.succeeded == 3_000)
        let bound = configuration.hostFailures + configuration.connections + configuration.retries
        #expect(world.startsByHost["http://dead.example:80", default: 0] <= (isDeadOneFirst ? bound : 0))
    }

    @Test("61: a request that can be sent nowhere, and is cancelled before anybody was told, ends once")
    func cancelledBeforeItsEnd() throws {
        var configuration = TransferConfiguration()
        (configuration.hostFailures, configuration.retries) = (1, 0)
        let now = ContinuousClock.now
        var dispatcher = TransferDispatcher(configuration, now: now)
        let route = TransferRoute([try TransferURL("http://dead.example/")], isPage: false)
        dispatcher.submit(1, priority: .file, route: route, at: now)
        #expect(dispatcher.decide(at: now).started == [1])
        dispatcher.failed(1, .unreachable, at: "http://dead.example:80", now: now)
        dispatcher.take(1)
        dispatcher.submit(2, priority: .file, route: route, at: now)
        dispatcher.submit(3, priority: .file, route: route, at: now)
        #expect(dispatcher.take(2) != nil && dispatcher.take(2) == nil)
        #expect(dispatcher.decide(at: now).ended.map(\.id) == [3])
        #expect(dispatcher.decide(at: now).isEmpty)
    }

    @Test("65: no more requests are started in a second than may be, however many slots there are")
    func rate() throws {
        var configuration = TransferConfiguration()
        configuration.connections = 50
        configuration.requestsPerSecond = 20
        var world = DispatcherWorld(configuration, generator: SeededGenerator(state: 3))
        world.fate = .alive
        try world.submit(400, to: ["http://alive.example/"])
        let begun = world.clock
        world.run()
        #expect(world.outcomes.succeeded == 400)
        // One second's worth is there in the beginning.
        #expect(begun.duration(to: world.clock) >= .seconds(19))
        #expect(begun.duration(to: world.clock) <= .seconds(21))
    }
}

/// Hosts, requests and a clock around a dispatcher.
struct DispatcherWorld {
    /// What becomes of requests.
    enum Fate {
        /// Anything, by chance; hosts die and come back.
        case random
        /// No host answers.
        case dead
        /// Hosts whose names say so do not answer, all others do.
        case deadIfNamedSo
        /// Every host answers.
        case alive
    }

    private enum Event {
        case good
        case noAnswer
        case failure(TransferError.Code, status: Int)
    }

    private let configuration: TransferConfiguration
    private var generator: SeededGenerator
    private var priorities: [UInt64: TransferRequest.Priority] = [:]
    private var running: [(id: UInt64, origin: String, until: ContinuousClock.Instant)] = []
    private var pending: [(id: UInt64, route: TransferRoute)] = []
    private var waiting: Set<UInt64> = []
    /// What is tested.
    private(set) var dispatcher: TransferDispatcher
    /// The time.
    private(set) var clock = ContinuousClock.now
    /// How often each request ended.
    private(set) var ends: [UInt64: Int] = [:]
    /// How requests ended.
    private(set) var outcomes = (succeeded: 0, failed: 0, cancelled: 0)
    /// How many attempts were started.
    private(set) var starts = 0
    /// The same by host.
    private(set) var startsByHost: [String: Int] = [:]
    /// What becomes of requests.
    var fate = Fate.random

    /// A world without requests.
    init(_ configuration: TransferConfiguration, generator: SeededGenerator) {
        self.configuration = configuration
        self.generator = generator
        dispatcher = TransferDispatcher(configuration, now: clock)
    }

    /// Makes requests, which come one after the other while the world runs.
    mutating func submit(_ count: Int, to urls: [String]? = nil) throws {
        for id in 0..<UInt64(count) {
            let hosts = ["a", "b", "c", "d", "e"].shuffled(using: &generator)
            let chosen = urls ?? hosts.prefix(Int.random(in: 1...3, using: &generator)).map { "http://\($0).example/" }
            let priority = Bool.random(using: &generator) ? TransferRequest.Priority.page : .file
            priorities[id] = priority
            pending.append((id, TransferRoute(try chosen.map { try TransferURL($0) }, isPage: priority == .page)))
        }
        pending.reverse()
    }

    /// Runs until nothing is left.
    mutating func run() {
        var steps = 0
        while !(pending.isEmpty && running.isEmpty && waiting.isEmpty) {
            steps += 1
            guard steps < 1_000_000 else {
                Issue.record("it does not end")
                return
            }
            takeIn()
            if fate == .random, Int.random(in: 0..<20, using: &generator) == 0 { cancelSomebody() }
            decide()
            check()
            guard advance() else {
                Issue.record("\(waiting.count) requests were forgotten")
                return
            }
        }
    }

    private mutating func takeIn() {
        for _ in 0..<Int.random(in: 0...60, using: &generator) {
            guard let (id, route) = pending.popLast() else { return }
            waiting.insert(id)
            dispatcher.submit(id, priority: priorities[id] ?? .file, route: route, at: clock)
        }
    }

    private mutating func decide() {
        let decisions = dispatcher.decide(at: clock)
        for id in decisions.started {
            let wasWaiting = waiting.remove(id) != nil
            #expect(wasWaiting)
            guard let route = dispatcher.route(of: id) else {
                Issue.record("no route of \(id)")
                continue
            }
            let time = Duration.milliseconds(Int.random(in: 1...200, using: &generator))
            running.append((id, route.url.origin, clock + time))
            starts += 1
            startsByHost[route.url.origin, default: 0] += 1
        }
        for (id, error) in decisions.ended {
            let wasWaiting = waiting.remove(id) != nil
            #expect(wasWaiting && dispatcher.route(of: id) == nil)
            #expect(error.attempts <= (configuration.retries + 1) * 3)
            end(id)
            outcomes.failed += 1
        }
        #expect(dispatcher.decide(at: clock).isEmpty)
    }

    private func check() {
        #expect(dispatcher.activeCount == running.count && dispatcher.waitingCount == waiting.count)
        #expect(running.count <= configuration.connections)
        let perHost = configuration.connectionsPerHost ?? configuration.connections
        let counts = running.reduce(into: [String: Int]()) { $0[$1.origin, default: 0] += 1 }
        for (origin, count) in counts {
            let state = dispatcher.state(of: origin)
            #expect(count <= perHost && state.active == count)
        }
    }

    /// Goes on to the next thing that happens: whether there is one.
    private mutating func advance() -> Bool {
        let next = [running.map(\.until).min(), dispatcher.nextDue(after: clock)].compactMap { $0 }.min()
        guard let next else { return !pending.isEmpty || waiting.isEmpty }
        clock = max(clock, next)
        while let index = running.firstIndex(where: { $0.until <= clock }) {
            let (id, origin, _) = running.remove(at: index)
            conclude(id, origin)
        }
        return true
    }

    private mutating func conclude(_ id: UInt64, _ origin: String) {
        let event = event(origin)
        switch event {
        case .good: dispatcher.answered(200, retryAfter: nil, from: origin, at: clock)
        case .noAnswer: dispatcher.failed(id, .unreachable, at: origin, now: clock)
        case .failure(.status(_, let retryAfter), let status):
            dispatcher.answered(status, retryAfter: retryAfter, from: origin, at: clock)
        case .failure(_, let status): dispatcher.answered(status, retryAfter: nil, from: origin, at: clock)
        }
        dispatcher.abandoned(id, at: origin)
        guard let route = dispatcher.take(id) else {
            Issue.record("\(id) was not there")
            return
        }
        let code: TransferError.Code
        switch event {
        case .good:
            outcomes.succeeded += 1
            return end(id)
        case .noAnswer: code = .unreachable
        case .failure(let failure, _): code = failure
        }
        let error = dispatcher.resubmit(
            id,
            priority: priorities[id] ?? .file,
            route: route,
            after: code,
            detail: nil,
            at: clock
        )
        if error == nil {
            waiting.insert(id)
        } else {
            outcomes.failed += 1
            end(id)
        }
    }

    private mutating func event(_ origin: String) -> Event {
        switch fate {
        case .alive: return .good
        case .dead: return .noAnswer
        case .deadIfNamedSo: return origin.contains("dead") ? .noAnswer : .good
        case .random: break
        }
        // Each host is out of reach in some of the seconds.
        let second = Int(ContinuousClock.now.duration(to: clock).components.seconds)
        let number = origin.utf8.reduce(second / 3) { $0 &* 31 &+ Int($1) }
        if number % 4 == 0 { return .noAnswer }
        switch Int.random(in: 0..<40, using: &generator) {
        case 0: return .failure(.status(503, retryAfter: .seconds(2)), status: 503)
        case 1: return .failure(.status(429, retryAfter: .seconds(1)), status: 429)
        case 2: return .failure(.wrongDigest(.sha256, expected: [1], found: [2]), status: 200)
        case 3: return .failure(.shortBody(expected: 2, received: 1), status: 200)
        case 4: return .failure(.status(404, retryAfter: nil), status: 404)
        case 5: return .failure(.status(403, retryAfter: nil), status: 403)
        case 6: return .noAnswer
        default: return .good
        }
    }

    private mutating func cancelSomebody() {
        if Bool.random(using: &generator), let index = running.indices.randomElement(using: &generator) {
            let (id, origin, _) = running.remove(at: index)
            dispatcher.abandoned(id, at: origin)
            #expect(dispatcher.isActive(id))
            dispatcher.take(id)
            outcomes.cancelled += 1
            end(id)
        } else if let id = waiting.min() {
            #expect(!dispatcher.isActive(id))
            waiting.remove(id)
            dispatcher.take(id)
            outcomes.cancelled += 1
            end(id)
        }
    }

    private mutating func end(_ id: UInt64) { ends[id, default: 0] += 1 }
}
