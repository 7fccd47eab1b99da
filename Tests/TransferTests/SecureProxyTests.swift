import SystemPackage
import TestSupport
import Testing
import Transfer

@Suite("Through squid over TLS")
struct SecureProxyTests {
    private let body = noise(100_000)
    private let user = ServerUser("pu", "pp")

    @Test("48: TLS to the proxy, for plain HTTP and for HTTPS within it", arguments: [true, false])
    func trusted(isHTTP2: Bool) async throws {
        let nginx = try Nginx(files: ["a.whl": body], secure: "")
        let squid = try SquidServer(user: user, identity: ServerIdentity(in: nginx.directory))
        let fixture = try EngineFixture {
            $0.proxy = squid.secureURL("pu:pp")
            $0.noProxy = ""
            $0.caFile = nginx.path("ca.pem")
            $0.httpVersion = isHTTP2 ? .automatic : .http1
        }
        _ = try await fixture.file(nginx.url("a.whl"), named: "plain", size: 100_000).get()
        _ = try await fixture.file(nginx.secureURL("a.whl"), named: "secure", size: 100_000).get()
        #expect(try fixture.bytes("plain") == body && fixture.bytes("secure") == body)
        #expect(try await nginx.requests(2).allSatisfy { $0.proxyAuthorization == nil })
        fixture.engine.shutdown()
        let requests = try await squid.requests(2)
        #expect(requests.map(\.method) == ["GET", "CONNECT"])
        #expect(requests.allSatisfy { $0.proxyAuthorization == user.basic && $0.status == 200 })
    }

    @Test("48: a proxy whose certificate is not to be trusted gets nothing, least of all its credentials")
    func untrusted() async throws {
        let nginx = try Nginx(files: ["a.whl": body], secure: "")
        let squid = try SquidServer(user: user, identity: ServerIdentity(in: nginx.directory))
        let fixture = try EngineFixture {
            $0.proxy = squid.secureURL("pu:pp")
            $0.noProxy = ""
            $0.caFile = nginx.path("other-ca.pem")
        }
        for url in [nginx.url("a.whl"), nginx.secureURL("a.whl")] {
            guard case .failure(let error) = await fixture.file(url) else {
                Issue.record("accepted")
                continue
            }
            #expect(error.code == .tls && error.attempts == 1, "\(error)")
        }
        #expect(try squid.requests.isEmpty)
        #expect(try await nginx.requests(0).isEmpty)
    }

    @Test("48: the identity of a client is not shown to the proxy")
    func ownIdentity() async throws {
        let nginx = try Nginx(files: ["a.whl": body], secure: "ssl_client_certificate ca.pem; ssl_verify_client on;")
        let squid = try SquidServer(identity: ServerIdentity(in: nginx.directory))
        let fixture = try EngineFixture {
            $0.proxy = squid.secureURL()
            $0.noProxy = ""
            $0.caFile = nginx.path("ca.pem")
            $0.clientCertificate = nginx.path("client.pem")
            $0.clientKey = nginx.path("client.key")
            $0.credentials = .bearer("token")
        }
        _ = try await fixture.file(nginx.secureURL("a.whl"), size: 100_000).get()
        #expect(try await nginx.requests(1).map(\.client) == ["CN=client"])
        #expect(try await nginx.requests(1).map(\.authorization) == ["Bearer token"])
        fixture.engine.shutdown()
        #expect(try await squid.requests(1).map(\.authorization) == [nil])
    }

    @Test("48: pins are those of the origin, not of the proxy")
    func pins() async throws {
        let nginx = try Nginx(files: ["a.whl": body], secure: "")
        try Certificates.issue("proxy", in: nginx.directory)
        let squid = try SquidServer(identity: ServerIdentity("proxy", in: nginx.directory))
        let pins = [try nginx.pin(), try nginx.pin("proxy")]
        for (pin, isRight) in zip(pins, [true, false]) {
            let fixture = try EngineFixture {
                $0.proxy = squid.secureURL()
                $0.noProxy = ""
                $0.caFile = nginx.path("ca.pem")
                $0.pins = [pin]
            }
            let result = await fixture.file(nginx.secureURL("a.whl"), size: 100_000)
            #expect(result.code == (isRight ? nil : .wrongPin))
        }
        #expect(try await nginx.requests(1).count == 1)
    }
}
