import Digest
import FileIO
import Glibc
import Scheduling
import SystemPackage
import Testing
import Transfer

/// What the engine does whatever brings the bytes: the same tests over HTTP, from disk, and from a transport of ours.
@Suite("The same over HTTP, from disk and from memory")
struct SourceTests {
    private let body = noise(300_000)

    private func expectNothingLeft(_ fixture: SourceFixture, files: [String] = []) async throws {
        #expect(try fixture.engine.names == files)
        let engine = fixture.engine.engine
        try await eventually { engine.statistics.inFlight == 0 && engine.statistics.waiting == 0 }
    }

    @Test("2, 3, 4: a good file arrives with its size and digest checked, mode 0444", arguments: Source.allCases)
    func good(source: Source) async throws {
        let fixture = try SourceFixture()
        try fixture.put(SourceThing(body: body), at: source)
        let digest = try SHA256Digest.hash(body)
        let response = try await fixture.file(at: source, size: 300_000, digest: digest.bytes).get()
        #expect(response.sha256 == digest && response.size == 300_000 && response.status == 200)
        #expect(response.checkedDigests == [.sha256] && response.isSizeChecked && response.attempts == 1)
        #expect(response.finalURL == fixture.url("thing", at: source) && response.fromURL == response.finalURL)
        #expect(try fixture.engine.bytes("thing") == body && fixture.engine.mode("thing") == 0o444)
        #expect(fixture.engine.engine.statistics.bytesReceived == 300_000)
        try await expectNothingLeft(fixture, files: ["thing"])
    }

    @Test("2, 3, 4: a page arrives whole in memory, and is held to its bound", arguments: Source.allCases)
    func page(source: Source) async throws {
        let fixture = try SourceFixture()
        try fixture.put(SourceThing(body: body), at: source)
        let url = fixture.url("thing", at: source)
        #expect(try await fixture.engine.page(url).get().bytes == body)
        #expect(await fixture.engine.page(url, limit: 299_999).code == .tooLong(limit: 299_999, declared: 300_000))
        try await expectNothingLeft(fixture)
    }

    @Test("2, 3: an empty file is a file", arguments: Source.allCases)
    func empty(source: Source) async throws {
        let fixture = try SourceFixture()
        try fixture.put(SourceThing(body: []), at: source)
        let digest = try SHA256Digest.hash([])
        #expect(try await fixture.file(at: source, size: 0, digest: digest.bytes).get().sha256 == digest)
        #expect(try fixture.engine.bytes("thing").isEmpty)
    }

    @Test("2, 3, 25: another size than the expected one is told in two attempts", arguments: Source.allCases)
    func wrongSize(source: Source) async throws {
        let fixture = try SourceFixture()
        try fixture.put(SourceThing(body: body), at: source)
        for size in [299_999, 300_001] as [UInt64] {
            let result = await fixture.file(at: source, size: size)
            #expect(result.code == .wrongSize(expected: size, found: 300_000))
            guard case .failure(let error) = result else { continue }
            #expect(error.attempts == 2)
        }
        try await expectNothingLeft(fixture)
    }

    @Test("2, 3, 13: a wrong digest is asked for once more and is never accepted", arguments: Source.allCases)
    func wrongDigest(source: Source) async throws {
        let fixture = try SourceFixture()
        try fixture.put(SourceThing(body: body), at: source)
        let expected = [UInt8](repeating: 7, count: 32)
        let result = await fixture.file(at: source, size: 300_000, digest: expected)
        let found = try SHA256Digest.hash(body).bytes
        #expect(result.code == .wrongDigest(.sha256, expected: expected, found: found))
        guard case .failure(let error) = result else { return }
        #expect(error.attempts == 2)
        #expect(fixture.attempts(at: source) ?? 2 == 2)
        try await expectNothingLeft(fixture)
    }

    @Test("2, 25: a body that always breaks off fails after all attempts", arguments: Source.unsteady)
    func short(source: Source) async throws {
        let fixture = try SourceFixture()
        try fixture.put(SourceThing(body: body, breaks: [0, 1, 299_999]), at: source)
        guard case .failure(let error) = await fixture.file(at: source, size: 300_000) else {
            Issue.record("accepted")
            return
        }
        #expect(error.attempts == 3 && error.isWorthRetrying && error.code.cause == .broken)
        try await expectNothingLeft(fixture)
    }

    @Test("2, 25: a body of untold size is cut off where it must have ended", arguments: Source.unsteady)
    func long(source: Source) async throws {
        let fixture = try SourceFixture()
        try fixture.put(SourceThing(body: body, tellsSize: false), at: source)
        #expect(await fixture.file(at: source, size: 5_000).code == .tooLong(limit: 5_000, declared: nil))
        #expect(fixture.attempts(at: source) == 1)
        #expect(await fixture.file(at: source, size: 300_001).code == .wrongSize(expected: 300_001, found: 300_000))
        try await expectNothingLeft(fixture)
    }

