import Digest
import Foundation
import Scheduling
import SystemPackage
import TestSupport
import Testing
import Transfer

@Suite("Many requests at once", .serialized)
struct LoadTests {
    @Test("31: 5,000 queued requests never open more connections than the cap")
    func cap() async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.answer(Array("abc".utf8))
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.connections = 7 }
        let engine = fixture.engine
        let succeeded = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<5_000 {
                group.addTask { await engine.perform(.page(server.url("/\(number)"), accept: nil)).code == nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(succeeded == 5_000 && server.requests.count == 5_000)
        #expect(server.peakConnections <= 7)
        // Connections are used again.
        #expect(server.acceptedConnections <= 7 && fixture.engine.statistics.connectionsOpened <= 7)
        #expect(fixture.engine.statistics.peakInFlight <= 7)
        #expect(fixture.engine.statistics.inFlight == 0 && fixture.engine.statistics.waiting == 0)
    }

    @Test("31: the cap of a host holds beside the cap of all")
    func capPerHost() async throws {
        let script: @Sendable (ServerConnection, ServerRequest, Int) -> ScriptedServer.Next = { connection, _, _ in
            connection.answer(Array("abc".utf8))
            return .keepAlive
        }
        let servers = [ScriptedServer(script), ScriptedServer(script), ScriptedServer(script)]
        defer { for server in servers { server.stop() } }
        let fixture = try EngineFixture {
            $0.connections = 6
            $0.connectionsPerHost = 2
        }
        let engine = fixture.engine
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<600 {
                group.addTask { _ = await engine.perform(.page(servers[number % 3].url(), accept: nil)) }
            }
        }
        #expect(servers.allSatisfy { $0.peakConnections <= 2 && $0.requests.count == 200 })
        #expect(engine.statistics.peakInFlight <= 6 && engine.statistics.succeeded == 600)
    }

    @Test("32: cancelled at any moment, a transfer leaves no file, no descriptor and no connection")
    func cancellation() async throws {
        let body = noise(400_000)
        let server = ScriptedServer { connection, request, _ in
            if request.path.hasSuffix("3") {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 400000\r\n\r\nabc")
                connection.waitForEnd()
                return .close
            }
            connection.answer(body)
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.connections = 4 }
        var cancelled = 0
        for round in 0..<25 {
            let tasks = (0..<8).map { number in
                Task { await fixture.file(server.url("/\(number)"), named: "\(round)-\(number)") }
            }
            for task in tasks {
                usleep(UInt32.random(in: 0..<1_500))
                task.cancel()
            }
            for (number, task) in tasks.enumerated() {
                switch await task.value {
                case .success:
                    try FileManager.default.removeItem(atPath: fixture.directory.appending("\(round)-\(number)").string)
                case .failure(let error):
                    #expect(error.code == .cancelled)
                    cancelled += 1
                }
            }
        }
        #expect(cancelled > 20)
        #expect(try fixture.names.isEmpty)
        #expect(try openFiles(below: fixture.directory).isEmpty)
        // The engine is whole afterwards.
        #expect(try await fixture.file(server.url("/0")).get().size == 400_000)
        fixture.engine.shutdown()
        try await eventually { server.openConnections == 0 }
        #expect(await fixture.file(server.url("/0"), named: "late").code == .cancelled)
    }

    @Test("32: shutting down ends everything that waits and everything under way")
    func shutdown() async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.waitForEnd()
            return .close
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.connections = 3 }
        let tasks = (0..<20).map { number in Task { await fixture.file(server.url(), named: "\(number)") } }
        try await eventually { server.requests.count == 3 }
        fixture.engine.shutdown()
        for task in tasks { #expect(await task.value.code == .cancelled) }
        #expect(try fixture.names.isEmpty)
        try await eventually { server.openConnections == 0 }
    }

    @Test("56, 57: a slow disk pauses the network, and bytes in flight stay within the budget")
    func backPressure() async throws {
        let body = noise(4 << 20)
        let digest = try SHA256Digest.hash(body)
        let server = ScriptedServer { connection, _, _ in
            connection.answer(body)
            return .keepAlive
        }
        defer { server.stop() }
        let slow = InterceptedFileSystem { count, _ in usleep(UInt32(count / 100)) }
        let fixture = try EngineFixture(fileSystem: slow) { $0.bufferedBytes = 1 << 20 }
        let tasks = (0..<6).map { number in
            Task { await fixture.file(server.url(), named: "\(number)", digests: [.sha256: digest.bytes]) }
        }
        for task in tasks { #expect(try await task.value.get().size == 4 << 20) }
        let peak = fixture.engine.statistics.peakBufferedBytes
        // One chunk of libcurl's is let through beyond the budget.
        #expect(peak <= (1 << 20) + (64 << 10) && peak > 1 << 19)
    }

    @Test("57: bodies in memory that exceed the budget together still arrive, one after the other")
    func noDeadlock() async throws {
        let body = noise(500_000)
        let server = ScriptedServer { connection, _, _ in
            connection.answer(body)
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.bufferedBytes = 100_000 }
        let tasks = (0..<24).map { number in
            Task {
                number.isMultiple(of: 3)
                    ? await fixture.file(server.url(), named: "\(number)", size: 500_000)
                    : await fixture.page(server.url())
            }
        }
        for task in tasks { #expect(try await task.value.get().size == 500_000) }
        #expect(fixture.engine.statistics.peakBufferedBytes <= 700_000)
    }

    private func openFiles(below directory: FilePath) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
        }.filter { $0.hasPrefix(directory.string) }
    }
}
