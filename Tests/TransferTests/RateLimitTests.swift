import Scheduling
import TestSupport
import Testing
import Transfer

/// Limits of the whole engine; one second's worth goes at once, the rest takes its time.
@Suite("Requests and bytes per second")
struct RateLimitTests {
    @Test("65: requests per second hold for all hosts and connections together")
    func requests() async throws {
        let script: @Sendable (ServerConnection, ServerRequest, Int) -> ScriptedServer.Next = { connection, _, _ in
            connection.answer(Array("abc".utf8))
            return .keepAlive
        }
        let servers = [ScriptedServer(script), ScriptedServer(script)]
        defer { for server in servers { server.stop() } }
        let fixture = try EngineFixture { $0.requestsPerSecond = 40 }
        let engine = fixture.engine
        let start = ContinuousClock.now
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<80 {
                group.addTask { _ = await engine.perform(.page(servers[number % 2].url(), accept: nil)) }
            }
        }
        #expect(start.duration(to: .now) > .milliseconds(900))
        #expect(servers.map(\.requests.count) == [40, 40] && engine.statistics.succeeded == 80)
    }

    @Test("65: redirects and repetitions are requests")
    func repetitions() async throws {
        let seen = Locked(0)
        let server = ScriptedServer { connection, request, _ in
            guard request.path == "/b" else {
                connection.answer(status: "302 Found", headers: ["Location: /b"])
                return .keepAlive
            }
            // Ten times nothing, and then all is well.
            let count = seen.withLock { count in
                count += 1
                return count
            }
            connection.answer(status: count > 10 ? "200 OK" : "500 Error")
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture {
            $0.requestsPerSecond = 20
            $0.retries = 10
        }
        let engine = fixture.engine
        let start = ContinuousClock.now
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<10 { group.addTask { _ = await engine.perform(.page(server.url("/a"), accept: nil)) } }
        }
        #expect(engine.statistics.succeeded == 10 && server.requests.count == 40)
        // Twenty at once, and then one every 50 ms.
        #expect(start.duration(to: .now) > .milliseconds(800))
    }

    @Test("65: bytes per second hold for all connections together, and waiting for them is no stall")
    func bytes() async throws {
        let body = noise(500_000)
        let server = ScriptedServer { connection, _, _ in
            connection.answer(body)
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture {
            $0.bytesPerSecond = 1_000_000
            $0.stallTimeout = .milliseconds(300)
            $0.stallBytesPerSecond = 900_000
            $0.retries = 0
        }
        let start = ContinuousClock.now
        let tasks = (0..<5).map { number in
            Task { await fixture.file(server.url("/\(number)"), named: "\(number)", size: 500_000) }
        }
        for task in tasks { #expect(try await task.value.get().size == 500_000) }
        #expect(start.duration(to: .now) > .milliseconds(1_200))
        #expect(try fixture.bytes("4") == body)
    }

    @Test("32, 65: who waits for a turn can be cancelled, and the engine shut down")
    func cancelled() async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.answer(noise(200_000))
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture {
            $0.requestsPerSecond = 1
            $0.bytesPerSecond = 10_000
        }
        let tasks = (0..<20).map { number in Task { await fixture.file(server.url(), named: "\(number)") } }
        try await eventually { server.requests.count >= 1 }
        for task in tasks.prefix(10) { task.cancel() }
        for task in tasks.prefix(10) { #expect(await task.value.code == .cancelled) }
        fixture.engine.shutdown()
        for task in tasks.dropFirst(10) { #expect(await task.value.code == .cancelled) }
        #expect(try fixture.names.isEmpty)
        try await eventually { server.openConnections == 0 }
    }
}
