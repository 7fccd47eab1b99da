import Digest
import FileIO
import Glibc
import Logging
import Scheduling
import SystemPackage
import TestSupport
import Testing
import Transfer

/// Which threads there are, and that they do not wait for each other.
@Suite("Network, disk and digests at the same time")
struct OverlapTests {
    @Test(
        "55, 56: while a file cannot be written, the bytes of others come in, and pages are whole",
        arguments: [1, 2]
    )
    func overlap(receiverThreads: Int) async throws {
        let body = noise(2 << 20)
        let server = ScriptedServer { connection, request, _ in
            connection.answer(request.path == "/page" ? Array("page".utf8) : body)
            return .keepAlive
        }
        defer { server.stop() }
        let state = Locked((blocked: 0, isOpen: false))
        let disk = InterceptedFileSystem { _, _ in
            guard state.withLock({ $0.isOpen }) == false else { return }
            state.withLock { $0.blocked += 1 }
            while !state.withLock({ $0.isOpen }) { usleep(500) }
        }
        let fixture = try EngineFixture(fileSystem: disk) { $0.receiverThreads = receiverThreads }
        defer { state.withLock { $0.isOpen = true } }
        let digest = try SHA256Digest.hash(body)
        let tasks = (0..<4).map { number in
            Task { await fixture.file(server.url(), named: "\(number)", digests: [.sha256: digest.bytes]) }
        }
        // All lanes stand still in a write, and all bytes come nevertheless.
        try await eventually { state.withLock { $0.blocked } == receiverThreads }
        try await eventually { fixture.engine.statistics.bytesReceived == 4 * UInt64(body.count) }
        #expect(fixture.engine.statistics.succeeded == 0)
        state.withLock { $0.isOpen = true }
        for task in tasks { #expect(try await task.value.get().sha256 == digest) }
        #expect(try await fixture.page(server.url("/page")).get().bytes == Array("page".utf8))
    }

    @Test("55: a source that hangs on a thread of its own holds up neither the network nor other sources")
    func hangingSource() async throws {
        let fixture = try SourceFixture { $0.receiverThreads = 2 }
        try fixture.put(SourceThing(body: noise(1_000), isGated: true), as: "hangs", at: .memory)
        for name in ["a", "b", "c"] {
            try fixture.put(SourceThing(body: noise(300_000)), as: name, at: .memory)
            try fixture.put(SourceThing(body: noise(300_000)), as: name, at: .http)
        }
        let hanging = Task { await fixture.file("hangs", at: .memory) }
        try await eventually { fixture.attempts(at: .memory) == 1 }
        for name in ["a", "b", "c"] {
            #expect(await fixture.engine.page(fixture.url(name, at: .http)).code == nil)
            #expect(await fixture.engine.page(fixture.url(name, at: .memory)).code == nil)
        }
        #expect(try fixture.engine.names.isEmpty)
        fixture.shelves[.memory]?.open()
        #expect(try await hanging.value.get().size == 1_000)
    }

    @Test("11, 12, 42: one thread has the network, two write 400 files, and none of them is the other")
    func threads() async throws {
        let server = ScriptedServer { connection, request, _ in
            connection.answer(noise(3_000), status: request.path.hasSuffix("busy") ? "503 Busy" : "200 OK")
            return .keepAlive
        }
        defer { server.stop() }
        let threads = Locked((writers: Set<pthread_t>(), network: Set<pthread_t>()))
        let disk = InterceptedFileSystem { _, _ in
            let thread = pthread_self()
            threads.withLock { _ = $0.writers.insert(thread) }
        }
        var configuration = TransferConfiguration()
        configuration.connections = 32
        configuration.retries = 1
        configuration.backoffBase = .milliseconds(1)
        configuration.proxy = ""
        let directory = try TemporaryDirectory.make()
        defer { try? POSIXFileSystem().removeTree(directory) }
        let engine = try TransferEngine(
            configuration: configuration,
            fileSystem: disk,
            logger: Logger(label: "test") { _ in
                ThreadLog { threads.withLock { _ = $0.network.insert(pthread_self()) } }
            }
        )
        defer { engine.shutdown() }
        let requests = (0..<400).map { number in
            TransferRequest.file(
                server.url("/\(number)" + (number.isMultiple(of: 10) ? "busy" : "")),
                to: directory.appending("\(number)"),
                expectation: .init()
            )
        }
        var good = 0
        for await element in engine.results(of: requests, window: 400) where element.result.code == nil { good += 1 }
        #expect(good == 360)
        let (writers, network) = threads.withLock { ($0.writers, $0.network) }
        #expect(writers.count == 2 && network.count == 1 && writers.isDisjoint(with: network))
    }

    @Test("24: as many requests are under way at once as there may be connections", arguments: [1, 4, 16])
    func concurrency(connections: Int) async throws {
        let together = Locked((now: 0, peak: 0))
        let server = ScriptedServer { connection, _, _ in
            together.withLock {
                $0.now += 1
                $0.peak = max($0.peak, $0.now)
            }
            // Nobody is answered before all of them were here at once.
            while together.withLock({ $0.peak }) < connections { usleep(500) }
            together.withLock { $0.now -= 1 }
            connection.answer(Array("abc".utf8))
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.connections = connections }
        let requests = (0..<64).map { TransferRequest.page(server.url("/\($0)"), accept: nil) }
        var good = 0
        for await element in fixture.engine.results(of: requests, window: 64) where element.result.code == nil {
            good += 1
        }
        #expect(good == 64 && fixture.engine.statistics.peakInFlight == connections)
        #expect(together.withLock { $0.peak } == connections && server.peakConnections == connections)
    }
}

/// Tells that something was logged, on the thread that logged it.
private struct ThreadLog: LogHandler {
    let logged: @Sendable () -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(_ logged: @escaping @Sendable () -> Void) { self.logged = logged }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { logged() }
}
