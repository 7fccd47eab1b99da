import Scheduling
import TestSupport
import Testing
import Transfer

@Suite("Hosts that are down, busy or locked")
struct HostHealthTests {
    /// Makes many requests at once, and tells how each of them ended.
    private func ends(_ count: Int, of url: String, _ fixture: EngineFixture) async -> [TransferError.Code?] {
        let engine = fixture.engine
        return await withTaskGroup(of: TransferError.Code?.self) { group in
            for number in 0..<count {
                group.addTask { await engine.perform(.page("\(url)/\(number)", accept: nil)).code }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    private func origin(_ server: ScriptedServer) -> String { "http://127.0.0.1:\(server.port)" }

    /// Whether a host was given up because of a failure.
    private func isDown(_ code: TransferError.Code?, after cause: TransferError.Code) -> Bool {
        guard case .hostDown(let found) = code else { return false }
        return found == cause
    }

    @Test("31, 49: 500 requests to a host that breaks every connection cost few connections")
    func broken() async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.reset()
            return .close
        }
        defer { server.stop() }
        let fixture = try EngineFixture {
            $0.connections = 4
            $0.retries = 2
        }
        let codes = await ends(500, of: server.url(), fixture)
        #expect(codes.count == 500)
        #expect(codes.allSatisfy { $0 == .connectionLost || isDown($0, after: .connectionLost) })
        #expect(codes.contains { isDown($0, after: .connectionLost) })
        #expect(server.requests.count < 40)
        #expect(fixture.engine.statistics.hosts[origin(server)]?.isDown == true)
        #expect(fixture.engine.statistics.failed == 500)
        try await eventually { fixture.engine.statistics.waiting == 0 && fixture.engine.statistics.inFlight == 0 }
    }

    @Test("31, 49: 500 requests to a host that refuses connections end soon, and all of them end")
    func refused() async throws {
        let fixture = try EngineFixture {
            $0.connections = 4
            $0.retries = 2
        }
        let codes = await ends(500, of: "http://127.0.0.1:\(ScriptedServer.refusingPort())", fixture)
        #expect(codes.count == 500)
        #expect(codes.allSatisfy { $0 == .unreachable || isDown($0, after: .unreachable) })
        #expect(codes.contains { isDown($0, after: .unreachable) })
        let error = await fixture.page("http://127.0.0.1:1/")
        #expect(error.code == .unreachable)
    }

    @Test("51: 100 requests to a host that never answers do not each wait for its first byte")
    func silent() async throws {
        let listener = SilentListener(isFull: false)
        let fixture = try EngineFixture {
            $0.connections = 5
            $0.retries = 1
            $0.firstByteTimeout = .milliseconds(100)
        }
        let codes = await ends(100, of: listener.url(), fixture)
        let late = TransferError.Code.timeout(.firstByte)
        #expect(codes.allSatisfy { $0 == late || isDown($0, after: late) })
        #expect(codes.count { isDown($0, after: late) } > 50)
    }

    @Test("49: a host that comes back is asked again, and nobody is lost")
    func comesBack() async throws {
        let server = ScriptedServer { connection, _, number in
            guard number >= 6 else {
                connection.reset()
                return .close
            }
            connection.answer(Array("abc".utf8))
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture {
            $0.connections = 4
            $0.retries = 8
        }
        let codes = await ends(100, of: server.url(), fixture)
        #expect(codes.count == 100 && codes.allSatisfy { $0 == nil })
        #expect(fixture.engine.statistics.hosts[origin(server)]?.isDown == false)
    }

    @Test("49: a host that answers is up, whatever it answers", arguments: ["500 Error", "404 Not Found", "418 Tea"])
    func answers(status: String) async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.answer(status: status)
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.retries = 0 }
        let codes = await ends(50, of: server.url(), fixture)
        #expect(codes.allSatisfy { if case .status = $0 { true } else { false } })
        #expect(server.requests.count == 50 && fixture.engine.statistics.hosts[origin(server)]?.isDown == false)
    }

