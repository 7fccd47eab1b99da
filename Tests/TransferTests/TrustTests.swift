import Foundation
import SystemPackage
import TestSupport
import Testing
import Transfer

@Suite("Which servers are trusted")
struct TrustTests {
    private let body = noise(10_000)

    private func nginx(_ secure: String = "", _ certificate: Certificates.Claim = .good) throws -> Nginx {
        try Nginx(files: ["a.whl": body], secure: secure, certificate: certificate)
    }

    private func fixture(
        _ nginx: Nginx,
        _ configure: (inout TransferConfiguration) -> Void = { _ in }
    ) throws -> EngineFixture {
        try EngineFixture {
            $0.caFile = nginx.path("ca.pem")
            configure(&$0)
        }
    }

    @Test("43: a server whose authority is not among ours is refused at once, and the system's are not ours")
    func authorities() async throws {
        let nginx = try nginx()
        for file in [nginx.path("other-ca.pem"), nil] {
            let fixture = try EngineFixture { $0.caFile = file }
            guard case .failure(let error) = await fixture.file(nginx.secureURL("a.whl")) else {
                Issue.record("accepted")
                continue
            }
            #expect(error.code == .tls && error.attempts == 1)
            #expect(fixture.engine.statistics.retries == 0)
        }
        #expect(try await nginx.requests(0).isEmpty)
        _ = try await fixture(nginx).file(nginx.secureURL("a.whl")).get()
    }

    @Test("43: a file of authorities that is not there, or holds none, is told as such", arguments: [true, false])
    func brokenAuthorities(isThere: Bool) async throws {
        let nginx = try nginx()
        let file = nginx.path("broken.pem")
        if isThere { try "no certificate".write(toFile: file.string, atomically: false, encoding: .utf8) }
        let fixture = try EngineFixture { $0.caFile = file }
        guard case .failure(let error) = await fixture.file(nginx.secureURL("a.whl")) else {
            Issue.record("accepted")
            return
        }
        #expect(error.code == .tls && error.attempts == 1, "\(error)")
        #expect("\(error)".contains("broken.pem"), "\(error)")
    }

    @Test(
        "43: a certificate that ended, or is for another host, is refused unless nothing is checked",
        arguments: [Certificates.Claim.expired, .otherHost]
    )
    func badCertificate(claim: Certificates.Claim) async throws {
        let nginx = try nginx("", claim)
        guard case .failure(let error) = await (try fixture(nginx)).file(nginx.secureURL("a.whl")) else {
            Issue.record("accepted")
            return
        }
        #expect(error.code == .tls && error.attempts == 1, "\(error)")
        #expect(error.detail?.contains(claim.days < 0 ? "expired" : "localhost") == true, "\(error)")
        let insecure = try fixture(nginx) { $0.isInsecure = true }
        #expect(try await insecure.file(nginx.secureURL("a.whl")).get().size == 10_000)
    }

    @Test("43: a redirect to a server that is not trusted is refused as well")
    func redirect() async throws {
        let other = try nginx()
        let nginx = try nginx("location /b { return 302 https://localhost:\(other.securePort)/a.whl; }")
        guard case .failure(let error) = await (try fixture(nginx)).file(nginx.secureURL("b")) else {
            Issue.record("accepted")
            return
        }
        #expect(error.code == .tls && error.attempts == 1)
        #expect(try await other.requests(0).isEmpty)
    }

    @Test("43: a server that speaks nothing newer than TLS 1.1 is refused, whatever is checked")
    func oldProtocol() async throws {
        let nginx = try nginx()
        let server = try LoopbackProgram(errors: nginx.path("s_server")) { ports in
            try BackgroundProgram(
                ["openssl", "s_server", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-www", "-quiet"]
                    + ["-accept", "127.0.0.1:\(ports[0])", "-cert", "server.pem", "-key", "server.key"],
                in: nginx.directory,
                errors: nginx.path("s_server")
            )
        }
        defer { server.program.stop() }
        for isInsecure in [false, true] {
            let fixture = try fixture(nginx) {
                $0.isInsecure = isInsecure
                $0.retries = 0
            }
            guard case .failure(let error) = await fixture.page("https://localhost:\(server.ports[0])/") else {
                Issue.record("accepted")
                continue
            }
            #expect([.tls, .tlsHandshake].contains(error.code))
            // The server's own words: it was our lowest version that stood in the way, not a cipher.
            #expect(error.detail?.contains("protocol version") == true, "\(error)")
        }
    }

    @Test("43: the server of another version's test speaks TLS 1.2 too, and is then accepted")
    func newEnoughProtocol() async throws {
        let nginx = try nginx("ssl_protocols TLSv1.2;")
        #expect(try await fixture(nginx).file(nginx.secureURL("a.whl")).get().size == 10_000)
    }

    @Test("Pins: the right key is taken, another is refused at once, also when nothing else is checked")
    func pins() async throws {
        let nginx = try nginx()
        try Certificates.issue("other", in: nginx.directory)
        let (right, wrong) = (try nginx.pin(), try nginx.pin("other"))
        for pins in [[right], [wrong, right]] {
            let fixture = try fixture(nginx) { $0.pins = pins }
            #expect(try await fixture.file(nginx.secureURL("a.whl")).get().size == 10_000)
        }
        for isInsecure in [false, true] {
            let fixture = try fixture(nginx) {
                $0.pins = [wrong]
                $0.isInsecure = isInsecure
            }
            guard case .failure(let error) = await fixture.file(nginx.secureURL("a.whl")) else {
                Issue.record("accepted")
                continue
            }
            #expect(error.code == .wrongPin && error.attempts == 1)
        }
        // A pin stands beside the authorities, not in their place.
        let untrusted = try EngineFixture {
            $0.caFile = nginx.path("other-ca.pem")
            $0.pins = [right]
        }
        #expect(await untrusted.file(nginx.secureURL("a.whl")).code == .tls)
        #expect(try await nginx.requests(2).count == 2)
    }

    @Test("Pins belong to our origins, and not to where a redirect leads")
    func pinsElsewhere() async throws {
        let nginx = try nginx()
        try Certificates.issue("second", in: nginx.directory)
        let port = ScriptedServer.unusedPort()
        let secure = """
            location /b { return 302 https://localhost:\(port)/a.whl; } }
            server {
                listen 127.0.0.1:\(port) ssl http2;
                ssl_certificate \(nginx.path("second.pem")); ssl_certificate_key \(nginx.path("second.key"));
            """
        let two = try Nginx(files: ["a.whl": body], secure: secure)
        let file = two.path("both.pem")
        let authorities = try [nginx, two].map { try String(contentsOfFile: $0.path("ca.pem").string, encoding: .utf8) }
        try authorities.joined().write(toFile: file.string, atomically: false, encoding: .utf8)
        let pin = try two.pin()
        let fixture = try EngineFixture {
            $0.caFile = file
            $0.pins = [pin]
            $0.connections = 1
        }
        _ = try await fixture.file(two.secureURL("a.whl"), named: "own").get()
        let led = try await fixture.file(two.secureURL("b"), named: "led").get()
        #expect(led.finalURL == "https://localhost:\(port)/a.whl")
        // The connection that the redirect left behind was not checked, and does not serve a request that wants it.
        #expect(await fixture.file("https://localhost:\(port)/a.whl", named: "direct").code == .wrongPin)
        // Files of other hosts are not the pinned upstream's.
        let listed = try EngineFixture {
            $0.caFile = file
            $0.pins = [pin]
            $0.identityOrigins = [two.secureURL("")]
        }
        _ = try await listed.file("https://localhost:\(port)/a.whl").get()
    }
}
