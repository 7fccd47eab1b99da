import TestSupport
import Testing
import Transfer

/// What is told of the headers of an answer.
@Suite("Headers of answers")
struct HeaderTests {
    private func answer(_ head: String) async throws -> TransferResponse {
        let server = ScriptedServer { connection, _, _ in
            connection.send(head + "Content-Length: 3\r\n\r\nabc")
            return .keepAlive
        }
        defer { server.stop() }
        return try await EngineFixture().page(server.url()).get()
    }

    @Test("53: a header that came twice is there twice, in order, whatever its case")
    func duplicates() async throws {
        let response = try await answer(
            "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nDigest: sha-256=AA==\r\netag: \"b\"\r\nDIGEST: md5=BB==\r\n"
        )
        #expect(response.headers["ETag"] == ["\"a\"", "\"b\""])
        #expect(response.headers["digest"] == ["sha-256=AA==", "md5=BB=="])
        #expect(response.headers.fields.map(\.name).prefix(4) == ["ETag", "Digest", "etag", "DIGEST"])
        #expect(response.etag == "\"a\"")
        #expect(response.headers["X-Missing"].isEmpty)
    }

    @Test("53: headers of interim answers and of redirects are not those of the answer")
    func ofTheLastAnswer() async throws {
        let server = ScriptedServer { connection, request, _ in
            if request.path == "/a" {
                connection.answer(status: "302 Found", headers: ["Location: /b", "ETag: \"redirect\"", "X-First: 1"])
            } else {
                connection.send("HTTP/1.1 103 Early Hints\r\nETag: \"hint\"\r\nX-Hint: 1\r\n\r\n")
                connection.answer(Array("abc".utf8), headers: ["X-Last: 1"])
            }
            return .keepAlive
        }
        defer { server.stop() }
        let response = try await EngineFixture().page(server.url("/a")).get()
        #expect(response.etag == nil && response.headers["ETag"].isEmpty)
        #expect(response.headers["X-First"].isEmpty && response.headers["X-Hint"].isEmpty)
        #expect(response.headers["X-Last"] == ["1"])
    }

    @Test("53: a folded header is one value, an empty one is empty, and bytes outside ASCII harm nobody")
    func values() async throws {
        let response = try await answer(
            "HTTP/1.1 200 OK\r\nX-Folded: one\r\n  two\r\nX-Empty:\r\nX-Umlaut: \u{fc}\r\nX-Space:   a b  \r\n"
        )
        #expect(response.headers["X-Folded"] == ["one two"])
        #expect(response.headers["X-Empty"] == [""])
        #expect(response.headers["X-Umlaut"] == ["\u{fc}"])
        #expect(response.headers["X-Space"] == ["a b"])
    }

    @Test(
        "53: a serial that is no number is no serial",
        arguments: ["-1", "abc", "", "1.5", "99999999999999999999999", "0x10"]
    )
    func serial(text: String) async throws {
        #expect(try await answer("HTTP/1.1 200 OK\r\nX-PyPI-Last-Serial: \(text)\r\n").serial == nil)
    }

    @Test(
        "49: Retry-After that asks for nothing that can be understood is no Retry-After",
        arguments: ["-1", "-3600", "soon", "", "Fri, 31 Dec 1999 23:59:59 GMT", "0"]
    )
    func senselessRetryAfter(text: String) async throws {
        let result = try await retryAfter(text)
        #expect(result == .status(503, retryAfter: nil))
    }

    @Test(
        "49: Retry-After beyond all measure is cut, and the request is made again",
        arguments: ["999999999", "99999999999999999999999999", "Sat, 31 Dec 9999 23:59:59 GMT", "9223372036854775807"]
    )
    func hugeRetryAfter(text: String) async throws {
        guard case .status(503, _) = try await retryAfter(text) else {
            Issue.record("another error")
            return
        }
    }

    private func retryAfter(_ text: String) async throws -> TransferError.Code? {
        let server = ScriptedServer { connection, _, _ in
            connection.answer(status: "503 Busy", headers: ["Retry-After: \(text)"])
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.retries = 2 }
        let code = await fixture.file(server.url()).code
        #expect(server.requests.count == 3)
        return code
    }
}