    @Test("49: broken bodies do not take a host down")
    func shortBodies() async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            return .close
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.retries = 0 }
        let codes = await ends(30, of: server.url(), fixture)
        #expect(codes.allSatisfy { if case .shortBody = $0 { true } else { false } })
        #expect(server.requests.count == 30)
    }

    @Test("30, 49: a host that is down holds up no other host")
    func otherHost() async throws {
        let good = ScriptedServer { connection, _, _ in
            connection.answer(Array("abc".utf8))
            return .keepAlive
        }
        defer { good.stop() }
        let fixture = try EngineFixture {
            $0.connections = 2
            $0.retries = 3
            $0.backoffBase = .seconds(600)
            $0.backoffLimit = .seconds(600)
        }
        let dead = "http://127.0.0.1:\(ScriptedServer.refusingPort())"
        let waiting = Task { await ends(100, of: dead, fixture) }
        try await eventually { fixture.engine.statistics.hosts[dead]?.isDown ?? false }
        #expect(await ends(100, of: good.url(), fixture).allSatisfy { $0 == nil })
        waiting.cancel()
        #expect(await waiting.value.count == 100)
    }

    @Test("49: Retry-After of 429 holds all requests to the host")
    func hold() async throws {
        let times = Locked<[ContinuousClock.Instant]>([])
        let server = ScriptedServer { connection, _, number in
            times.withLock { $0.append(.now) }
            guard number > 0 else {
                connection.answer(status: "429 Slow", headers: ["Retry-After: 1"])
                return .keepAlive
            }
            connection.answer(Array("abc".utf8))
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture {
            $0.retries = 0
            $0.retryAfterLimit = .seconds(1)
        }
        #expect(await fixture.page(server.url()).code == .status(429, retryAfter: .seconds(1)))
        #expect(await ends(10, of: server.url(), fixture).allSatisfy { $0 == nil })
        let all = times.withLock { $0 }
        let first = try #require(all.first)
        #expect(all.count == 11 && all.dropFirst().allSatisfy { first.duration(to: $0) > .milliseconds(900) })
    }

    @Test("49: Retry-After of 429 is one host's and none of another's; that of 503 is one request's")
    func holdOne() async throws {
        let busy = ScriptedServer { connection, _, _ in
            connection.answer(status: "429 Slow", headers: ["Retry-After: 600"])
            return .keepAlive
        }
        let good = ScriptedServer { connection, request, _ in
            if request.path == "/busy" {
                connection.answer(status: "503 Busy", headers: ["Retry-After: 600"])
            } else {
                connection.answer(Array("abc".utf8))
            }
            return .keepAlive
        }
        defer {
            busy.stop()
            good.stop()
        }
        let fixture = try EngineFixture {
            $0.connections = 2
            $0.retryAfterLimit = .seconds(600)
        }
        let waiting = Task { await ends(20, of: busy.url(), fixture) }
        try await eventually { fixture.engine.statistics.retries > 0 }
        let one = Task { await fixture.page(good.url("/busy")).code }
        try await eventually { good.requests.count == 1 }
        #expect(await ends(50, of: good.url("/page"), fixture).allSatisfy { $0 == nil })
        waiting.cancel()
        one.cancel()
        #expect(await waiting.value.allSatisfy { $0 == .cancelled })
        #expect(await one.value == .cancelled)
        #expect(busy.requests.count <= 4)
    }

    @Test("46, 49: wrong credentials end everything for a host after a few requests", arguments: [(401, 5), (403, 20)])
    func refusals(status: Int, asked: Int) async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.answer(status: "\(status) No")
            return .keepAlive
        }
        let other = ScriptedServer { connection, _, _ in
            connection.answer(Array("abc".utf8))
            return .keepAlive
        }
        defer {
            server.stop()
            other.stop()
        }
        let fixture = try EngineFixture { $0.connections = 1 }
        let codes = await ends(100, of: server.url(), fixture)
        #expect(server.requests.count == asked)
        #expect(codes.count { $0 == .status(status, retryAfter: nil) } == asked)
        #expect(codes.count { $0 == .credentialsRefused(status) } == 100 - asked)
        #expect(await ends(10, of: other.url(), fixture).allSatisfy { $0 == nil })
    }

    @Test("46, 49: single refusals of a host that lets us in elsewhere are single refusals")
    func singleRefusals() async throws {
        let server = ScriptedServer { connection, _, number in
            connection.answer(status: number == 0 ? "200 OK" : "403 Forbidden")
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.connections = 1 }
        #expect(await fixture.page(server.url()).code == nil)
        let codes = await ends(20, of: server.url(), fixture)
        #expect(codes.allSatisfy { $0 == .status(403, retryAfter: nil) } && server.requests.count == 21)
    }

    @Test("49: a host that was given up is tried again after a while, and is up when it answers")
    func cooldown() async throws {
        let isBroken = Locked(true)
        let server = ScriptedServer { connection, _, _ in
            guard !isBroken.withLock({ $0 }) else {
                connection.reset()
                return .close
            }
            connection.answer(Array("abc".utf8))
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture {
            $0.connections = 2
            $0.retries = 1
            $0.hostCooldown = .milliseconds(300)
        }
        let codes = await ends(50, of: server.url(), fixture)
        #expect(codes.contains { isDown($0, after: .connectionLost) })
        isBroken.withLock { $0 = false }
        try await Task.sleep(for: .milliseconds(350))
        #expect(await fixture.page(server.url()).code == nil)
        #expect(await ends(50, of: server.url(), fixture).allSatisfy { $0 == nil })
        #expect(fixture.engine.statistics.hosts[origin(server)]?.isDown == false)
    }

    @Test("49: a host that stays down is tried by one request after each while")
    func oneProbe() async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.reset()
            return .close
        }
        defer { server.stop() }
        let fixture = try EngineFixture {
            $0.connections = 2
            $0.retries = 1
            $0.hostCooldown = .milliseconds(300)
        }
        _ = await ends(50, of: server.url(), fixture)
        let before = server.requests.count
        try await Task.sleep(for: .milliseconds(350))
        let codes = await ends(20, of: server.url(), fixture)
        #expect(codes.allSatisfy { $0 != nil } && codes.count { isDown($0, after: .connectionLost) } >= 15)
        #expect((1...4).contains(server.requests.count - before))
    }
}
