import Digest
import FileIO
import Scheduling
import SystemPackage
import TestSupport
import Testing
import Transfer

@Suite("Files that are continued")
struct ResumeTests {
    private let file = ResumableFile(body: noise(300_000))

    /// A server that breaks off its first answer after 100,000 bytes and goes on as the test says.
    private func server(
        of file: ResumableFile,
        then script: @escaping @Sendable (ServerConnection, ServerRequest, Int) -> ScriptedServer.Next
    ) -> ScriptedServer {
        ScriptedServer { connection, request, number in
            guard number > 0 else { return file.answer(request, on: connection, limit: 100_000) }
            return script(connection, request, number)
        }
    }

    private func honest(_ file: ResumableFile) -> ScriptedServer {
        server(of: file) { connection, request, _ in file.answer(request, on: connection) }
    }

    private func expectWhole(_ fixture: EngineFixture, _ body: [UInt8]) throws {
        #expect(try fixture.bytes("part") == body)
        #expect(try fixture.names == ["part"])
        #expect(try fixture.mode() == 0o444)
    }

    @Test("50: a file that breaks off is continued in the next attempt")
    func nextAttempt() async throws {
        let server = honest(file)
        defer { server.stop() }
        let fixture = try EngineFixture()
        let response = try await fixture.resume(server.url(), file.expectation).get()
        try expectWhole(fixture, file.body)
        let start = try #require(ResumableFile.start(server.requests[1]))
        #expect(start > 0 && start <= 100_000 && response.resumedBytes == UInt64(start))
        #expect(server.requests[0].header("Range") == nil && server.requests[1].header("If-Range") == "\"one\"")
        #expect(response.attempts == 2 && response.size == 300_000 && response.isSizeChecked)
        #expect(response.checkedDigests == [.sha256])
        #expect(fixture.engine.statistics.resumptions == 1)
    }

