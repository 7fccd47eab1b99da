import FileIO
import Glibc
import SystemPackage
import TestSupport
import Testing
import Transfer

@Suite("Repeated attempts")
struct RetryTests {
    @Test("49: an answer that asks to come back later is repeated", arguments: [408, 425, 429, 500, 502, 503, 504])
    func passing(status: Int) async throws {
        let server = ScriptedServer { connection, _, number in
            connection.answer(Array("no".utf8), status: number < 2 ? "\(status) Later" : "200 OK")
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        #expect(try await fixture.file(server.url()).get().attempts == 3)
        #expect(fixture.engine.statistics.retries == 2)
        // The answers' bodies are read, so that one connection serves all attempts.
        #expect(server.acceptedConnections == 1)
    }

    @Test("49: an answer that will not change is not repeated", arguments: [400, 401, 403, 404, 410, 204, 206, 301])
    func final(status: Int) async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.answer(status == 204 ? [] : Array("no".utf8), status: "\(status) Never")
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        #expect(await fixture.file(server.url()).code == .status(status, retryAfter: nil))
        #expect(server.requests.count == 1)
        #expect(try fixture.names.isEmpty)
    }

    @Test("49: Retry-After is understood and waited for up to a limit")
    func retryAfter() async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.answer(status: "503 Busy", headers: ["Retry-After: 3600"])
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.retries = 3 }
        #expect(await fixture.file(server.url()).code == .status(503, retryAfter: .seconds(3_600)))
        #expect(server.requests.count == 4)
    }

    @Test("49: Retry-After as a date is understood")
    func retryAfterDate() async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.answer(status: "429 Slow", headers: ["Retry-After: Fri, 31 Dec 2099 23:59:59 GMT"])
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.retries = 0 }
        guard case .status(429, let delay?) = await fixture.file(server.url()).code else {
            Issue.record("no delay")
            return
        }
        #expect(delay > .seconds(3_600))
    }

    @Test("31, 49: a request that waits for its next attempt takes no slot")
    func noSlot() async throws {
        let server = ScriptedServer { connection, request, _ in
            if request.path == "/busy" {
                connection.answer(status: "503 Busy", headers: ["Retry-After: 600"])
            } else {
                connection.answer(Array("abc".utf8))
            }
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture {
            $0.connections = 1
            $0.retryAfterLimit = .seconds(600)
        }
        let busy = Task { await fixture.file(server.url("/busy"), named: "busy") }
        try await eventually { fixture.engine.statistics.retries == 1 }
        #expect(try await fixture.file(server.url("/good")).get().size == 3)
        busy.cancel()
        #expect(await busy.value.code == .cancelled)
    }

    @Test("49: a connection that nobody accepts is unreachable, after all attempts")
    func refused() async throws {
        let fixture = try EngineFixture { $0.retries = 2 }
        let result = await fixture.file("http://127.0.0.1:\(ScriptedServer.refusingPort())/x")
        guard case .failure(let error) = result else {
            Issue.record("accepted")
            return
        }
        #expect(error.code == .unreachable && error.attempts == 3 && error.isWorthRetrying)
    }

    @Test("49: a reset in the middle of a body is repeated")
    func reset() async throws {
        let body = noise(300_000)
        let server = ScriptedServer { connection, _, number in
            guard number == 0 else {
                connection.answer(body)
                return .keepAlive
            }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n")
            connection.send(Array(body[..<100_000]))
            connection.reset()
            return .close
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        #expect(try await fixture.file(server.url(), size: 300_000).get().attempts == 2)
        #expect(try fixture.bytes() == body)
    }

    @Test("51: a server that thinks for ever runs into the first-byte timeout")
    func firstByte() async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.waitForEnd()
            return .close
        }
        defer { server.stop() }
        let fixture = try EngineFixture {
            $0.firstByteTimeout = .milliseconds(60)
            $0.retries = 1
        }
        #expect(await fixture.file(server.url()).code == .timeout(.firstByte))
        #expect(server.requests.count == 2)
    }

    @Test("51: a body that stops coming is stalled, and a slow one too", arguments: [false, true])
    func stalled(isSlow: Bool) async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nabc")
            guard isSlow else {
                connection.waitForEnd()
                return .close
            }
            while connection.send("x") { usleep(20_000) }
            return .close
        }
        defer { server.stop() }
        let fixture = try EngineFixture {
            $0.stallTimeout = .milliseconds(100)
            $0.stallBytesPerSecond = 10_000
            $0.retries = 0
        }
        #expect(await fixture.file(server.url()).code == .stalled)
        #expect(try fixture.names.isEmpty)
    }

    @Test("A full disk is a failure of this machine, and is not repeated")
    func fullDisk() async throws {
        let body = noise(1 << 20)
        let server = ScriptedServer { connection, _, _ in
            connection.answer(body)
            return .keepAlive
        }
        defer { server.stop() }
        let full = InterceptedFileSystem { _, path throws(FileError) in
            throw FileError(operation: "write", path: path, errno: .noSpace)
        }
        let fixture = try EngineFixture(fileSystem: full)
        let result = await fixture.file(server.url(), size: 1 << 20)
        guard case .failure(let error) = result, case .local(let cause) = error.code else {
            Issue.record("\(result)")
            return
        }
        #expect(cause.isDiskFailure && error.isLocal && error.attempts == 1)
        #expect(server.requests.count == 1)
        #expect(try fixture.names.isEmpty)
    }

    @Test("A file that is there already is neither overwritten nor removed")
    func existing() async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.answer(Array("new".utf8))
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        _ = try await fixture.file(server.url()).get()
        guard case .local = await fixture.file(server.url()).code else {
            Issue.record("overwritten")
            return
        }
        #expect(try fixture.names == ["file"])
    }
}
