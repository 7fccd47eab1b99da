import Digest
import SystemPackage
import TestSupport
import Testing
import Transfer

@Suite("Through squid")
struct ProxyTests {
    private let body = noise(100_000)
    private let user = ServerUser("pu", "p@ss:/w")
    /// The user as it stands in a URL.
    private let userInfo = "pu:p%40ss%3A%2Fw"
    private let origin = ServerUser("me", "word")
    /// What the origin asks for.
    private let wantsOrigin = "auth_basic x; auth_basic_user_file www/users;"

    private func nginx(_ server: String = "") throws -> Nginx {
        try Nginx(files: ["a.whl": body, "users": Array("me:{PLAIN}word\n".utf8)], server: server, secure: "")
    }

    private func fixture(
        _ nginx: Nginx,
        _ proxy: String,
        _ configure: (inout TransferConfiguration) -> Void = { _ in }
    ) throws -> EngineFixture {
        try EngineFixture {
            $0.proxy = proxy
            // The proxy is also for the hosts of the loopback interface, whatever the environment says.
            $0.noProxy = ""
            $0.caFile = nginx.path("ca.pem")
            configure(&$0)
        }
    }

    @Test(
        "47: what cannot be a proxy is not shown with its password",
        arguments: [
            "foo://pu:s3cret@127.0.0.1:1", "http://pu:s3cret@127.0.0.1:99999", "http://pu:s3/cr et@127.0.0.1:1",
        ]
    )
    func malformed(proxy: String) async throws {
        let fixture = try EngineFixture {
            $0.proxy = proxy
            $0.noProxy = ""
            $0.retries = 0
        }
        guard case .failure(let error) = await fixture.page("http://127.0.0.1:1/") else {
            Issue.record("no failure")
            return
        }
        #expect(!"\(error)".contains("cr"), "\(error)")
    }

