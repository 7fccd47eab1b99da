import Foundation
import Glibc
import Scheduling
import SystemPackage
import TestSupport
import Testing
import Transfer

/// Results that are pulled one by one, however many requests there are.
@Suite("A stream of results")
struct ResultStreamTests {
    private func requests(_ count: Int, of server: ScriptedServer) -> [TransferRequest] {
        (0..<count).map { .page(server.url("/\($0)"), accept: nil) }
    }

    @Test("28, 61: every request has one result, and no more are under way than the window holds")
    func window() async throws {
        let together = Locked((now: 0, peak: 0))
        let server = ScriptedServer { connection, request, _ in
            together.withLock {
                $0.now += 1
                $0.peak = max($0.peak, $0.now)
            }
            usleep(2_000)
            together.withLock { $0.now -= 1 }
            let isBad = request.path.hasSuffix("7")
            connection.answer(Array(request.path.utf8), status: isBad ? "404 Not Found" : "200 OK")
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.connections = 40 }
        var ends: [String: Int] = [:]
        for await element in fixture.engine.results(of: requests(300, of: server), window: 6) {
            ends[element.request.url, default: 0] += 1
            switch element.result {
            case .success(let response):
                #expect(element.request.url.utf8.reversed().starts(with: response.bytes.reversed()))
            case .failure(let error): #expect(error.url == element.request.url && error.url.hasSuffix("7"))
            }
        }
        #expect(ends.count == 300 && ends.values.allSatisfy { $0 == 1 })
        #expect(together.withLock { $0.peak } <= 6)
        #expect(fixture.engine.statistics.peakInFlight <= 6 && server.requests.count == 300)
        #expect(fixture.engine.statistics.succeeded == 270 && fixture.engine.statistics.failed == 30)
    }

    @Test("28: a consumer that stops pulling stops the downloads", arguments: [1, 8])
    func backPressure(window: Int) async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.answer(Array("abc".utf8))
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.connections = 40 }
        let taken = Locked(0)
        let requests = (0..<10_000).lazy.map { number in
            taken.withLock { $0 += 1 }
            return TransferRequest.page(server.url("/\(number)"), accept: nil)
        }
        var iterator = fixture.engine.results(of: requests, window: window).makeAsyncIterator()
        for pulled in 1...20 {
            #expect(await iterator.next() != nil)
            // Nothing is under way but the window; what was handed over makes room when more is asked for.
            #expect(taken.withLock { $0 } <= pulled - 1 + window)
        }
        try await eventually { fixture.engine.statistics.succeeded == 19 + window }
        try await Task.sleep(for: .milliseconds(30))
        #expect(server.requests.count == 19 + window && taken.withLock { $0 } == 19 + window)
        #expect(fixture.engine.statistics.inFlight == 0 && fixture.engine.statistics.waiting == 0)
    }

    @Test("28, 32: a consumer whose task is cancelled gets its results as cancelled, and then the end")
    func cancelledConsumer() async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.waitForEnd()
            return .close
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.connections = 3 }
        let requests = requests(1_000, of: server)
        let task = Task {
            var codes: [TransferError.Code?] = []
            for await element in fixture.engine.results(of: requests, window: 10) { codes.append(element.result.code) }
            return codes
        }
        try await eventually { server.requests.count == 3 }
        task.cancel()
        let codes = await task.value
        #expect(codes.count == 10 && codes.allSatisfy { $0 == .cancelled })
        try await eventually { server.openConnections == 0 && fixture.engine.statistics.waiting == 0 }
        // A slot that comes free may be given away before the next one is taken back; nobody is asked for beside those.
        #expect(server.requests.count <= 10 && fixture.engine.statistics.pages == 10)
    }

    @Test("28, 32: leaving the stream in the middle leaves nothing under way, and no file")
    func left() async throws {
        let body = noise(200_000)
        let server = ScriptedServer { connection, request, _ in
            guard request.path.hasSuffix("5") else {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\nabc")
                connection.waitForEnd()
                return .close
            }
            connection.answer(body)
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.connections = 12 }
        let requests = (0..<100).map { number in
            TransferRequest.file(
                server.url("/\(number)"),
                to: fixture.directory.appending("\(number)"),
                expectation: .init(size: 200_000)
            )
        }
        var first: String?
        for await element in fixture.engine.results(of: requests, window: 12) {
            #expect(element.result.code == nil)
            first = element.request.destination.path?.lastComponent?.string
            break
        }
        try await eventually { fixture.engine.statistics.inFlight == 0 && fixture.engine.statistics.waiting == 0 }
        try await eventually { fixture.engine.statistics.failed == 11 }
        #expect(try fixture.names == ["5"] && first == "5")
        #expect(fixture.engine.statistics.files == 12)
    }

    @Test("28, 61: an engine that is shut down ends the stream, each request with a result")
    func shutDown() async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.waitForEnd()
            return .close
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.connections = 3 }
        let requests = requests(50, of: server)
        let task = Task {
            var count = 0
            for await element in fixture.engine.results(of: requests, window: 10) {
                #expect(element.result.code == .cancelled)
                count += 1
            }
            return count
        }
        try await eventually { server.requests.count == 3 }
        fixture.engine.shutdown()
        #expect(await task.value == 50)
    }

    @Test(
        "26, 28: a hundred thousand requests, made as they are wanted, cost the memory of the window",
        .enabled(
            if: ProcessInfo.processInfo.environment["ASAN_OPTIONS"] == nil,
            "address sanitizer keeps memory that was freed"
        )
    )
    func lazySequence() async {
        await #expect(processExitsWith: .success) {
            try await ResultStreamTests.pullManyRequests()
        }
    }

    /// In a process of its own, whose memory is nobody else's.
    private static func pullManyRequests() async throws {
        let fixture = try EngineFixture(transports: ["memory": EndlessTransport()])
        let taken = Locked(0)
        func requests(_ count: Int) -> some Sequence<TransferRequest> {
            (0..<count).lazy.map { number in
                taken.withLock { $0 += 1 }
                return TransferRequest.page("memory://store/\(number)", accept: nil)
            }
        }
        for await _ in fixture.engine.results(of: requests(5_000), window: 64) {}
        let before = try peakMemory()
        taken.withLock { $0 = 0 }
        var count = 0
        for await element in fixture.engine.results(of: requests(100_000), window: 64) {
            #expect(element.result.code == nil)
            count += 1
            if count.isMultiple(of: 1_000) { #expect(taken.withLock { $0 } <= count + 64) }
        }
        #expect(count == 100_000 && fixture.engine.statistics.succeeded == 105_000)
        // A request and its result take more than 1 KiB; all of them would take more than 100 MiB.
        let after = try peakMemory()
        #expect(after - before < 16 << 20, "\(before) to \(after) bytes")
    }

    /// The most memory that the process had, in bytes (proc_pid_status(5)).
    private static func peakMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(line.split(separator: " ").dropLast().last.flatMap { Int($0) }) << 10
    }
}