    @Test("2, 25: an HTML page in place of a file has a name of its own", arguments: Source.unsteady)
    func html(source: Source) async throws {
        let fixture = try SourceFixture()
        try fixture.put(SourceThing(body: body, contentType: "text/html; charset=utf-8"), at: source)
        #expect(await fixture.file(at: source, size: 299_999).code == .htmlInsteadOfFile)
        #expect(await fixture.file(at: source, digest: [1]).code == .htmlInsteadOfFile)
        try await expectNothingLeft(fixture)
    }

    @Test("2, 3: what is not there is told once, and leaves nothing", arguments: Source.allCases)
    func missing(source: Source) async throws {
        let fixture = try SourceFixture()
        let code = await fixture.file("none", at: source).code
        #expect(code == (source == .http ? .status(404, retryAfter: nil) : .fileNotFound))
        #expect(fixture.attempts(at: source) ?? 1 == 1)
        try await expectNothingLeft(fixture)
    }

    @Test("2, 49: what breaks off is asked for again, from its start", arguments: Source.unsteady)
    func retry(source: Source) async throws {
        let fixture = try SourceFixture()
        try fixture.put(SourceThing(body: body, breaks: [100_000, 0]), at: source)
        let digest = try SHA256Digest.hash(body)
        let response = try await fixture.file(at: source, digest: digest.bytes).get()
        #expect(response.attempts == 3 && response.resumedBytes == 0)
        #expect(fixture.shelves[source]?.readings.map(\.offset) == [0, 0, 0])
        #expect(try fixture.engine.bytes("thing") == body)
        #expect(fixture.engine.engine.statistics.retries == 2)
    }

    @Test("2, 30: one request goes from scheme to scheme until one has the right bytes", arguments: Source.allCases)
    func alternatives(good: Source) async throws {
        let fixture = try SourceFixture()
        let order = Source.allCases.filter { $0 != good } + [good]
        for source in Source.allCases {
            try fixture.put(SourceThing(body: source == good ? body : Array(body.reversed())), at: source)
        }
        let digest = try SHA256Digest.hash(body)
        let urls = order.map { fixture.url("thing", at: $0) }
        let target = fixture.engine.directory.appending("thing")
        let response = try await fixture.engine.engine.perform(
            .file(
                urls[0],
                alternatives: Array(urls.dropFirst()),
                to: target,
                expectation: .init(size: 300_000, digests: [.sha256: digest.bytes])
            )
        ).get()
        #expect(response.finalURL == urls[2] && response.fromURL == urls[0] && response.attempts == 5)
        #expect(response.fallbacks.map(\.url) == [urls[0], urls[1]])
        #expect(response.fallbacks.allSatisfy { $0.code.cause == .mismatch })
        #expect(try fixture.engine.bytes("thing") == body)
        #expect(fixture.engine.engine.statistics.fallbacks == 2)
    }

    @Test("2, 50: a part that an earlier run left is gone on with", arguments: Source.allCases)
    func leftPart(source: Source) async throws {
        let fixture = try SourceFixture()
        try fixture.put(SourceThing(body: body), at: source)
        try fixture.engine.leave(Array(body[..<120_000]))
        let expectation = TransferRequest.Expectation(
            size: 300_000,
            digests: [.sha256: try SHA256Digest.hash(body).bytes]
        )
        let response = try await fixture.engine.resume(fixture.url("thing", at: source), expectation).get()
        #expect(response.resumedBytes == 120_000 && response.size == 300_000)
        #expect(try fixture.engine.bytes("part") == body && fixture.engine.mode() == 0o444)
        #expect(fixture.engine.engine.statistics.bytesReceived == 180_000)
    }

    @Test("2, 50: damage in a part that was here costs an attempt, not the file", arguments: Source.allCases)
    func damagedPart(source: Source) async throws {
        let fixture = try SourceFixture()
        try fixture.put(SourceThing(body: body), at: source)
        try fixture.engine.leave([body[0] ^ 1] + body[1..<120_000])
        let expectation = TransferRequest.Expectation(
            size: 300_000,
            digests: [.sha256: try SHA256Digest.hash(body).bytes]
        )
        let response = try await fixture.engine.resume(fixture.url("thing", at: source), expectation).get()
        #expect(response.resumedBytes == 0 && response.attempts == 2)
        #expect(try fixture.engine.bytes("part") == body)
    }

    @Test("2, 50: what breaks off goes on where it was, attempt by attempt", arguments: Source.unsteady)
    func resume(source: Source) async throws {
        let fixture = try SourceFixture()
        try fixture.put(SourceThing(body: body, etag: "\"one\"", breaks: [100_000, 50_000]), at: source)
        let expectation = TransferRequest.Expectation(digests: [.sha256: try SHA256Digest.hash(body).bytes])
        let response = try await fixture.engine.resume(fixture.url("thing", at: source), expectation).get()
        #expect(response.attempts == 3 && response.resumedBytes == 150_000)
        #expect(fixture.shelves[source]?.readings.map(\.offset) == [0, 100_000, 150_000])
        #expect(try fixture.engine.bytes("part") == body)
        try await expectNothingLeft(fixture, files: ["part"])
    }

