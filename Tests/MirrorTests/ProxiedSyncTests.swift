import DemoUpstream
import Foundation
import Layouts
import SystemPackage
import TestSupport
import Testing

/// Syncs through a real proxy, which the environment or the mirror names.
@Suite("Syncs through a proxy") struct ProxiedSyncTests {
    private let demo: DemoFixture

    init() throws { demo = try DemoFixture() }

    /// Serves the demo's upstream to clients that trust `ca.pem` of the demo's folder.
    ///
    /// - Parameter settings: Further directives of the server.
    /// - Returns: The server, which is `localhost` for its certificate.
    /// - Throws: What keeps it from starting.
    private func serveSecurely(_ settings: String = "") throws -> NginxServer {
        let folder = demo.folder.path
        try demo.folder.link("site/web", to: "../upstream")
        try Certificates.make(in: folder)
        let identity = ServerIdentity(in: folder)
        let secure = """
            ssl http2;
            ssl_certificate "\(identity.certificate)"; ssl_certificate_key "\(identity.key)"; \(settings)
            """
        return try NginxServer { address in
            try Layout.nginx.render(root: folder.appending("site").string, listen: address)
                .replacingOccurrences(of: "listen \(address);", with: "listen \(address) \(secure)")
        }
    }

    private func mirror(
        of server: NginxServer,
        environment: [String: String],
        configuration: [String: String] = [:]
    ) throws -> TestMirror {
        let isSecure = configuration["ca-file"] != nil
        return try TestMirror(
            of: isSecure ? "https://localhost:\(server.port)/simple/" : server.url("/simple/"),
            projects: ["demo-web"],
            environment: Larder.environment.merging(environment) { $1 },
            configuration: configuration
        )
    }

    @Test(
        "47: the environment names the proxy for plain HTTP; HTTP_PROXY is none, since servers set it from a header",
        arguments: [("http_proxy", true), ("all_proxy", true), ("ALL_PROXY", true), ("HTTP_PROXY", false)]
    )
    func environment(variable: String, isUsed: Bool) throws {
        let (server, squid) = (try demo.serve(), try SquidServer(user: ServerUser("pu", "pa55w0rd")))
        let result = try mirror(of: server, environment: [variable: squid.url("pu:pa55w0rd")]).sync()
        #expect(result.exitCode == 0, "\(result)")
        #expect(try squid.requests.isEmpty != isUsed)
        if isUsed { #expect(try squid.requests.count == server.requests.count) }
    }

    @Test("47: the environment names the proxy for HTTPS", arguments: ["https_proxy", "HTTPS_PROXY", "all_proxy"])
    func secureEnvironment(variable: String) throws {
        let (server, squid) = (try serveSecurely(), try SquidServer())
        let trust = ["ca-file": "\"\(demo.folder.path.appending("ca.pem"))\""]
        let result = try mirror(of: server, environment: [variable: squid.url()], configuration: trust).sync()
        #expect(result.exitCode == 0, "\(result)")
        #expect(try Set(squid.requests.map(\.url)) == ["localhost:\(server.port)"])
        #expect(try squid.requests.allSatisfy { $0.method == "CONNECT" })
    }

    @Test("47: the environment names a SOCKS5 server")
    func socks() throws {
        let (server, socks) = (try demo.serve(), try SocksServer(user: ServerUser("su", "sp")))
        let result = try mirror(of: server, environment: ["all_proxy": socks.url("socks5h", "su:sp")]).sync()
        #expect(result.exitCode == 0, "\(result)")
        #expect(try Set(socks.targets) == ["127.0.0.1:\(server.port)"])
    }

    @Test("47: the environment names the hosts that need no proxy", arguments: ["no_proxy", "NO_PROXY"])
    func exceptions(variable: String) throws {
        let (server, squid) = (try demo.serve(), try SquidServer())
        let environment = ["http_proxy": squid.url(), variable: "index.example,127.0.0.1"]
        let result = try mirror(of: server, environment: environment).sync()
        #expect(result.exitCode == 0, "\(result)")
        #expect(try squid.requests.isEmpty)
    }

    @Test("47: a proxy of the configuration stands above the environment's")
    func rank() throws {
        let (server, squid) = (try demo.serve(), try SquidServer())
        let result = try mirror(
            of: server,
            environment: ["http_proxy": "http://127.0.0.1:\(ScriptedServer.refusingPort())"],
            configuration: ["proxy": "\"\(squid.url())\""]
        )
        .sync()
        #expect(result.exitCode == 0, "\(result)")
        #expect(try squid.requests.count == server.requests.count)
    }

    @Test("44, 47: from an HTTPS upstream that wants a client certificate, through squid that wants credentials")
    func everything() throws {
        let folder = demo.folder.path
        let server = try serveSecurely("ssl_client_certificate \"\(folder)/ca.pem\"; ssl_verify_client on;")
        let user = ServerUser("pu", "pa55w0rd")
        let squid = try SquidServer(user: user)
        let mirror = try TestMirror(
            of: "https://localhost:\(server.port)/simple/",
            configuration: [
                "ca-file": "\"\(folder)/ca.pem\"", "client-certificate": "\"\(folder)/client.pem\"",
                "client-key": "\"\(folder)/client.key\"", "connections": "4",
            ]
        )
        let secret = mirror.root.appending("upstream.secret").string
        try "proxy = \"\(squid.url("pu:pa55w0rd"))\"\n".write(toFile: secret, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: secret)

        let result = try mirror.sync()
        #expect(result.exitCode == 0, "\(result)")
        #expect(result.report.int("projects.changed") == 40)
        #expect(try mirror.verify().exitCode == 0)
        let direct = try TestMirror(of: "file://\(folder)/upstream/simple/")
        #expect(try direct.sync().exitCode == 0)
        #expect(try mirror.treeDigest == direct.treeDigest)

        let tunnels = try squid.requests
        #expect(!tunnels.isEmpty && tunnels.count <= 4)
        #expect(
            tunnels.allSatisfy {
                $0.method == "CONNECT" && $0.proxyAuthorization == user.basic && $0.authorization == nil
            }
        )
        // The password stands where it was written, and nowhere else.
        #expect(!result.output.contains("pa55w0rd") && !result.errors.contains("pa55w0rd"))
        let search = ["grep", "--recursive", "--quiet", "--exclude=upstream.secret", "pa55w0rd", mirror.root.string]
        #expect(try BackgroundProgram(search).wait() == 1)
    }
}
