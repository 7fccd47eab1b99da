import TestSupport
import Testing
import Transfer

/// Redirects that lead nowhere, elsewhere, or in circles.
@Suite("Redirects on the wire")
struct RedirectWireTests {
    private static func redirect(_ location: String, status: String = "302 Found") -> [WireCase.Step] {
        ["HTTP/1.1 \(status)\r\nLocation: \(location)\r\nContent-Length: 0\r\n\r\n", .keepAlive]
    }

    private static let refused = [
        WireCase("64: no Location", ["HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", .keepAlive], .status(302)),
        WireCase("64: an empty Location", redirect(""), .status(302)),
        WireCase("7, 64: to gopher", redirect("gopher://127.0.0.1/x"), scheme),
        WireCase("7, 64: to mail", redirect("mailto:a@index.example"), refusal),
        WireCase("7, 64: to a script", redirect("javascript:alert(1)"), refusal),
        WireCase("7, 64: to data", redirect("data:text/html,abc"), refusal),
        WireCase("7, 64: to a file with a host", redirect("file://localhost/etc/hosts"), refusal),
        WireCase("7, 64: to a file in capitals", redirect("FILE:///etc/hosts"), scheme),
        WireCase("64: to a URL without host", redirect("http:///"), refusal),
        WireCase("64: to a port that is none", redirect("http://127.0.0.1:99999/"), refusal),
        WireCase(
            "64: to 1 MB of nothing",
            ["HTTP/1.1 302 Found\r\nLocation: /", .repeated(String(repeating: "x", count: 1_000), 1_000), "\r\n\r\n"],
            .headTooLong
        ),
    ]

    private static let scheme: WireCase.Outcome = .matching { code in
        if case .redirectRefused(_, .scheme) = code { true } else { false }
    }

    /// Whether it is the scheme or the URL that is wrong depends on how the text is read.
    private static let refusal: WireCase.Outcome = .matching { code in
        switch code {
        case .redirectRefused(_, .scheme), .redirectRefused(_, .target): true
        default: false
        }
    }

    @Test("7, 64, 54: redirects that are not followed", arguments: refused)
    func refusals(_ wire: WireCase) async throws { try await wire.check() }

    @Test("64: every kind of redirect is followed", arguments: [301, 302, 303, 307, 308])
    func kinds(status: Int) async throws {
        let server = ScriptedServer { connection, request, _ in
            if request.path == "/file" {
                connection.answer(Array("moved".utf8), status: "\(status) Moved", headers: ["Location: there/"])
            } else {
                connection.answer(Array(request.path.utf8))
            }
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        let response = try await fixture.file(server.url(), size: 7).get()
        #expect(response.finalURL == server.url("/there/") && response.attempts == 1)
        #expect(try fixture.bytes() == Array("/there/".utf8))
        #expect(fixture.engine.statistics.redirects == 1 && fixture.engine.statistics.retries == 0)
    }

    @Test("64: a chain as long as allowed is followed, and one longer is not", arguments: [5, 6])
    func chain(length: Int) async throws {
        let server = ScriptedServer { connection, request, number in
            if number < length {
                connection.answer(status: "302 Found", headers: ["Location: /\(number + 1)"])
            } else {
                connection.answer(Array("abc".utf8))
            }
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.maximumRedirects = 5 }
        let result = await fixture.file(server.url("/0"), size: 3)
        if length == 5 {
            #expect(try result.get().finalURL == server.url("/5"))
        } else {
            #expect(result.code == .redirectRefused(to: server.url("/6"), .count))
        }
        #expect(server.requests.count == 6)
    }

    @Test("64: two hosts that send us to each other")
    func pingPong() async throws {
        let ports = PortBox()
        let script: @Sendable (ServerConnection, ServerRequest, Int) -> ScriptedServer.Next = {
            connection,
            request,
            _ in
            let other = ports.other(than: request.header("Host") ?? "")
            connection.answer(status: "307 Elsewhere", headers: ["Location: http://\(other)/x"])
            return .keepAlive
        }
        let servers = [ScriptedServer(script), ScriptedServer(script)]
        defer { for server in servers { server.stop() } }
        ports.set(servers.map { "127.0.0.1:\($0.port)" })
        let fixture = try EngineFixture { $0.maximumRedirects = 7 }
        guard case .redirectRefused(_, .count) = await fixture.file(servers[0].url("/x")).code else {
            Issue.record("followed")
            return
        }
        #expect(servers.map(\.requests.count) == [4, 4])
        #expect(try fixture.names.isEmpty)
    }

    @Test("46, 64: user info in a redirect is neither used nor shown")
    func userInfo() async throws {
        let other = ScriptedServer { connection, _, _ in
            connection.answer(status: "404 Not Found")
            return .keepAlive
        }
        defer { other.stop() }
        let target = "http://me:s3cret@127.0.0.1:\(other.port)/there"
        let server = ScriptedServer { connection, _, _ in
            connection.answer(status: "302 Found", headers: ["Location: \(target)"])
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        guard case .failure(let error) = await fixture.page(server.url()) else {
            Issue.record("accepted")
            return
        }
        #expect(error.code == .status(404, retryAfter: nil) && !"\(error)".contains("s3cret"))
        #expect(other.requests.count == 1 && other.requests.first?.header("Authorization") == nil)
    }

    @Test("64: a redirect to a server that is gone is tried again from the start")
    func deadTarget() async throws {
        let dead = ScriptedServer.refusingPort()
        let server = ScriptedServer { connection, request, number in
            if request.path == "/good" || number > 0 {
                connection.answer(Array("abc".utf8))
            } else {
                connection.answer(status: "302 Found", headers: ["Location: http://127.0.0.1:\(dead)/"])
            }
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        let response = try await fixture.file(server.url(), size: 3).get()
        #expect(response.attempts == 2 && response.finalURL == server.url())
    }

    @Test("64: a redirect whose own page has no end is followed all the same")
    func endlessPage() async throws {
        let server = ScriptedServer { connection, request, _ in
            guard request.path == "/file" else {
                connection.answer(Array("abc".utf8))
                return .keepAlive
            }
            connection.send("HTTP/1.1 302 Found\r\nLocation: /there\r\nTransfer-Encoding: chunked\r\n\r\n")
            while connection.send("4\r\nxxxx\r\n") {}
            return .close
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        #expect(try await fixture.file(server.url(), size: 3).get().finalURL == server.url("/there"))
    }
}