    @Test("2, 3: a version that is here already is not sent again", arguments: Source.allCases)
    func notModified(source: Source) async throws {
        let fixture = try SourceFixture()
        try fixture.put(SourceThing(body: body, etag: "\"one\""), at: source)
        let url = fixture.url("thing", at: source)
        let first = try await fixture.engine.page(url).get()
        #expect(first.etag != nil && !first.isNotModified)
        let validators = TransferRequest.Validators(etag: first.etag)
        let again = try await fixture.engine.engine.perform(.page(url, accept: nil, validators: validators)).get()
        #expect(again.isNotModified && again.bytes.isEmpty && again.status == 304)
        let other = TransferRequest.Validators(etag: "\"other\"")
        let changed = try await fixture.engine.engine.perform(.page(url, accept: nil, validators: other)).get()
        #expect(changed.bytes == body)
        #expect(fixture.engine.engine.statistics.notModified == 1)
    }

    @Test("2, 32: a request that is taken back while its file is written leaves nothing", arguments: Source.allCases)
    func cancelled(source: Source) async throws {
        let progress = Locked((hasBegun: false, mayGoOn: false))
        let slow = InterceptedFileSystem { _, _ in
            progress.withLock { $0.hasBegun = true }
            while !progress.withLock({ $0.mayGoOn }) { usleep(500) }
        }
        let fixture = try SourceFixture(fileSystem: slow)
        defer { progress.withLock { $0.mayGoOn = true } }
        try fixture.put(SourceThing(body: noise(2_000_000)), at: source)
        let task = Task { await fixture.file(at: source) }
        try await eventually { progress.withLock { $0.hasBegun } }
        task.cancel()
        progress.withLock { $0.mayGoOn = true }
        #expect(await task.value.code == .cancelled)
        try await expectNothingLeft(fixture)
        // The engine is whole afterwards.
        #expect(try await fixture.file(at: source).get().size == 2_000_000)
    }

    @Test("2, 16: with one slot, pages go before files that came earlier", arguments: Source.unsteady)
    func priorities(source: Source) async throws {
        let fixture = try SourceFixture { $0.connections = 1 }
        let names = ["first", "f1", "f2", "f3", "p1", "p2", "p3"]
        for name in names {
            try fixture.put(SourceThing(body: body, isGated: name == "first"), as: name, at: source)
        }
        let engine = fixture.engine.engine
        var tasks: [Task<TransferError.Code?, Never>] = []
        for (number, name) in names.enumerated() {
            tasks.append(
                Task {
                    name.hasPrefix("p")
                        ? await fixture.engine.page(fixture.url(name, at: source)).code
                        : await fixture.file(name, at: source).code
                }
            )
            // One after the other, so that their order is known.
            try await eventually { engine.statistics.waiting + engine.statistics.inFlight == number + 1 }
        }
        try await eventually { fixture.attempts(at: source) == 1 }
        fixture.shelves[source]?.open()
        for task in tasks { #expect(await task.value == nil) }
        let order = fixture.shelves[source]?.readings.map(\.name) ?? []
        #expect(order == ["first", "p1", "p2", "p3", "f1", "f2", "f3"])
    }

    @Test("2, 61: a stream of requests has one result for each, good or bad", arguments: Source.allCases)
    func results(source: Source) async throws {
        let fixture = try SourceFixture()
        for number in 0..<40 where !number.isMultiple(of: 4) {
            try fixture.put(SourceThing(body: body), as: "\(number)", at: source)
        }
        let requests = (0..<40).map { TransferRequest.page(fixture.url("\($0)", at: source), accept: nil) }
        var counts: [String: Int] = [:]
        var good = 0
        for await element in fixture.engine.engine.results(of: requests, window: 5) {
            counts[element.request.url, default: 0] += 1
            if case .success(let response) = element.result {
                #expect(response.bytes == body)
                good += 1
            }
        }
        #expect(counts.count == 40 && counts.values.allSatisfy { $0 == 1 })
        #expect(good == 30)
    }

    @Test("7: a scheme that nobody reads is told without an attempt, also among alternatives")
    func unknownScheme() async throws {
        let fixture = try SourceFixture()
        try fixture.put(SourceThing(body: body), at: .memory)
        #expect(await fixture.engine.page("gopher://store/thing").code == .unsupportedScheme("gopher"))
        let request = TransferRequest.page(
            fixture.url("thing", at: .memory),
            alternatives: ["gopher://store/thing"],
            accept: nil
        )
        #expect(await fixture.engine.engine.perform(request).code == .unsupportedScheme("gopher"))
        #expect(fixture.attempts(at: .memory) == 0)
        let other = try EngineFixture()
        #expect(await other.page("memory://store/thing").code == .unsupportedScheme("memory"))
    }
}
