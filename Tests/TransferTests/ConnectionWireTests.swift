import Glibc
import Scheduling
import TestSupport
import Testing
import Transfer

/// Connections that hang, die between two requests, or carry more than was asked for.
@Suite("Connections that misbehave")
struct ConnectionWireTests {
    private static func impatient(_ configuration: inout TransferConfiguration) {
        configuration.retries = 0
        configuration.stallTimeout = .milliseconds(150)
        configuration.stallBytesPerSecond = 10_000
    }

    private static let ok = "HTTP/1.1 200 OK\r\n"

    /// A head that does not get on is late or slow, depending on what libcurl tells of it.
    private static let givenUp: WireCase.Outcome = .failure([.stalled, .timeout(.firstByte)])

    private static let stalls = [
        WireCase("51: silence within the status", ["HTTP/1.1 2", .silence], givenUp),
        WireCase("51: silence within the head", ["\(ok)Content-Le", .silence], givenUp),
        WireCase("51: a head of one byte at a time", ["\(ok)X-Long: ", .trickle("x")], givenUp),
        WireCase("51: one interim answer after the other", [.trickle("HTTP/1.1 100 Continue\r\n\r\n")], givenUp),
        WireCase("51: silence after the head", size: 3, ["\(ok)Content-Length: 3\r\n\r\n", .silence], .code(.stalled)),
        WireCase("51: a body of one byte at a time", ["\(ok)\r\n", .trickle("x")], .code(.stalled)),
        WireCase(
            "51: chunks of one byte at a time",
            as: .page,
            ["\(ok)Transfer-Encoding: chunked\r\n\r\n", .trickle("1\r\nx\r\n")],
            .code(.stalled)
        ),
        WireCase(
            "51: silence within the size of a chunk",
            as: .page,
            ["\(ok)Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1", .silence],
            .code(.stalled)
        ),
        WireCase(
            "51: silence before the end of the chunks",
            size: 3,
            ["\(ok)Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", .silence],
            .code(.stalled)
        ),
        WireCase(
            "51: silence within the page of an error",
            ["HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\nabc", .silence],
            .failure([.stalled, .status(503, retryAfter: nil)])
        ),
    ]

    @Test("51, 54: silence and slowness in each part of an answer", arguments: stalls)
    func stall(_ wire: WireCase) async throws {
        let hasAnswer =
            if case .failure(let codes) = wire.outcome { codes.contains(.timeout(.firstByte)) } else { false }
        let timed = WireCase(wire.testDescription, as: wire.kind, size: wire.size, wire.steps, wire.outcome) {
            Self.impatient(&$0)
            if hasAnswer { $0.firstByteTimeout = .milliseconds(300) }
        }
        try await timed.check()
    }

    @Test("51: a connection that the system accepts and nobody takes")
    func backlog() async throws {
        let listener = SilentListener(isFull: false)
        let fixture = try EngineFixture {
            $0.firstByteTimeout = .milliseconds(100)
            $0.retries = 1
        }
        let result = await fixture.file(listener.url())
        #expect(result.code == .timeout(.firstByte))
        #expect(fixture.engine.statistics.retriesByCause == [.timeout: 1])
    }

    @Test("51: a connection that is not accepted in time")
    func fullBacklog() async throws {
        let listener = SilentListener(isFull: true)
        let fixture = try EngineFixture {
            $0.connectTimeout = .milliseconds(200)
            $0.retries = 1
        }
        let result = await fixture.file(listener.url())
        #expect(result.code == .timeout(.connect))
        #expect(fixture.engine.statistics.retriesByCause == [.timeout: 1])
    }

