import Testing
import Transfer

@Suite("Which hosts can be asked, without network and clock")
struct HostRuleTests {
    private let now = ContinuousClock.now
    private let host = "http://a.example:80"

    private func health(_ configure: (inout TransferConfiguration) -> Void = { _ in }) -> HostHealth {
        var configuration = TransferConfiguration()
        configuration.hostFailures = 3
        configuration.retries = 2
        configuration.backoffBase = .seconds(1)
        configure(&configuration)
        return HostHealth(configuration)
    }

    /// Lets requests fail that were sent while the host was taken to be up.
    @discardableResult
    private func fail(_ health: inout HostHealth, _ ids: ClosedRange<UInt64>, at instant: HostHealth.Instant) -> Bool {
        for id in ids { health.begin(id, to: host) }
        return ids.map { health.failed($0, .unreachable, at: host, now: instant) }.contains(true)
    }

    @Test("31, 49: a host is down after so many failures in a row, and any answer begins the count anew")
    func down() {
        for status in [200, 304, 401, 403, 404, 407, 429, 500, 503] {
            var health = health()
            fail(&health, 1...2, at: now)
            #expect(health.admission(to: host, at: now) == .open && !health.isDown(host))
            #expect(health.answered(status, retryAfter: nil, from: host, at: now) == false)
            fail(&health, 3...4, at: now)
            #expect(!health.isDown(host))
            fail(&health, 5...5, at: now)
            #expect(health.isDown(host))
            #expect(health.admission(to: host, at: now) == .wait(until: now + .seconds(1), .unreachable))
            // Another host is none of its business.
            #expect(health.admission(to: "http://b.example:80", at: now) == .open)
        }
    }

    @Test("31, 49: one request tries a host that is down, the others wait to hear of it")
    func probe() {
        var health = health()
        fail(&health, 1...3, at: now)
        let due = now + .seconds(1)
        #expect(health.admission(to: host, at: due) == .open)
        health.begin(4, to: host)
        #expect(health.admission(to: host, at: due) == .park(.unreachable))
        // Those that were on their way say nothing new.
        #expect(health.failed(2, .stalled, at: host, now: due) == false)
        #expect(health.ended(2, at: host) == false)
        #expect(health.admission(to: host, at: due) == .park(.stalled))
        // One that is taken back makes room for another.
        #expect(health.ended(4, at: host) == true)
        #expect(health.admission(to: host, at: due) == .open)
        health.begin(5, to: host)
        #expect(health.failed(5, .unreachable, at: host, now: due) == true)
        #expect(health.admission(to: host, at: due) == .wait(until: due + .seconds(2), .unreachable))
        // An answer opens the host for all.
        health.begin(6, to: host)
        #expect(health.answered(500, retryAfter: nil, from: host, at: due) == true)
        #expect(health.admission(to: host, at: due) == .open && !health.isDown(host))
    }

    @Test(
        "31, 49: given up after as many tries as a request has repetitions; then tried after 30 s, 60 s, up to 10 min"
    )
    func givenUp() {
        var health = health()
        fail(&health, 1...3, at: now)
        var clock = now
        for id in 10...11 as ClosedRange<UInt64> {
            clock += .seconds(10)
            #expect(health.admission(to: host, at: clock) == .open)
            health.begin(id, to: host)
            #expect(health.failed(id, .unreachable, at: host, now: clock) == true)
        }
        for (number, seconds) in [30, 60, 120, 240, 480, 600, 600].enumerated() {
            let due = clock + .seconds(seconds)
            let before = due - .nanoseconds(1)
            #expect(health.admission(to: host, at: before) == .refuse(.hostDown(.unreachable)), "\(seconds)")
            #expect(health.admission(to: host, at: due) == .open, "\(seconds)")
            let id = UInt64(100 + number)
            health.begin(id, to: host)
            // Nobody waits for a host that was given up.
            #expect(health.admission(to: host, at: due) == .refuse(.hostDown(.unreachable)))
            #expect(health.failed(id, .unreachable, at: host, now: due) == true)
            clock = due
        }
        #expect(health.isDown(host))
        #expect(health.answered(200, retryAfter: nil, from: host, at: clock) == true)
        #expect(health.admission(to: host, at: clock) == .open)
        // All is as it was in the beginning, the shortest while included.
        fail(&health, 1...3, at: clock)
        for id in 20...21 as ClosedRange<UInt64> {
            health.begin(id, to: host)
            _ = health.failed(id, .unreachable, at: host, now: clock)
        }
        #expect(health.admission(to: host, at: clock + .seconds(29)) == .refuse(.hostDown(.unreachable)))
        #expect(health.admission(to: host, at: clock + .seconds(30)) == .open)
    }

