import Digest
import SystemPackage
import TestSupport
import Testing
import Transfer

@Suite("Against a real web server")
struct WebServerTests {
    private let body = noise(300_000)

    @Test("Plain HTTP, conditional requests and a page that is compressed on the way")
    func plain() async throws {
        let page = Array(String(repeating: "<a href=x>x</a>\n", count: 1_000).utf8)
        let nginx = try Nginx(files: ["a.whl": body, "page.html": page], server: "gzip on; types { text/html html; }")
        let fixture = try EngineFixture()
        #expect(try await fixture.file(nginx.url("a.whl"), size: 300_000).get().sha256 == (SHA256Digest.hash(body)))
        let first = try await fixture.page(nginx.url("page.html")).get()
        #expect(first.bytes == page && first.contentType == "text/html")
        let validators = TransferRequest.Validators(etag: first.etag, lastModified: first.lastModified)
        #expect(first.etag != nil && first.lastModified != nil)
        let again = try await fixture.engine.perform(
            .page(nginx.url("page.html"), accept: nil, validators: validators)
        ).get()
        #expect(again.isNotModified && again.bytes.isEmpty)
        let changed = TransferRequest.Validators(etag: "\"other\"")
        #expect(
            try await fixture.engine.perform(.page(nginx.url("page.html"), accept: nil, validators: changed)).get()
                .bytes
                == page
        )
        #expect(fixture.engine.statistics.notModified == 1)
    }

    @Test(
        "29, 43: TLS with our own authority: connections and handshakes are few, HTTP/2 is spoken",
        arguments: [true, false]
    )
    func tls(isHTTP2: Bool) async throws {
        let nginx = try Nginx(files: ["a.whl": body], secure: "")
        let fixture = try EngineFixture {
            $0.caFile = nginx.path("ca.pem")
            $0.connections = 4
            $0.requestsInFlight = isHTTP2 ? 16 : nil
            $0.httpVersion = isHTTP2 ? .automatic : .http1
        }
        let url = nginx.secureURL("a.whl")
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<100 {
                group.addTask { _ = await fixture.file(url, named: "\(number)", size: 300_000) }
            }
        }
        #expect(fixture.engine.statistics.succeeded == 100)
        #expect(try fixture.bytes("99") == body)
        try await eventually { try nginx.log().count == 100 }
        let log = try nginx.log()
        #expect(log.allSatisfy { $0[2] == (isHTTP2 ? "HTTP/2.0" : "HTTP/1.1") })
        let connections = Set(log.map { $0[0] }).count
        #expect(connections <= (isHTTP2 ? 1 : 4) && connections == fixture.engine.statistics.connectionsOpened)
    }

    @Test("57: large files have connections of their own, since a stream that waits is kept in memory by libcurl")
    func largeFiles() async throws {
        let body = noise(3 << 20)
        let nginx = try Nginx(files: ["large.whl": body, "small.whl": [1]], secure: "")
        let fixture = try EngineFixture { $0.caFile = nginx.directory.appending("ca.pem") }
        _ = try await fixture.file(nginx.secureURL("small.whl"), named: "small", size: 1).get()
        _ = try await fixture.file(nginx.secureURL("large.whl"), named: "large", size: 3 << 20).get()
        _ = try await fixture.file(nginx.secureURL("small.whl"), named: "again", size: 1).get()
        #expect(try nginx.log().map { $0[2] } == ["HTTP/2.0", "HTTP/1.1", "HTTP/2.0"])
    }

    @Test("57: a large file after a small one whose connection others still use")
    func largeAfterSmall() async throws {
        let body = noise(3 << 20)
        let nginx = try Nginx(
            files: ["slow.whl": noise(100_000), "small.whl": [1], "large.whl": body],
            secure: "location = /slow.whl { limit_rate 50k; }"
        )
        let fixture = try EngineFixture { $0.caFile = nginx.path("ca.pem") }
        async let slow = fixture.file(nginx.secureURL("slow.whl"), named: "slow", size: 100_000).get()
        for number in 0..<4 {
            _ = try await fixture.file(nginx.secureURL("small.whl"), named: "small\(number)", size: 1).get()
        }
        let large = await fixture.file(nginx.secureURL("large.whl"), named: "large", size: 3 << 20)
        #expect(try large.get().sha256 == SHA256Digest.hash(body))
        #expect(try await slow.size == 100_000)
        // The small ones ended first, on the connection of the slow one.
        #expect(try nginx.log().map { $0[3] }.last == "/slow.whl")
        #expect(fixture.engine.statistics.connectionsOpened == 2)
    }

    @Test("43: an authority that is not ours is refused, and taken only when told")
    func untrusted() async throws {
        let nginx = try Nginx(files: ["a.whl": body], secure: "")
        let wrong = try EngineFixture { $0.caFile = nginx.path("other-ca.pem") }
        guard case .failure(let error) = await wrong.file(nginx.secureURL("a.whl")) else {
            Issue.record("accepted")
            return
        }
        #expect(error.code == .tls && error.attempts == 1)
        let insecure = try EngineFixture { $0.isInsecure = true }
        #expect(try await insecure.file(nginx.secureURL("a.whl")).get().size == 300_000)
    }

    @Test("44: a client certificate is shown, and without one the server refuses")
    func clientCertificate() async throws {
        let nginx = try Nginx(
            files: ["a.whl": body],
            secure: "ssl_client_certificate ca.pem; ssl_verify_client on;"
        )
        let (certificate, key) = (nginx.path("client.pem"), nginx.path("client.key"))
        let known = try EngineFixture {
            $0.caFile = nginx.path("ca.pem")
            $0.clientCertificate = certificate
            $0.clientKey = key
        }
        #expect(try await known.file(nginx.secureURL("a.whl")).get().size == 300_000)
        let unknown = try EngineFixture { $0.caFile = nginx.path("ca.pem") }
        #expect(await unknown.file(nginx.secureURL("a.whl")).code == .status(400, retryAfter: nil))
        // The certificate belongs to other origins.
        let elsewhere = try EngineFixture {
            $0.caFile = nginx.path("ca.pem")
            $0.clientCertificate = certificate
            $0.clientKey = key
            $0.identityOrigins = ["https://index.example/"]
        }
        #expect(await elsewhere.file(nginx.secureURL("a.whl")).code == .status(400, retryAfter: nil))
    }

    @Test("7: HTTPS never leads to HTTP")
    func downgrade() async throws {
        let nginx = try Nginx(files: ["a.whl": body], secure: "location /b { return 302 http://localhost/a.whl; }")
        let fixture = try EngineFixture { $0.caFile = nginx.path("ca.pem") }
        let code = await fixture.file(nginx.secureURL("b")).code
        #expect(code == .redirectRefused(to: "http://localhost/a.whl", .scheme))
    }

    @Test("46: basic credentials")
    func basic() async throws {
        let nginx = try Nginx(
            files: ["a.whl": body, "users": Array("me:{PLAIN}word\n".utf8)],
            server: "location = /a.whl { auth_basic x; auth_basic_user_file www/users; }"
        )
        let known = try EngineFixture { $0.credentials = .basic(userName: "me", password: "word") }
        #expect(try await known.file(nginx.url("a.whl")).get().size == 300_000)
        let unknown = try EngineFixture { $0.credentials = .basic(userName: "me", password: "other") }
        #expect(await unknown.file(nginx.url("a.whl")).code == .status(401, retryAfter: nil))
    }

    @Test("47: a proxy gets its own credentials, and the origin its own")
    func proxy() async throws {
        let proxy = ScriptedServer { connection, _, _ in
            connection.answer(Array("abc".utf8))
            return .keepAlive
        }
        defer { proxy.stop() }
        let fixture = try EngineFixture {
            $0.proxy = "http://pu:pp@127.0.0.1:\(proxy.port)"
            $0.credentials = .bearer("t")
        }
        _ = try await fixture.page("http://index.example/simple/").get()
        let request = try #require(proxy.requests.first)
        #expect(request.path == "http://index.example/simple/")
        #expect(request.header("Proxy-Authorization") == "Basic cHU6cHA=")
        #expect(request.header("Authorization") == "Bearer t")
    }
}