    @Test("49: a connection that the server closes between two requests fails nobody", arguments: [false, true])
    func closedBetween(isReset: Bool) async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.answer(Array("abc".utf8))
            if isReset { connection.reset() }
            return .close
        }
        defer { server.stop() }
        // libcurl makes a request anew by itself when the connection that it used again turns out to be dead, but gives
        // up every sixth time; then it is our attempt that fails.
        let fixture = try EngineFixture {
            $0.connections = 1
            $0.retries = 1
        }
        for number in 0..<30 {
            #expect(try await fixture.file(server.url(), named: "\(number)", size: 3).get().size == 3)
        }
        #expect(fixture.engine.statistics.retries <= 5)
    }

    @Test("49: a connection that dies when it is used again fails nobody")
    func diesOnReuse() async throws {
        let seen = Locked<Set<String>>([])
        let server = ScriptedServer { connection, request, number in
            // What is asked for the first time comes on a connection that has answered before, and gets nothing.
            let isNew = seen.withLock { $0.insert(request.path).inserted }
            guard number == 0 || !isNew else { return .close }
            connection.answer(Array("abc".utf8))
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture {
            $0.connections = 1
            $0.retries = 1
        }
        for number in 0..<20 {
            #expect(try await fixture.file(server.url("/\(number)"), named: "\(number)", size: 3).get().size == 3)
        }
        #expect(server.requests.count >= 39 && fixture.engine.statistics.retries <= 4)
    }

    @Test(
        "49: what comes with an answer is not taken for the next one",
        arguments: ["garbage\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", "\r\n"]
    )
    func pipelined(extra: String) async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood" + extra)
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture {
            $0.connections = 1
            $0.retries = 0
        }
        for number in 0..<5 {
            #expect(try await fixture.page(server.url("/\(number)")).get().bytes == Array("good".utf8))
        }
    }

    @Test("49: garbage that comes between two answers costs an attempt, not the request")
    func lateGarbage() async throws {
        let sent = Locked(0)
        let server = ScriptedServer { connection, _, _ in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood")
            usleep(2_000)
            connection.send("garbage\r\n")
            sent.withLock { $0 += 1 }
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.connections = 1 }
        for number in 0..<5 {
            #expect(try await fixture.page(server.url("/\(number)")).get().bytes == Array("good".utf8))
            try await eventually { sent.withLock { $0 } > number }
        }
    }

    @Test("49: a server that announces the end of a connection is not asked on it again")
    func announcedClose() async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.answer(Array("abc".utf8), headers: ["Connection: close"])
            return .close
        }
        defer { server.stop() }
        let fixture = try EngineFixture {
            $0.connections = 2
            $0.retries = 0
        }
        for number in 0..<10 { _ = try await fixture.file(server.url(), named: "\(number)", size: 3).get() }
        #expect(server.acceptedConnections == 10)
    }

    @Test("29: two engines share a server and nothing else")
    func twoEngines() async throws {
        let server = ScriptedServer { connection, request, _ in
            if request.path == "/hang" {
                connection.waitForEnd()
                return .close
            }
            connection.answer(Array((request.header("Authorization") ?? "").utf8))
            return .keepAlive
        }
        defer { server.stop() }
        let first = try EngineFixture { $0.credentials = .bearer("one") }
        let second = try EngineFixture { $0.credentials = .bearer("two") }
        for _ in 0..<10 {
            async let one = first.page(server.url())
            async let two = second.page(server.url())
            #expect(try await one.get().bytes == Array("Bearer one".utf8))
            #expect(try await two.get().bytes == Array("Bearer two".utf8))
        }
        #expect(first.engine.statistics.succeeded == 10 && second.engine.statistics.succeeded == 10)
        let hanging = Task { await first.page(server.url("/hang")) }
        try await eventually { server.requests.contains { $0.path == "/hang" } }
        first.engine.shutdown()
        #expect(await hanging.value.code == .cancelled)
        #expect(try await second.page(server.url()).get().bytes == Array("Bearer two".utf8))
    }

    @Test("58, 61: one file that hangs holds none of 499 others")
    func oneHangs() async throws {
        let server = ScriptedServer { connection, request, _ in
            if request.path == "/17" {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")
                connection.waitForEnd()
                return .close
            }
            connection.answer(Array("abc".utf8))
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.connections = 4 }
        let tasks = (0..<500).map { number in
            Task { await fixture.file(server.url("/\(number)"), named: "\(number)") }
        }
        for (number, task) in tasks.enumerated() where number != 17 {
            #expect(try await task.value.get().size == 3)
        }
        #expect(fixture.engine.statistics.succeeded == 499 && fixture.engine.statistics.inFlight == 1)
        tasks[17].cancel()
        #expect(await tasks[17].value.code == .cancelled)
        #expect(try fixture.names.count == 499)
    }

    @Test("61, 62: failures are values: each of 300 requests has its own end, and all are counted")
    func mixed() async throws {
        let server = ScriptedServer { connection, request, _ in
            switch (Int(request.path.dropFirst()) ?? 0) % 3 {
            case 0: connection.answer(Array("abc".utf8))
            case 1: connection.answer(status: "404 Not Found")
            default:
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na")
                return .close
            }
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.retries = 1 }
        let tasks = (0..<300).map { number in
            Task { await fixture.file(server.url("/\(number)"), named: "\(number)", size: 3) }
        }
        for (number, task) in tasks.enumerated() {
            let code = await task.value.code
            switch number % 3 {
            case 0: #expect(code == nil)
            case 1: #expect(code == .status(404, retryAfter: nil))
            default: #expect(code == .shortBody(expected: 3, received: 1))
            }
        }
        let statistics = fixture.engine.statistics
        #expect(statistics.files == 300 && statistics.succeeded == 100 && statistics.failed == 200)
        #expect(statistics.retries == 100 && statistics.retriesByCause == [.broken: 100])
        #expect(statistics.inFlight == 0 && statistics.waiting == 0)
        let host = try #require(statistics.hosts["http://127.0.0.1:\(server.port)"])
        #expect(host.succeeded == 100 && host.failedAttempts == 300)
        #expect(host.inFlight == 0 && host.waiting == 0 && !host.isDown)
        #expect(host.bytesReceived == statistics.bytesReceived && host.bytesReceived == 100 * 3 + 200)
    }
}
