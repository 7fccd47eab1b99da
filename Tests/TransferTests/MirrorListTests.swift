import Digest
import Scheduling
import SystemPackage
import TestSupport
import Testing
import Transfer

@Suite("Lists of hosts")
struct MirrorListTests {
    private let body = noise(50_000)

    private var good: ScriptedServer {
        ScriptedServer { [body] connection, _, _ in
            connection.answer(body, headers: ["ETag: \"good\""])
            return .keepAlive
        }
    }

    private func answering(_ status: String, _ text: String = "no", headers: [String] = []) -> ScriptedServer {
        ScriptedServer { connection, _, _ in
            connection.answer(Array(text.utf8), status: status, headers: headers)
            return .keepAlive
        }
    }

    private func request(_ urls: [String], page: Bool = false, _ fixture: EngineFixture) throws -> TransferRequest {
        let (first, others) = (urls.first ?? "", Array(urls.dropFirst()))
        guard !page else { return .page(first, alternatives: others, accept: nil) }
        let digest = try SHA256Digest.hash(body)
        return .file(
            first,
            alternatives: others,
            to: fixture.directory.appending("file"),
            expectation: .init(size: UInt64(body.count), digests: [.sha256: digest.bytes])
        )
    }

    /// Ways in which a host fails, and how often it is asked before the next one is.
    private static let failures: [(name: String, status: String, headers: [String], asked: Int)] = [
        ("busy, for ten minutes", "503 Busy", ["Retry-After: 600"], 1), ("out of order", "500 Error", [], 1),
        ("too many requests", "429 Slow", [], 1), ("not found", "404 Not Found", [], 1),
        ("forbidden", "403 Forbidden", [], 1), ("gone", "410 Gone", [], 1),
        ("a page of a hotel", "200 OK", ["Content-Type: text/html"], 2), ("another file", "200 OK", [], 2),
    ]

    @Test("30: a host that fails is followed by the next, at once", arguments: 0..<failures.count)
    func next(index: Int) async throws {
        let (_, status, headers, asked) = Self.failures[index]
        let (first, second) = (answering(status, headers: headers), good)
        defer {
            first.stop()
            second.stop()
        }
        let fixture = try EngineFixture { $0.retryAfterLimit = .seconds(600) }
        let response = try await fixture.engine.perform(request([first.url(), second.url("/b")], fixture)).get()
        #expect(response.fromURL == first.url() && response.finalURL == second.url("/b"))
        #expect(response.fallbacks.map(\.url) == [first.url()])
        #expect(first.requests.count == asked && second.requests.count == 1)
        #expect(try fixture.bytes() == body && fixture.names == ["file"])
        #expect(fixture.engine.statistics.fallbacks == 1)
    }

    @Test("30, 49: a host that cannot be connected to is followed by the next")
    func unreachable() async throws {
        let second = good
        defer { second.stop() }
        let fixture = try EngineFixture()
        let dead = "http://127.0.0.1:\(ScriptedServer.refusingPort())/a"
        let response = try await fixture.engine.perform(request([dead, second.url()], fixture)).get()
        #expect(response.fallbacks.map(\.code) == [.unreachable] && response.finalURL == second.url())
        #expect(try fixture.bytes() == body)
    }

    @Test("30: a body of the right size and the wrong bytes is asked for twice, then the next host has it")
    func wrongDigest() async throws {
        let first = ScriptedServer { [body] connection, _, _ in
            connection.answer(body.reversed())
            return .keepAlive
        }
        let second = good
        defer {
            first.stop()
            second.stop()
        }
        let fixture = try EngineFixture()
        let response = try await fixture.engine.perform(request([first.url(), second.url()], fixture)).get()
        guard case .wrongDigest(.sha256, _, _) = response.fallbacks.first?.code else {
            Issue.record("\(response.fallbacks)")
            return
        }
        #expect(first.requests.count == 2 && response.fallbacks.count == 1)
        #expect(try fixture.bytes() == body)
    }

    @Test("30: the page of a project that is gone is gone, whatever other hosts have", arguments: [404, 410])
    func pageIsGone(status: Int) async throws {
        let (first, second) = (answering("\(status) Gone"), good)
        defer {
            first.stop()
            second.stop()
        }
        let fixture = try EngineFixture()
        let result = await fixture.engine.perform(try request([first.url(), second.url()], page: true, fixture))
        #expect(result.code == .status(status, retryAfter: nil))
        #expect(first.requests.count == 1 && second.requests.isEmpty)
    }