    @Test("47: an open proxy carries plain HTTP, and HTTPS by a tunnel")
    func open() async throws {
        let (nginx, squid) = (try nginx(), try SquidServer())
        let fixture = try fixture(nginx, squid.url())
        let digests: [DigestAlgorithm: [UInt8]] = [.sha256: try SHA256Digest.hash(body).bytes]
        _ = try await fixture.file(nginx.url("a.whl"), named: "plain", size: 100_000, digests: digests).get()
        _ = try await fixture.file(nginx.secureURL("a.whl"), named: "secure", size: 100_000, digests: digests).get()
        _ = try await squid.requests(1)
        fixture.engine.shutdown()
        let requests = try await squid.requests(2)
        #expect(
            requests.map { "\($0.method) \($0.url)" } == [
                "GET \(nginx.url("a.whl"))", "CONNECT localhost:\(nginx.securePort)",
            ]
        )
        #expect(requests.allSatisfy { $0.authorization == nil && $0.proxyAuthorization == nil })
    }

    @Test("29, 47: the tunnels through a proxy are used again")
    func tunnels() async throws {
        let (nginx, squid) = (try nginx(), try SquidServer(user: user))
        let fixture = try fixture(nginx, squid.url(userInfo)) {
            $0.connections = 3
            $0.httpVersion = .http1
        }
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<60 {
                group.addTask { _ = await fixture.file(nginx.secureURL("a.whl"), named: "\(number)", size: 100_000) }
            }
        }
        #expect(fixture.engine.statistics.succeeded == 60)
        fixture.engine.shutdown()
        #expect(try await squid.requests(1).count <= 3)
    }

    @Test("47: a proxy gets its own credentials and the origin its own, over HTTP and HTTPS at once")
    func bothCredentials() async throws {
        let (nginx, squid) = (try nginx(wantsOrigin), try SquidServer(user: user))
        let fixture = try fixture(nginx, squid.url(userInfo)) {
            $0.credentials = .basic(userName: origin.name, password: origin.password)
            $0.connections = 4
        }
        let urls = [nginx.url("a.whl"), nginx.secureURL("a.whl")]
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask { _ = await fixture.file(urls[number % 2], named: "\(number)", size: 100_000) }
            }
        }
        #expect(fixture.engine.statistics.succeeded == 20)
        let atOrigin = try await nginx.requests(20)
        #expect(atOrigin.count == 20)
        #expect(atOrigin.allSatisfy { $0.proxyAuthorization == nil && $0.authorization == origin.basic })
        fixture.engine.shutdown()
        let atProxy = try await squid.requests(11)
        #expect(atProxy.filter { $0.method == "GET" }.count == 10)
        #expect(atProxy.allSatisfy { $0.proxyAuthorization == user.basic && $0.status == 200 })
        // What goes through a tunnel is none of the proxy's business; plain HTTP it can read.
        #expect(atProxy.filter { $0.method == "CONNECT" }.allSatisfy { $0.authorization == nil })
        #expect(atProxy.filter { $0.method == "GET" }.allSatisfy { $0.authorization == origin.basic })
    }

    @Test("47: the proxy's credentials are not tried on an origin that asks for some, nor the other way round")
    func noSubstitutes() async throws {
        let (nginx, squid) = (try nginx(wantsOrigin), try SquidServer(user: user))
        let known = try fixture(nginx, squid.url(userInfo))
        let stranger = try fixture(nginx, squid.url()) {
            $0.credentials = .basic(userName: user.name, password: user.password)
        }
        for url in [nginx.url("a.whl"), nginx.secureURL("a.whl")] {
            #expect(await known.file(url).code == .status(401, retryAfter: nil))
            #expect(await stranger.file(url).code == .proxyRefused(407))
        }
        #expect(try await nginx.requests(2).map(\.authorization) == [nil, nil])
        #expect(try await nginx.requests(2).map(\.proxyAuthorization) == [nil, nil])
        known.engine.shutdown()
        let requests = try await squid.requests(4)
        #expect(requests.filter { $0.status == 407 }.count == 2)
        #expect(requests.allSatisfy { $0.proxyAuthorization == ($0.status == 407 ? nil : user.basic) })
    }

    @Test("47: credentials that the proxy does not know are refused once, and are not shown", arguments: [true, false])
    func refused(isSecure: Bool) async throws {
        let (nginx, squid) = (try nginx(), try SquidServer(user: user))
        let url = isSecure ? nginx.secureURL("a.whl") : nginx.url("a.whl")
        for userInfo in [nil, "pu:other-s3cret"] {
            let fixture = try fixture(nginx, squid.url(userInfo))
            guard case .failure(let error) = await fixture.file(url) else {
                Issue.record("accepted")
                continue
            }
            #expect(error.code == .proxyRefused(407), "\(error.code)")
            #expect(error.attempts == 1)
            #expect(!"\(error)".contains("s3cret") && !String(reflecting: error).contains("s3cret"))
            #expect(try fixture.names.isEmpty)
        }
        #expect(try await squid.requests(2).map(\.status) == [407, 407])
        #expect(try await nginx.requests(0).isEmpty)
    }

    @Test("47: a proxy that is not there is told, and is not gone round")
    func down() async throws {
        let nginx = try nginx()
        let port = ScriptedServer.refusingPort()
        for proxy in ["http", "https", "socks5h"].map({ "\($0)://pu:s3cret@127.0.0.1:\(port)" }) {
            let fixture = try fixture(nginx, proxy) { $0.retries = 1 }
            for url in [nginx.url("a.whl"), nginx.secureURL("a.whl")] {
                guard case .failure(let error) = await fixture.file(url) else {
                    Issue.record("accepted")
                    continue
                }
                #expect(error.code == .unreachable && error.attempts == 2)
                #expect(!"\(error)".contains("s3cret"))
            }
        }
        #expect(try await nginx.requests(0).isEmpty)
    }

    @Test("47: an origin that the proxy cannot reach")
    func originDown() async throws {
        let (nginx, squid) = (try nginx(), try SquidServer())
        let fixture = try fixture(nginx, squid.url()) { $0.retries = 1 }
        let port = ScriptedServer.refusingPort()
        #expect(await fixture.page("http://127.0.0.1:\(port)/").code == .status(503, retryAfter: nil))
        guard case .failure(let error) = await fixture.page("https://127.0.0.1:\(port)/") else {
            Issue.record("accepted")
            return
        }
        #expect(error.code == .proxyRefused(503), "\(error.code)")
        #expect(error.attempts == 2)
    }

    @Test("47: hosts without proxy are reached directly")
    func exceptions() async throws {
        let (nginx, squid) = (try nginx(), try SquidServer())
        let fixture = try fixture(nginx, squid.url()) { $0.noProxy = "index.example,localhost" }
        let page = try await fixture.page("http://localhost:\(nginx.port)/a.whl").get()
        #expect(page.bytes == body)
        #expect(try squid.requests.isEmpty)
        _ = try await fixture.page(nginx.url("a.whl")).get()
        #expect(try await squid.requests(1).map(\.url) == [nginx.url("a.whl")])
        let all = try self.fixture(nginx, "http://127.0.0.1:\(ScriptedServer.refusingPort())") { $0.noProxy = "*" }
        _ = try await all.page(nginx.url("a.whl")).get()
    }
}
