import SystemPackage
import TestSupport
import Testing
import Transfer

@Suite("Client certificates")
struct ClientIdentityTests {
    private let body = noise(10_000)
    /// Connections end soon, so that TLS sessions, which hold the client's identity, go on with others.
    private let asks = """
        ssl_client_certificate ca.pem; ssl_verify_client optional; keepalive_requests 4;
        ssl_session_cache shared:s:1m; ssl_protocols TLSv1.2 TLSv1.3;
        """

    private func fixture(
        _ nginx: Nginx,
        as name: String? = "client",
        _ configure: (inout TransferConfiguration) -> Void = { _ in }
    ) throws -> EngineFixture {
        try EngineFixture {
            $0.caFile = nginx.path("ca.pem")
            $0.clientCertificate = name.map { nginx.path("\($0).pem") }
            $0.clientKey = name.map { nginx.path("\($0).key") }
            $0.connections = 4
            configure(&$0)
        }
    }

    private func download(_ count: Int, with fixture: EngineFixture, _ url: @Sendable @escaping (Int) -> String) async {
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                group.addTask { _ = await fixture.file(url(number), named: "\(number)", size: 10_000) }
            }
        }
        #expect(fixture.engine.statistics.succeeded == count)
    }

    @Test("44, 45: two engines with different certificates share nothing", arguments: [true, false])
    func twoEngines(isHTTP2: Bool) async throws {
        let nginx = try Nginx(files: ["a.whl": body], secure: asks)
        try Certificates.issue("second", in: nginx.directory)
        let configure: (inout TransferConfiguration) -> Void = { $0.httpVersion = isHTTP2 ? .automatic : .http1 }
        let (one, two) = (try fixture(nginx, configure), try fixture(nginx, as: "second", configure))
        let url = nginx.secureURL("a.whl")
        await withTaskGroup(of: Void.self) { group in
            for engine in [one, two] { group.addTask { await download(30, with: engine) { _ in url } } }
        }
        let requests = try await nginx.requests(60)
        #expect(Set(requests.map(\.client)) == ["CN=client", "CN=second"])
        #expect(requests.filter { $0.client == "CN=client" }.count == 30)
        expectOneClientPerConnection(requests)
    }

    @Test(
        "45: requests of one engine with and without the certificate never share a connection",
        arguments: [true, false]
    )
    func oneEngine(isHTTP2: Bool) async throws {
        let nginx = try Nginx(files: ["a.whl": body], secure: asks)
        let start = try Nginx(
            files: [:],
            server: "location / { return 302 https://localhost:\(nginx.securePort)$request_uri; }"
        )
        let fixture = try fixture(nginx) { $0.httpVersion = isHTTP2 ? .automatic : .http1 }
        // Where a redirect from another origin leads, the certificate does not go along.
        let urls = [start.url("a.whl"), nginx.secureURL("a.whl?own")]
        await download(60, with: fixture) { urls[$0 % 2] }
        let requests = try await nginx.requests(60)
        #expect(requests.filter { $0.client == "CN=client" }.count == 30)
        #expect(requests.filter { $0.client == nil }.count == 30)
        expectOneClientPerConnection(requests)
        #expect(isHTTP2 || requests.contains(where: \.isResumed))
        let log = try nginx.log()
        #expect(log.allSatisfy { ($0[1] == "SUCCESS") == $0[3].hasSuffix("?own") })
    }

    @Test("45: the same, one request after the other on one handle")
    func oneHandle() async throws {
        let nginx = try Nginx(files: ["a.whl": body], secure: asks)
        let start = try Nginx(
            files: [:],
            server: "location / { return 302 https://localhost:\(nginx.securePort)$request_uri; }"
        )
        let fixture = try fixture(nginx) { $0.connections = 1 }
        for number in 0..<10 {
            let url = number % 2 == 0 ? nginx.secureURL("a.whl") : start.url("a.whl")
            _ = try await fixture.file(url, named: "\(number)", size: 10_000).get()
        }
        let requests = try await nginx.requests(10)
        #expect(requests.map(\.client) == (0..<10).map { $0 % 2 == 0 ? "CN=client" : nil })
        expectOneClientPerConnection(requests)
    }

    @Test(
        "44: a key that does not belong to the certificate, or is not there, is told once",
        arguments: ["ca.key", "none"]
    )
    func brokenKey(name: String) async throws {
        let nginx = try Nginx(files: ["a.whl": body], secure: asks)
        let fixture = try fixture(nginx) { $0.clientKey = nginx.path(name) }
        guard case .failure(let error) = await fixture.file(nginx.secureURL("a.whl")) else {
            Issue.record("accepted")
            return
        }
        #expect(error.code == .tls && error.attempts == 1, "\(error)")
        #expect("\(error)".contains(name) || name == "ca.key", "\(error)")
        #expect(try await nginx.requests(0).isEmpty)
    }

    @Test("44: a certificate that the server does not know is refused, and so is none")
    func unknown() async throws {
        let nginx = try Nginx(files: ["a.whl": body], secure: "ssl_client_certificate ca.pem; ssl_verify_client on;")
        let other = try Nginx(files: [:], secure: "")
        let stranger = try EngineFixture {
            $0.caFile = nginx.path("ca.pem")
            $0.clientCertificate = other.path("client.pem")
            $0.clientKey = other.path("client.key")
        }
        for fixture in [stranger, try fixture(nginx, as: nil)] {
            guard case .failure(let error) = await fixture.file(nginx.secureURL("a.whl")) else {
                Issue.record("accepted")
                continue
            }
            #expect(error.code == .status(400, retryAfter: nil) && error.attempts == 1, "\(error)")
        }
    }

    private func expectOneClientPerConnection(_ requests: [Nginx.Request]) {
        for (connection, requests) in Dictionary(grouping: requests, by: \.connection) {
            #expect(Set(requests.map(\.client)).count == 1, "connection \(connection)")
        }
    }
}