    @Test("30: a page that another host does not have is asked for again where it should be")
    func pageIsElsewhere() async throws {
        let first = ScriptedServer { [body] connection, _, number in
            connection.answer(body, status: number == 0 ? "503 Busy" : "200 OK")
            return .keepAlive
        }
        let second = answering("404 Not Found")
        defer {
            first.stop()
            second.stop()
        }
        let fixture = try EngineFixture()
        let result = await fixture.engine.perform(try request([first.url(), second.url()], page: true, fixture))
        #expect(try result.get().bytes == body && result.get().finalURL == first.url())
        #expect(first.requests.count == 2 && second.requests.count == 1)
    }

    @Test("30, 49: when all hosts are busy, each is asked once a round")
    func rounds() async throws {
        let servers = [answering("503 Busy"), answering("500 Error"), answering("502 Bad")]
        defer { for server in servers { server.stop() } }
        let fixture = try EngineFixture { $0.retries = 2 }
        let result = await fixture.engine.perform(try request(servers.map { $0.url() }, fixture))
        guard case .failure(let error) = result, case .status(500..., _) = error.code else {
            Issue.record("\(result)")
            return
        }
        #expect(servers.map(\.requests.count) == [3, 3, 3] && error.attempts == 9)
        #expect(Set(error.fallbacks.map(\.url) + [error.url]) == Set(servers.map { $0.url() }))
        #expect(try fixture.names.isEmpty)
    }

    @Test("30: of several failures the one that may pass is told")
    func worthRetrying() async throws {
        let servers = [answering("404 Not Found"), answering("503 Busy"), answering("403 Forbidden")]
        defer { for server in servers { server.stop() } }
        let fixture = try EngineFixture { $0.retries = 2 }
        let result = await fixture.engine.perform(try request(servers.map { $0.url() }, fixture))
        #expect(result.code == .status(503, retryAfter: nil))
        // Those whose answer is final are not asked again.
        #expect(servers.map(\.requests.count) == [1, 3, 1])
    }

    @Test("30: of several failures that will not pass, that of the first host is told")
    func firstFailure() async throws {
        let servers = [answering("404 Not Found"), answering("403 Forbidden")]
        defer { for server in servers { server.stop() } }
        let fixture = try EngineFixture()
        let result = await fixture.engine.perform(try request(servers.map { $0.url() }, fixture))
        guard case .failure(let error) = result else {
            Issue.record("accepted")
            return
        }
        #expect(error.code == .status(404, retryAfter: nil) && error.url == servers[0].url())
        #expect(error.fallbacks.map(\.code) == [.status(403, retryAfter: nil)])
        #expect(servers.map(\.requests.count) == [1, 1])
    }

    @Test("30, 50: what one host began another one ends", arguments: [true, false])
    func continued(isSameVersion: Bool) async throws {
        let file = ResumableFile(body: noise(300_000))
        let first = ScriptedServer { connection, request, _ in file.answer(request, on: connection, limit: 100_000) }
        let second = ScriptedServer { connection, request, _ in
            guard isSameVersion || request.header("If-Range") == nil else {
                connection.answer(file.body, headers: ["ETag: \"other\""])
                return .keepAlive
            }
            return file.answer(request, on: connection)
        }
        defer {
            first.stop()
            second.stop()
        }
        let fixture = try EngineFixture()
        let response = try await fixture.resume(first.url(), alternatives: [second.url()], file.expectation).get()
        #expect(try fixture.bytes("part") == file.body && fixture.names == ["part"])
        #expect(response.finalURL == second.url() && response.fallbacks.count == 1)
        #expect(first.requests.count == 1 && second.requests.count == 1)
    }

    @Test("30, 31: a dead host among three costs a few connections, not one for each of 200 files")
    func manyFiles() async throws {
        let dead = ScriptedServer { connection, _, _ in
            connection.reset()
            return .close
        }
        let (second, third) = (good, good)
        defer { for server in [dead, second, third] { server.stop() } }
        let fixture = try EngineFixture { $0.connections = 4 }
        let digest = try SHA256Digest.hash(body)
        let tasks = (0..<200).map { number in
            Task {
                await fixture.engine.perform(
                    .file(
                        dead.url("/\(number)"),
                        alternatives: [second.url("/\(number)"), third.url("/\(number)")],
                        to: fixture.directory.appending("\(number)"),
                        expectation: .init(digests: [.sha256: digest.bytes])
                    )
                )
            }
        }
        for task in tasks {
            let response = try await task.value.get()
            // A host that is known to be down is passed over without having been asked for this file, which is told too.
            #expect(response.sha256 == digest && response.finalURL.hasPrefix(second.url("/")))
            #expect(response.fallbacks.count == 1)
        }
        #expect(dead.requests.count < 40 && second.requests.count == 200 && third.requests.isEmpty)
        #expect(fixture.engine.statistics.fallbacks == 200 && fixture.engine.statistics.succeeded == 200)
    }
}