    @Test("49: without repetitions, a host that is down is given up at once")
    func noRetries() {
        var health = health { $0.retries = 0 }
        fail(&health, 1...3, at: now)
        #expect(health.admission(to: host, at: now) == .refuse(.hostDown(.unreachable)))
    }

    @Test("49: Retry-After of 429 holds the host up to its bound; that of 503 is about one thing")
    func hold() {
        var health = health { $0.retryAfterLimit = .seconds(300) }
        _ = health.answered(429, retryAfter: .seconds(40), from: host, at: now)
        let end = now + .seconds(40)
        #expect(health.admission(to: host, at: now) == .wait(until: end, .status(429, retryAfter: nil)))
        #expect(health.admission(to: host, at: end) == .open && !health.isDown(host))
        _ = health.answered(429, retryAfter: .seconds(9_999), from: host, at: now)
        #expect(
            health.admission(to: host, at: now) == .wait(until: now + .seconds(300), .status(429, retryAfter: nil))
        )
        var other = self.health()
        _ = other.answered(503, retryAfter: .seconds(40), from: host, at: now)
        _ = other.answered(429, retryAfter: nil, from: host, at: now)
        #expect(other.admission(to: host, at: now) == .open)
    }

    @Test("46, 49: an origin that refuses everything refuses us", arguments: [401, 403, 407])
    func refusals(status: Int) {
        var health = health {
            $0.refusals = status == 403 ? 1 : 4
            $0.prohibitions = 4
        }
        for _ in 0..<3 { _ = health.answered(status, retryAfter: nil, from: host, at: now) }
        #expect(health.admission(to: host, at: now) == .open)
        _ = health.answered(status, retryAfter: nil, from: host, at: now)
        #expect(health.admission(to: host, at: now) == .refuse(.credentialsRefused(status)))
        #expect(health.admission(to: "http://b.example:80", at: now) == .open)
    }

    @Test("46, 49: an origin that accepts anything after refusals knows us; of 401 and 403 each has its own count")
    func acceptedLate() {
        var health = health {
            $0.refusals = 4
            $0.prohibitions = 8
        }
        for _ in 0..<6 { _ = health.answered(403, retryAfter: nil, from: host, at: now) }
        for _ in 0..<3 { _ = health.answered(401, retryAfter: nil, from: host, at: now) }
        #expect(health.admission(to: host, at: now) == .open)
        _ = health.answered(401, retryAfter: nil, from: host, at: now)
        #expect(health.admission(to: host, at: now) == .refuse(.credentialsRefused(401)))
        _ = health.answered(200, retryAfter: nil, from: host, at: now)
        #expect(health.admission(to: host, at: now) == .open)
    }

    @Test("46, 49: an origin that accepted anything knows us, whatever it refuses later", arguments: [200, 304, 302])
    func accepted(status: Int) {
        var health = health { $0.prohibitions = 4 }
        for _ in 0..<3 { _ = health.answered(403, retryAfter: nil, from: host, at: now) }
        _ = health.answered(status, retryAfter: nil, from: host, at: now)
        for _ in 0..<100 { _ = health.answered(403, retryAfter: nil, from: host, at: now) }
        #expect(health.admission(to: host, at: now) == .open)
    }
}
