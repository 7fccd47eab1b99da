import SystemPackage
import TestSupport
import Testing
import Transfer

@Suite("Through a SOCKS5 server")
struct SocksTests {
    private let body = noise(100_000)

    private func fixture(_ nginx: Nginx, _ proxy: String) throws -> EngineFixture {
        try EngineFixture {
            $0.proxy = proxy
            $0.noProxy = ""
            $0.caFile = nginx.path("ca.pem")
        }
    }

    @Test("47: SOCKS5 with and without credentials; the server resolves the names", arguments: [nil, "su:s%40p"])
    func accepted(userInfo: String?) async throws {
        let nginx = try Nginx(files: ["a.whl": body], secure: "")
        let socks = try SocksServer(user: userInfo == nil ? nil : ServerUser("su", "s@p"))
        let fixture = try fixture(nginx, socks.url("socks5h", userInfo))
        _ = try await fixture.file("http://localhost:\(nginx.port)/a.whl", named: "plain", size: 100_000).get()
        _ = try await fixture.file(nginx.secureURL("a.whl"), named: "secure", size: 100_000).get()
        #expect(try fixture.bytes("plain") == body && fixture.bytes("secure") == body)
        #expect(try socks.targets == ["localhost:\(nginx.port)", "localhost:\(nginx.securePort)"])
        #expect(
            try await nginx.requests(2).allSatisfy { $0.authorization == nil && $0.proxyAuthorization == nil }
        )
    }

    @Test("47: SOCKS5 credentials that are missing or wrong are refused once", arguments: [nil, "su:s3cret"])
    func refused(userInfo: String?) async throws {
        let nginx = try Nginx(files: ["a.whl": body], secure: "")
        let socks = try SocksServer(user: ServerUser("su", "sp"))
        let fixture = try fixture(nginx, socks.url("socks5h", userInfo))
        for url in [nginx.url("a.whl"), nginx.secureURL("a.whl")] {
            guard case .failure(let error) = await fixture.file(url) else {
                Issue.record("accepted")
                continue
            }
            // It has no status to tell.
            #expect(error.code == .proxyRefused(0), "\(error.code)")
            #expect(error.attempts == 1)
            #expect(!"\(error)".contains("s3cret"))
        }
        #expect(try socks.targets.isEmpty)
    }

    @Test("47: an origin that the SOCKS5 server cannot reach")
    func originDown() async throws {
        let nginx = try Nginx(files: [:], secure: "")
        let socks = try SocksServer()
        let fixture = try fixture(nginx, socks.url())
        guard case .failure(let error) = await fixture.page("http://127.0.0.1:\(ScriptedServer.refusingPort())/") else {
            Issue.record("accepted")
            return
        }
        #expect(error.code == .unreachable && error.attempts == 5)
        #expect(try socks.targets.isEmpty)
    }
}
