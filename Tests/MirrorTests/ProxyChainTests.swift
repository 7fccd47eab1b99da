import DemoUpstream
import Foundation
import SystemPackage
import TestSupport
import Testing

/// The whole way: a sync through a real proxy, from a real server that wants to know who asks.
@Suite("Through squid", .enabled(if: NginxServer.program != nil, "nginx is not installed"))
struct ProxyChainTests {
    @Test("A sync through squid with credentials, from an HTTPS upstream with a client certificate")
    func chain() throws {
        let upstream = try SecureUpstream(asksForCertificate: true, content: DemoUpstream.world)
        let user = ServerUser("proxy-user", "proxy-hunter2")
        let squid = try SquidServer(user: user)
        let mirror = try TestMirror.matrix(
            of: upstream.url,
            [
                "ca-file": upstream.path("ca.pem"), "client-certificate": upstream.path("client.pem"),
                "client-key": upstream.path("client.key"), "username": "'mirror'", "connections": "4",
            ],
            files: [
                "upstream.secret": """
                password = 'origin-hunter2'
                proxy = '\(squid.url("\(user.name):\(user.password)"))'

                """
            ]
        )
        let result = try mirror.syncCompletely()

        // All of it is here, and right.
        let reference = try TestMirror(of: upstream.demo.upstream.simpleURL)
        try reference.syncCompletely()
        #expect(try mirror.treeDigest == reference.treeDigest)
        #expect(try mirror.verify().exitCode == 0)

        // The upstream knows the mirror by its certificate and its password, and hears nothing of the proxy's.
        let right = try upstream.resources { request in
            request.status == 200 && request.client == "CN=client"
                && request.authorization == basic("mirror", "origin-hunter2") && request.proxyAuthorization == nil
        }
        #expect(right == .everything)

        // squid writes a tunnel down when it is over, and hears nothing of the upstream's.
        var tunnels: [SquidServer.Request] = []
        for _ in 0..<500 {
            tunnels = try squid.requests.filter { $0.status == 200 }
            if !tunnels.isEmpty { break }
            usleep(10_000)
        }
        #expect(!tunnels.isEmpty)
        for tunnel in tunnels {
            #expect(tunnel.method == "CONNECT" && tunnel.url == upstream.authority)
            #expect(tunnel.proxyAuthorization == user.basic && tunnel.authorization == nil)
        }

        let secrets = [
            user.password, "origin-hunter2", String(user.basic.dropFirst("Basic ".count)),
            String(basic("mirror", "origin-hunter2").dropFirst("Basic ".count)),
        ]
        try mirror.expectNoTrace(of: secrets, after: result, except: ["upstream.secret"])
    }

    @Test("Without its credentials, squid lets nothing through, and the run says so")
    func refused() throws {
        let upstream = try SecureUpstream()
        let squid = try SquidServer(user: ServerUser("proxy-user", "proxy-hunter2"))
        let configuration = ["ca-file": upstream.path("ca.pem"), "proxy": "'\(squid.url())'", "retries": "0"]
        let result = try TestMirror.matrix(of: upstream.url, configuration).run("sync")
        #expect(result.exitCode == 69, "\(result)")
        #expect(result.errors.contains("407") || result.errors.lowercased().contains("proxy"), "\(result)")
        #expect(try upstream.requests.isEmpty)
    }
}
