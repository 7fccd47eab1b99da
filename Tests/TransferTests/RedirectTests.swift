import SystemPackage
import TestSupport
import Testing
import Transfer

@Suite("Redirects and who we are")
struct RedirectTests {
    @Test("64: redirects are followed, and what answered is told; the target is not quoted anew")
    func followed() async throws {
        let server = ScriptedServer { connection, request, _ in
            if request.path == "/a" {
                connection.answer(status: "301 Moved", headers: ["Location: /b%2Fc%20d?x=%7E#part"])
            } else {
                connection.answer(Array("abc".utf8))
            }
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        let response = try await fixture.page(server.url("/a")).get()
        #expect(server.requests.map(\.path) == ["/a", "/b%2Fc%20d?x=%7E"])
        #expect(response.finalURL == server.url("/b%2Fc%20d?x=%7E"))
        #expect(response.fromURL == server.url("/a"))
        #expect(server.acceptedConnections == 1)
    }

    @Test("64: a loop of redirects ends")
    func loop() async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.answer(status: "302 Found", headers: ["Location: /again"])
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.maximumRedirects = 5 }
        #expect(await fixture.page(server.url()).code == .redirectRefused(to: server.url("/again"), .count))
        #expect(server.requests.count == 6)
    }

    @Test(
        "7: a redirect never leads to a file or another protocol",
        arguments: ["file:///etc/hosts", "ftp://127.0.0.1/x"]
    )
    func scheme(target: String) async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.answer(status: "302 Found", headers: ["Location: \(target)"])
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture { $0.fileRoots = ["/etc"] }
        #expect(await fixture.page(server.url()).code == .redirectRefused(to: target, .scheme))
    }

    @Test("46: credentials and configured headers do not follow a redirect to another origin")
    func otherOrigin() async throws {
        let other = ScriptedServer { connection, _, _ in
            connection.answer(Array("abc".utf8))
            return .keepAlive
        }
        defer { other.stop() }
        let target = other.url("/there")
        let server = ScriptedServer { connection, request, _ in
            if request.path == "/here" {
                connection.answer(Array("abc".utf8))
            } else {
                let location = request.path == "/in" ? "/here" : target
                connection.answer(status: "302 Found", headers: ["Location: \(location)"])
            }
            return .keepAlive
        }
        defer { server.stop() }
        for credentials in [TransferCredentials.basic(userName: "u", password: "p"), .bearer("t")] {
            let fixture = try EngineFixture {
                $0.credentials = credentials
                $0.headers = [("X-Key", "secret")]
                $0.userAgent = TransferConfiguration.userAgent(version: "1.0", contact: "me@example.org")
            }
            _ = try await fixture.page(server.url("/in")).get()
            _ = try await fixture.page(server.url("/out")).get()
        }
        #expect(server.requests.map { $0.header("X-Key") } == Array(repeating: "secret", count: 6))
        let sent = server.requests.map { $0.header("Authorization") }
        #expect(sent == Array(repeating: "Basic dTpw", count: 3) + Array(repeating: "Bearer t", count: 3))
        #expect(other.requests.count == 2)
        #expect(other.requests.allSatisfy { $0.header("Authorization") == nil && $0.header("X-Key") == nil })
        #expect(other.requests.allSatisfy { $0.header("User-Agent") == "larder/1.0 (+me@example.org)" })
    }

    @Test("46: the identity belongs to the listed origins alone, also without a redirect")
    func listedOrigins() async throws {
        let script: @Sendable (ServerConnection, ServerRequest, Int) -> ScriptedServer.Next = { connection, _, _ in
            connection.answer(Array("abc".utf8))
            return .keepAlive
        }
        let (own, files) = (ScriptedServer(script), ScriptedServer(script))
        defer {
            own.stop()
            files.stop()
        }
        let fixture = try EngineFixture {
            $0.credentials = .bearer("t")
            $0.identityOrigins = [own.url("/simple/")]
        }
        _ = try await fixture.page(own.url("/simple/a/")).get()
        _ = try await fixture.file(files.url("/a.whl")).get()
        #expect(own.requests.first?.header("Authorization") == "Bearer t")
        #expect(files.requests.count == 1 && files.requests.first?.header("Authorization") == nil)
    }

    @Test("46: a name and password in a URL are used and never shown")
    func userInfo() async throws {
        let server = ScriptedServer { connection, _, _ in
            connection.answer(Array("abc".utf8), status: "404 Gone")
            return .keepAlive
        }
        defer { server.stop() }
        let fixture = try EngineFixture()
        let url = "http://me:s3cret%40x@127.0.0.1:\(server.port)/a"
        guard case .failure(let error) = await fixture.page(url) else {
            Issue.record("accepted")
            return
        }
        #expect(server.requests.first?.header("Authorization") == "Basic bWU6czNjcmV0QHg=")
        #expect(error.url == server.url("/a"))
        #expect(!"\(error)".contains("s3cret"))
        #expect(!"\(TransferCredentials.bearer("s3cret"))".contains("s3cret"))
    }

    @Test(
        "User info is removed from any text",
        arguments: [
            ("https://a:b@index.example/x@y", "https://index.example/x@y"),
            ("https://a@b:c@index.example", "https://index.example"),
            ("https://index.example/@a", "https://index.example/@a"), ("no url", "no url"),
            ("//u@h?q=//@", "//h?q=//@"),
        ]
    )
    func removal(text: String, clean: String) {
        #expect(removingUserInfo(text) == clean)
    }

    @Test("7: what is no URL, or not of our schemes, fails without a request")
    func badURLs() async throws {
        let fixture = try EngineFixture()
        #expect(await fixture.page("ftp://index.example/x").code == .unsupportedScheme("ftp"))
        #expect(await fixture.page("simple/x").code == .invalidURL)
        #expect(await fixture.page("").code == .invalidURL)
        #expect(await fixture.page("http://").code == .invalidURL)
    }
}
