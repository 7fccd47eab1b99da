import Digest
import Foundation
import SystemPackage
import TestSupport
import Testing
import Transfer

@Suite("Bodies that are not what they should be")
struct BodyTests {
    private let body = noise(200_000)

    @Test("25, 42: a good file arrives with its size and digests checked, mode 0444")
    func good() async throws {
        let server = ScriptedServer { [body] connection, _, _ in
            connection.answer(body, headers: ["ETag: \"a\"", "X-PyPI-Last-Serial: 42", "Content-Type: x/y"])
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        let sha256 = try SHA256Digest.hash(body)
        var md5 = try Hasher(.md5)
        md5.update(body)
        let digests: [DigestAlgorithm: [UInt8]] = [.sha256: sha256.bytes, .md5: try md5.finalize()]
        let response = try await fixture.file(server.url(), size: 200_000, digests: digests).get()
        #expect(response.sha256 == sha256)
        #expect(response.checkedDigests == [.sha256, .md5])
        #expect(response.isSizeChecked && response.size == 200_000 && response.attempts == 1)
        #expect(response.etag == "\"a\"" && response.serial == 42 && response.contentType == "x/y")
        #expect(try fixture.bytes() == body)
        let mode = try FileManager.default.attributesOfItem(atPath: fixture.directory.appending("file").string)
        #expect(mode[.posixPermissions] as? Int == 0o444)
    }

    @Test("25: an empty file is a file")
    func empty() async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.answer()
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        let response = try await fixture.file(server.url(), size: 0).get()
        let nothing = try SHA256Digest.hash([UInt8]())
        #expect(response.size == 0 && response.sha256 == nothing)
        #expect(try fixture.bytes().isEmpty)
    }

    @Test("25, 50: a truncated body is repeated from its start, and then good")
    func truncatedThenGood() async throws {
        let server = ScriptedServer { [body] connection, _, number in
            guard number == 0 else {
                connection.answer(body)
                return .keepAlive
            }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n")
            connection.send(Array(body[..<150_000]))
            return .close
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        let response = try await fixture.file(server.url(), size: 200_000).get()
        #expect(response.attempts == 2)
        #expect(try fixture.bytes() == body)
    }

    @Test("25: a body that is always truncated is a short body, after all attempts")
    func truncated() async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
            connection.send([UInt8](repeating: 1, count: 60))
            return .close
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.retries = 2 }
        guard case .failure(let error) = await fixture.file(server.url()) else {
            Issue.record("accepted")
            return
        }
        #expect(error.code == .shortBody(expected: 100, received: 60))
        #expect(error.attempts == 3 && server.requests.count == 3)
        #expect(try fixture.names.isEmpty)
    }

    @Test("25: a body without a declared length that ends early is a short body")
    func undeclared() async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc")
            return .close
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.retries = 0 }
        #expect(await fixture.file(server.url(), size: 5).code == .shortBody(expected: 5, received: 3))
    }

    @Test("25: a declared length other than the expected size fails before the body, twice at most")
    func contradiction() async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nx")
            connection.waitForEnd()
            return .close
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        #expect(await fixture.file(server.url(), size: 10).code == .wrongSize(expected: 10, found: 1_000_000_000))
        #expect(server.requests.count == 2)
        #expect(try fixture.names.isEmpty)
    }

    @Test("25: a chunked body of another size is a wrong size")
    func chunkedShort() async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        #expect(await fixture.file(server.url(), size: 5).code == .wrongSize(expected: 5, found: 3))
    }

    @Test("25: a body without end is cut off at the expected size")
    func endless() async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<200 { connection.send("4000\r\n" + String(repeating: "x", count: 0x4000) + "\r\n") }
            connection.waitForEnd()
            return .close
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        #expect(await fixture.file(server.url(), size: 100_000).code == .tooLong(limit: 100_000, declared: nil))
        #expect(server.requests.count == 1)
        #expect(try fixture.names.isEmpty)
    }

    @Test("25: bytes after the declared length are not part of the body")
    func extraBytes() async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef")
            return .close
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        let response = try await fixture.file(server.url(), size: 3).get()
        #expect(response.size == 3)
        #expect(try fixture.bytes() == Array("abc".utf8))
    }

    @Test("13, 49: a wrong digest is asked for once more and is never accepted", arguments: DigestAlgorithm.allCases)
    func wrongDigest(algorithm: DigestAlgorithm) async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.answer(Array("abc".utf8))
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        let wrong = [UInt8](repeating: 7, count: algorithm.byteCount)
        let result = await fixture.file(server.url(), digests: [algorithm: wrong])
        guard case .failure(let error) = result, case .wrongDigest(algorithm, wrong, _) = error.code else {
            Issue.record("\(result)")
            return
        }
        #expect(error.attempts == 2 && server.requests.count == 2)
        #expect(try fixture.names.isEmpty)
    }

    @Test("13: a page in memory is checked like a file")
    func wrongDigestInMemory() async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.answer(Array("abc".utf8))
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        var request = TransferRequest.page(server.url(), accept: nil)
        request.expectation.digests = [.sha256: [UInt8](repeating: 0, count: 32)]
        guard case .wrongDigest = await fixture.engine.perform(request).code else {
            Issue.record("accepted")
            return
        }
        request.expectation.digests = [.sha256: try SHA256Digest.hash(Array("abc".utf8)).bytes]
        let response = try await fixture.engine.perform(request).get()
        #expect(response.bytes == Array("abc".utf8) && response.sha256 != nil)
    }

    @Test("25: an HTML page with status 200 in place of a file has a name of its own", arguments: [true, false])
    func html(isSizeKnown: Bool) async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.answer(Array("<h1>Sorry</h1>".utf8), headers: ["Content-Type: text/html; charset=utf-8"])
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        let digests: [DigestAlgorithm: [UInt8]] = [.sha256: [UInt8](repeating: 0, count: 32)]
        let result = await fixture.file(server.url(), size: isSizeKnown ? 5_000 : nil, digests: digests)
        #expect(result.code == .htmlInsteadOfFile)
        #expect(try fixture.names.isEmpty)
    }

    @Test("52: a .tar.gz that is served with Content-Encoding: gzip arrives as it is")
    func neverDecoded() async throws {
        let archive = try Gzip.compress(noise(10_000))
        let server = ScriptedServer { connection, _, _ in
            connection.answer(archive, headers: ["Content-Encoding: gzip"])
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        _ = try await fixture.file(server.url("/a.tar.gz"), size: UInt64(archive.count)).get()
        #expect(try fixture.bytes() == archive)
        #expect(server.requests.first?.header("Accept-Encoding") == "identity")
    }

    @Test("52: a compressed page is decoded, and bounded by what it decodes to")
    func bomb() async throws {
        let page = try Gzip.compress([UInt8](repeating: 65, count: 8 << 20))
        let server = ScriptedServer { connection, _, _ in
            connection.answer(page, headers: ["Content-Encoding: gzip"])
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.maximumCompressionRatio = 10_000 }
        #expect(await fixture.page(server.url(), limit: 1 << 20).code == .tooLong(limit: 1 << 20, declared: nil))
        #expect(try await fixture.page(server.url(), limit: 8 << 20).get().size == 8 << 20)
        #expect(server.requests.first?.header("Accept-Encoding") == "gzip, deflate")
    }
}