    @Test("50: a file that breaks off is continued by a later engine, with the validator that lies beside it")
    func laterRun() async throws {
        let server = honest(file)
        defer { server.stop() }
        let first = try EngineFixture { $0.retries = 0 }
        #expect(
            await first.resume(server.url(), try file.expectation).code
                == .shortBody(expected: 300_000, received: 100_000)
        )
        #expect(try first.names == ["part", "part.validator"])
        #expect(try first.mode() == 0o644)
        let kept = try first.bytes("part")
        #expect(!kept.isEmpty && kept == Array(file.body[..<kept.count]))
        first.engine.shutdown()
        let second = try EngineFixture(in: first.directory) { $0.retries = 0 }
        let response = try await second.resume(server.url(), file.expectation).get()
        try expectWhole(second, file.body)
        #expect(response.resumedBytes == UInt64(kept.count) && response.attempts == 1)
        #expect(server.requests[1].header("Range") == "bytes=\(kept.count)-")
        #expect(server.requests[1].header("If-Range") == "\"one\"")
    }

    @Test("50: pieces of any size make the whole in the end")
    func manyPieces() async throws {
        let server = ScriptedServer { [file] connection, request, number in
            file.answer(request, on: connection, limit: 20_000 + number * 7_919 % 40_000)
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.retries = 30 }
        let response = try await fixture.resume(server.url(), file.expectation).get()
        try expectWhole(fixture, file.body)
        #expect(response.attempts > 4 && response.resumedBytes > 0)
        let starts = server.requests.map { ResumableFile.start($0) ?? 0 }
        #expect(starts == starts.sorted() && Set(starts).count == starts.count)
    }

    @Test(
        "50: a strong tag is asked with, else the date, and a weak tag never",
        arguments: [
            ("\"a\"", "Fri, 01 Jan 2027 00:00:00 GMT", "\"a\""),
            ("W/\"a\"", "Fri, 01 Jan 2027 00:00:00 GMT", "Fri, 01 Jan 2027 00:00:00 GMT"),
            (nil, "Fri, 01 Jan 2027 00:00:00 GMT", "Fri, 01 Jan 2027 00:00:00 GMT"),
            ("W/\"a\"", nil, nil), (nil, nil, nil),
        ] as [(String?, String?, String?)]
    )
    func validator(etag: String?, date: String?, asked: String?) async throws {
        let file = ResumableFile(body: file.body, etag: etag, lastModified: date)
        let server = honest(file)
        defer { server.stop() }
        let fixture = try EngineFixture()
        let response = try await fixture.resume(server.url(), file.expectation).get()
        try expectWhole(fixture, file.body)
        #expect(response.resumedBytes > 0 && ResumableFile.start(server.requests[1]) != nil)
        #expect(server.requests[1].header("If-Range") == asked)
    }

    @Test("50: a server that knows no ranges sends everything anew")
    func ignoredRange() async throws {
        let server = server(of: file) { [file] connection, _, _ in
            connection.answer(file.body, headers: file.validators)
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        let response = try await fixture.resume(server.url(), file.expectation).get()
        try expectWhole(fixture, file.body)
        #expect(response.resumedBytes == 0 && server.requests.count == 2)
        #expect(server.requests[1].header("Range") != nil)
    }

    @Test("50: 416 begins anew")
    func unsatisfiable() async throws {
        let server = server(of: file) { [file] connection, request, _ in
            guard request.header("Range") == nil else {
                connection.answer(status: "416 Range Not Satisfiable", headers: ["Content-Range: bytes */300000"])
                return .keepAlive
            }
            return file.answer(request, on: connection)
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        let response = try await fixture.resume(server.url(), file.expectation).get()
        try expectWhole(fixture, file.body)
        #expect(response.resumedBytes == 0 && server.requests.count == 3)
    }

    /// What a server says of a part that begins at byte N, and how many bytes it sends of it.
    private static let lies: [(String, @Sendable (Int) -> (range: String?, bytes: Range<Int>))] = [
        ("from the start", { _ in ("bytes 0-299999/300000", 0..<300_000) }),
        ("one byte too early", { ("bytes \($0 - 1)-299999/300000", ($0 - 1)..<300_000) }),
        ("one byte too late", { ("bytes \($0 + 1)-299999/300000", ($0 + 1)..<300_000) }),
        ("of a longer file", { ("bytes \($0)-300000/300001", $0..<300_000) }),
        ("of a shorter file", { ("bytes \($0)-299998/299999", $0..<299_999) }),
        ("that ends early", { ("bytes \($0)-199999/300000", $0..<200_000) }),
        ("that ends beyond the end", { ("bytes \($0)-300000/300000", $0..<300_000) }),
        ("that ends before it begins", { ("bytes \($0)-\($0 - 1)/300000", $0..<300_000) }),
        ("without saying which", { (nil, $0..<300_000) }),
        ("in other units", { ("lines \($0)-299999/300000", $0..<300_000) }),
        ("in words", { _ in ("the rest", 0..<10) }),
        ("of an unsatisfied range", { _ in ("bytes */300000", 0..<10) }),
        ("up to the last of all numbers", { ("bytes \($0)-18446744073709551615/*", $0..<300_000) }),
        ("up to the last of all numbers but one", { ("bytes \($0)-18446744073709551614/*", $0..<300_000) }),
        ("beyond all numbers", { ("bytes \($0)-99999999999999999999999/300000", $0..<300_000) }),
    ]

    @Test("50: a part other than the one asked for is refused, and then all is asked for", arguments: 0..<lies.count)
    func lyingRange(index: Int) async throws {
        let (name, lie) = Self.lies[index]
        let server = server(of: file) { [file] connection, request, _ in
            guard let start = ResumableFile.start(request) else { return file.answer(request, on: connection) }
            let (range, bytes) = lie(start)
            return file.lie(range, file.body[bytes], on: connection)
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.retries = 0 }
        #expect(await fixture.resume(server.url(), try file.expectation).code != nil)
        let result = await fixture.resume(server.url(), try file.expectation)
        guard case .wrongRange = result.code else {
            Issue.record("a part \(name): \(result)")
            return
        }
        #expect(try fixture.names.isEmpty)
        let response = try await fixture.resume(server.url(), file.expectation).get()
        try expectWhole(fixture, file.body)
        #expect(response.resumedBytes == 0 && server.requests.map { $0.header("Range") == nil } == [true, false, true])
    }

    @Test("50: a lie costs an attempt, not the file", arguments: 0..<lies.count)
    func lieThenTruth(index: Int) async throws {
        let lie = Self.lies[index].1
        let server = server(of: file) { [file] connection, request, number in
            guard let start = ResumableFile.start(request) else { return file.answer(request, on: connection) }
            let (range, bytes) = lie(start)
            return file.lie(range, file.body[bytes], on: connection)
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        #expect(try await fixture.resume(server.url(), file.expectation).get().attempts == 3)
        try expectWhole(fixture, file.body)
    }

    @Test("50: a server that does not say how long the whole is may go on")
    func unknownTotal() async throws {
        let server = server(of: file) { [file] connection, request, _ in
            let start = ResumableFile.start(request) ?? 0
            return file.lie("bytes \(start)-299999/*", file.body[start...], on: connection)
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        #expect(try await fixture.resume(server.url(), file.expectation).get().resumedBytes > 0)
        try expectWhole(fixture, file.body)
    }

    @Test("50: a part whose bytes are not those of the file is thrown away, and counts as no mismatch of the host")
    func wrongRest() async throws {
        let server = server(of: file) { [file] connection, request, number in
            // The rest is wrong, then the whole is, and then all is well.
            if let start = ResumableFile.start(request) {
                let rest = file.body[start...].map { ~$0 }
                return file.lie("bytes \(start)-299999/300000", rest[...], on: connection)
            }
            guard number > 2 else {
                connection.answer(file.body.reversed())
                return .keepAlive
            }
            return file.answer(request, on: connection)
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        #expect(try await fixture.resume(server.url(), file.expectation).get().attempts == 4)
        try expectWhole(fixture, file.body)
        #expect(server.requests.map { $0.header("Range") == nil } == [true, false, true, true])
    }

    @Test("50: damage in the part that was here is found, and the file is asked for anew")
    func damagedPart() async throws {
        let server = ScriptedServer { [file] connection, request, _ in file.answer(request, on: connection) }
        defer { server.stop() }
        let fixture = try EngineFixture()
        var damaged = Array(file.body[..<100_000])
        damaged[50_000] ^= 1
        try fixture.leave(damaged)
        let response = try await fixture.resume(server.url(), file.expectation).get()
        try expectWhole(fixture, file.body)
        #expect(response.resumedBytes == 0 && server.requests.map { $0.header("Range") } == ["bytes=100000-", nil])
    }

    @Test(
        "50: a file that is whole already is checked and not asked for, also one of unknown size",
        arguments: [true, false]
    )
    func complete(sizeIsKnown: Bool) async throws {
        let server = honest(file)
        defer { server.stop() }
        let fixture = try EngineFixture()
        try fixture.leave(file.body)
        var expectation = try file.expectation
        if !sizeIsKnown { expectation.size = nil }
        let response = try await fixture.resume(server.url(), expectation).get()
        try expectWhole(fixture, file.body)
        #expect(response.resumedBytes == 300_000 && response.size == 300_000 && server.requests.isEmpty)
    }

    @Test("50: what is here and too long, wrong or empty is thrown away", arguments: [300_000, 300_001, 0])
    func useless(count: Int) async throws {
        let server = ScriptedServer { [file] connection, request, _ in file.answer(request, on: connection) }
        defer { server.stop() }
        let fixture = try EngineFixture()
        try fixture.leave([UInt8](repeating: 7, count: count))
        let response = try await fixture.resume(server.url(), file.expectation).get()
        try expectWhole(fixture, file.body)
        #expect(response.resumedBytes == 0 && server.requests.map { $0.header("Range") } == [nil])
    }

    @Test("50: without an expected digest nothing is kept")
    func noDigest() async throws {
        let server = honest(file)
        defer { server.stop() }
        let fixture = try EngineFixture { $0.retries = 0 }
        let expectation = TransferRequest.Expectation(size: 300_000)
        #expect(await fixture.resume(server.url(), expectation).code != nil)
        #expect(try fixture.names.isEmpty)
        #expect(try await fixture.resume(server.url(), expectation).get().resumedBytes == 0)
        #expect(server.requests.allSatisfy { $0.header("Range") == nil })
    }

    @Test("50: a server that is busy meanwhile does not cost the part", arguments: [429, 500, 503])
    func busy(status: Int) async throws {
        let server = server(of: file) { [file] connection, request, number in
            guard number > 1 else {
                connection.answer(Array("busy".utf8), status: "\(status) Busy")
                return .keepAlive
            }
            return file.answer(request, on: connection)
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        #expect(try await fixture.resume(server.url(), file.expectation).get().resumedBytes > 0)
        try expectWhole(fixture, file.body)
    }

    @Test("50, 51: a reset and a stall leave a part", arguments: [false, true])
    func leftovers(isReset: Bool) async throws {
        let server = ScriptedServer { [file] connection, request, number in
            guard number == 0 else { return file.answer(request, on: connection) }
            _ = file.answer(request, on: connection, limit: 200_000)
            if isReset { connection.reset() } else { connection.waitForEnd() }
            return .close
        }
        defer { server.stop() }
        let fixture = try EngineFixture {
            $0.stallTimeout = .milliseconds(200)
            $0.retries = 0
        }
        #expect(await fixture.resume(server.url(), try file.expectation).code == (isReset ? .connectionLost : .stalled))
        #expect(try fixture.names == ["part", "part.validator"])
        #expect(try await fixture.resume(server.url(), file.expectation).get().resumedBytes > 0)
        try expectWhole(fixture, file.body)
    }

    @Test("32, 50: a cancelled download leaves a part that the next one goes on with")
    func cancelled() async throws {
        let large = ResumableFile(body: noise(2 << 20))
        let server = ScriptedServer { connection, request, number in
            guard number == 0 else { return large.answer(request, on: connection) }
            _ = large.answer(request, on: connection, limit: 1 << 20)
            connection.waitForEnd()
            return .close
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        let expectation = try large.expectation
        let task = Task { await fixture.resume(server.url(), expectation) }
        try await eventually { try fixture.names.contains("part") && !fixture.bytes("part").isEmpty }
        task.cancel()
        #expect(await task.value.code == .cancelled)
        #expect(try fixture.names.contains("part"))
        #expect(try await fixture.resume(server.url(), expectation).get().resumedBytes > 0)
        try expectWhole(fixture, large.body)
    }

    @Test("50, 64: a part is asked for where the redirect leads")
    func redirected() async throws {
        let server = ScriptedServer { [file] connection, request, number in
            guard request.path == "/there" else {
                connection.answer(status: "302 Found", headers: ["Location: /there"])
                return .keepAlive
            }
            return file.answer(request, on: connection, limit: number < 2 ? 100_000 : nil)
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        #expect(try await fixture.resume(server.url(), file.expectation).get().resumedBytes > 0)
        try expectWhole(fixture, file.body)
        #expect(server.requests.map(\.path) == ["/file", "/there", "/file", "/there"])
        #expect(server.requests.last?.header("If-Range") == "\"one\"")
    }

    @Test("50: an HTML page in place of the rest is no part of the file")
    func html() async throws {
        let server = server(of: file) { [file] connection, request, number in
            guard number > 1 else {
                connection.answer(Array("<h1>Sorry</h1>".utf8), headers: ["Content-Type: text/html"])
                return .keepAlive
            }
            return file.answer(request, on: connection)
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        #expect(try await fixture.resume(server.url(), file.expectation).get().attempts == 3)
        try expectWhole(fixture, file.body)
    }
}
