import Testing
import Transfer

@Suite("The rules, without network and clock")
struct RulesTests {
    private typealias Priority = TransferRequest.Priority
    private let now = ContinuousClock.now

    @Test("16: pages are started before files that came earlier, and files keep one slot")
    func priorities() {
        var scheduler = TransferScheduler(slots: 3, slotsPerHost: 3)
        for id in 1...5 as ClosedRange<UInt64> { scheduler.submit(id, priority: .file, host: "h") }
        for id in 11...15 as ClosedRange<UInt64> { scheduler.submit(id, priority: .page, host: "h") }
        #expect(scheduler.start(now: now) == [11, 12, 1])
        #expect(scheduler.start(now: now) == [])
        scheduler.remove(11)
        #expect(scheduler.start(now: now) == [13])
        scheduler.remove(1)
        #expect(scheduler.start(now: now) == [2])
        for id in [12, 13] as [UInt64] { scheduler.remove(id) }
        #expect(scheduler.start(now: now) == [14, 15])
        #expect(scheduler.activeCount == 3 && scheduler.waitingCount == 3)
    }

    @Test("With a single slot, pages go first")
    func singleSlot() {
        var scheduler = TransferScheduler(slots: 1, slotsPerHost: 1)
        scheduler.submit(1, priority: .file, host: "h")
        scheduler.submit(2, priority: .page, host: "h")
        #expect(scheduler.start(now: now) == [2])
        scheduler.remove(2)
        #expect(scheduler.start(now: now) == [1])
    }

    @Test("31: hosts take turns and keep to their own limit")
    func hosts() {
        var scheduler = TransferScheduler(slots: 3, slotsPerHost: 2)
        for id in 1...4 as ClosedRange<UInt64> { scheduler.submit(id, priority: .file, host: "a") }
        #expect(scheduler.start(now: now) == [1, 2])
        scheduler.submit(5, priority: .file, host: "b")
        #expect(scheduler.start(now: now) == [5])
        scheduler.remove(1)
        #expect(scheduler.start(now: now) == [3])
        scheduler.remove(5)
        #expect(scheduler.start(now: now) == [])
        scheduler.remove(2)
        #expect(scheduler.start(now: now) == [4])
    }

    @Test("A delayed request is started when it is due, in the order of the times, and not when it was removed")
    func delays() {
        var scheduler = TransferScheduler(slots: 10, slotsPerHost: 10)
        scheduler.delay(1, priority: .file, host: "h", until: now + .seconds(3))
        scheduler.delay(2, priority: .file, host: "h", until: now + .seconds(1))
        scheduler.delay(3, priority: .file, host: "h", until: now + .seconds(2))
        #expect(scheduler.nextDue == now + .seconds(1))
        #expect(scheduler.start(now: now) == [])
        #expect(scheduler.waitingCount == 3)
        scheduler.remove(3)
        #expect(scheduler.start(now: now + .seconds(2)) == [2])
        #expect(scheduler.start(now: now + .seconds(3)) == [1])
        #expect(scheduler.nextDue == nil)
    }

    @Test("Whatever comes and goes, limits hold and nobody is forgotten")
    func random() {
        var generator = SeededGenerator(state: 7)
        for _ in 0..<50 {
            let slots = Int.random(in: 1...5, using: &generator)
            let perHost = Int.random(in: 1...5, using: &generator)
            var scheduler = TransferScheduler(slots: slots, slotsPerHost: perHost)
            var (active, waiting, hosts, clock) = (Set<UInt64>(), Set<UInt64>(), [UInt64: String](), now)
            var next: UInt64 = 0
            for step in 0..<400 {
                let id = next
                let host = ["a", "b", "c"][Int.random(in: 0..<3, using: &generator)]
                switch Int.random(in: 0..<5, using: &generator) {
                case 0 where step < 300, 1 where step < 300:
                    let priority = Bool.random(using: &generator) ? Priority.page : .file
                    if Bool.random(using: &generator) {
                        scheduler.submit(id, priority: priority, host: host)
                    } else {
                        scheduler.delay(id, priority: priority, host: host, until: clock + .seconds(2))
                    }
                    hosts[id] = host
                    waiting.insert(id)
                    next += 1
                case 2:
                    guard let id = waiting.min() else { continue }
                    let wasActive = scheduler.remove(id)
                    #expect(!wasActive)
                    waiting.remove(id)
                default:
                    guard let id = active.randomElement(using: &generator) else { continue }
                    let wasActive = scheduler.remove(id)
                    #expect(wasActive)
                    active.remove(id)
                }
                clock += .seconds(1)
                for id in scheduler.start(now: clock) {
                    let wasWaiting = waiting.remove(id) != nil
                    #expect(wasWaiting)
                    active.insert(id)
                }
                #expect(scheduler.activeCount == active.count && scheduler.waitingCount == waiting.count)
                #expect(active.count <= slots)
                for host in ["a", "b", "c"] {
                    #expect(active.filter { hosts[$0] == host }.count <= min(slots, perHost))
                }
            }
            clock += .seconds(10)
            while !(active.isEmpty && waiting.isEmpty) {
                let started = scheduler.start(now: clock)
                waiting.subtract(started)
                active.formUnion(started)
                guard !active.isEmpty else {
                    Issue.record("\(waiting.count) requests were forgotten")
                    break
                }
                for id in active { scheduler.remove(id) }
                active = []
            }
        }
    }

    @Test("49: the wait doubles up to its bound, with jitter, and never undercuts Retry-After")
    func backoff() throws {
        var configuration = TransferConfiguration()
        configuration.retries = 20
        let policy = RetryPolicy(configuration)
        var generator = SeededGenerator(state: 3)
        for attempt in 1...20 {
            let bound = min(Duration.milliseconds(500) * (1 << min(attempt - 1, 10)), .seconds(30))
            for _ in 0..<20 {
                #expect(policy.delay(after: .stalled, attempts: attempt, using: &generator) <= bound)
            }
        }
        let wait = policy.delay(after: .status(503, retryAfter: .seconds(100)), attempts: 1, using: &generator)
        #expect(wait == .seconds(100))
        let long = policy.delay(after: .status(429, retryAfter: .seconds(9_999)), attempts: 1, using: &generator)
        #expect(long == .seconds(300))
    }

    @Test("51: only silence and slowness are given up, and not while we are the ones who wait")
    func watchdog() {
        var configuration = TransferConfiguration()
        configuration.firstByteTimeout = .seconds(60)
        configuration.stallTimeout = .seconds(30)
        configuration.stallBytesPerSecond = 100
        var watchdog = Watchdog(configuration)
        func check(
            _ seconds: Int,
            sent: Bool = true,
            answered: Bool = true,
            paused: Bool = false,
            _ received: UInt64
        )
            -> TransferError.Code?
        {
            watchdog.check(
                now: now + .seconds(seconds),
                isSent: sent,
                hasAnswered: answered,
                isPaused: paused,
                received: received
            )
        }
        #expect(check(0, sent: false, answered: false, 0) == nil)
        #expect(check(100, answered: false, 0) == nil)
        #expect(check(159, answered: false, 0) == nil)
        #expect(check(160, answered: false, 0) == .timeout(.firstByte))
        #expect(check(160, 1) == nil)
        #expect(check(189, 2_000) == nil)
        #expect(check(190, 2_000) == .stalled)
        #expect(check(200, paused: true, 2_000) == nil)
        #expect(check(229, 2_000) == nil)
        #expect(check(231, 5_000) == nil)
        #expect(check(262, 5_000) == .stalled)
    }
}

/// A generator that gives the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    /// The next number comes from it.
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}
