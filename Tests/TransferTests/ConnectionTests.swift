import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing
import Transfer

@Suite("Connections and TLS sessions")
struct ConnectionTests {
    private let body = noise(5_000)

    private func fixture(_ nginx: Nginx, isHTTP2: Bool, inFlight: Int? = nil) throws -> EngineFixture {
        try EngineFixture {
            $0.caFile = nginx.path("ca.pem")
            $0.connections = 4
            $0.requestsInFlight = inFlight
            $0.httpVersion = isHTTP2 ? .automatic : .http1
        }
    }

    private func download(_ count: Int, with fixture: EngineFixture, _ url: String) async {
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                group.addTask {
                    let result = await fixture.file(url, named: "\(number)", size: 5_000)
                    #expect(result.code == nil, "\(result)")
                }
            }
        }
    }

    @Test("29: 400 requests over TLS take as many handshakes as connections", arguments: [true, false])
    func handshakes(isHTTP2: Bool) async throws {
        let nginx = try Nginx(files: ["a.whl": body], secure: "")
        let fixture = try fixture(nginx, isHTTP2: isHTTP2, inFlight: 16)
        await download(400, with: fixture, nginx.secureURL("a.whl"))
        let requests = try await nginx.requests(400)
        let connections = Dictionary(grouping: requests, by: \.connection)
        #expect(connections.count <= (isHTTP2 ? 1 : 4))
        #expect(fixture.engine.statistics.connectionsOpened == connections.count)
        #expect(fixture.engine.statistics.retries == 0)
    }

    @Test(
        "29: a server that ends connections after 5 requests: all succeed, and TLS sessions go on",
        arguments: ["TLSv1.2", "TLSv1.3"]
    )
    func shortConnections(version: String) async throws {
        let secure = "keepalive_requests 5; ssl_session_cache shared:s:1m; ssl_protocols \(version);"
        let nginx = try Nginx(files: ["a.whl": body], secure: secure)
        let fixture = try fixture(nginx, isHTTP2: false)
        await download(200, with: fixture, nginx.secureURL("a.whl"))
        #expect(fixture.engine.statistics.succeeded == 200)
        let connections = Dictionary(grouping: try await nginx.requests(200), by: \.connection)
        #expect(connections.count >= 40 && connections.values.allSatisfy { $0.count <= 5 })
        // The first connections begin their own sessions; others go on with one, which in TLS 1.3 serves only once.
        let full = connections.values.filter { !$0[0].isResumed }.count
        #expect(full <= connections.count / 2, "\(full) of \(connections.count)")
    }

    @Test("29: GOAWAY after every 5 requests on HTTP/2: all succeed", arguments: [nil, 32])
    func goAway(inFlight: Int?) async throws {
        let nginx = try Nginx(files: ["a.whl": body], secure: "keepalive_requests 5;")
        let fixture = try fixture(nginx, isHTTP2: true, inFlight: inFlight)
        await download(200, with: fixture, nginx.secureURL("a.whl"))
        #expect(fixture.engine.statistics.succeeded == 200)
        let requests = try await nginx.requests(200)
        #expect(Set(requests.map(\.connection)).count > 4)
        #expect(Set(try nginx.log().map { $0[2] }) == ["HTTP/2.0"])
    }

    @Test("29: connections that the server gave up between two requests are opened again")
    func idle() async throws {
        let nginx = try Nginx(files: ["a.whl": body], server: "keepalive_timeout 0;", secure: "")
        for url in [nginx.url("a.whl"), nginx.secureURL("a.whl")] {
            let fixture = try fixture(nginx, isHTTP2: false)
            await download(40, with: fixture, url)
            #expect(fixture.engine.statistics.succeeded == 40 && fixture.engine.statistics.retries == 0)
        }
    }

    @Test("32: connections are not handed to programs that are started meanwhile")
    func inheritance() async throws {
        let nginx = try Nginx(files: ["a.whl": body], secure: "")
        let fixture = try fixture(nginx, isHTTP2: false)
        await download(8, with: fixture, nginx.secureURL("a.whl"))
        let mine = try descriptors().filter { peerPort(of: $0) == nginx.securePort }.map {
            fcntl($0, F_GETFD) & FD_CLOEXEC
        }
        #expect(!mine.isEmpty && mine.allSatisfy { $0 != 0 })
        // Without its engine, the connections would be gone before they are looked at.
        withExtendedLifetime(fixture) {}
    }

    /// All descriptors of this process.
    private func descriptors() throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }
    }

    /// The port on the other side of a descriptor; `nil` when it is no connection.
    private func peerPort(of descriptor: Int32) -> UInt16? {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) }
        }
        return result == 0 && address.sin_family == sa_family_t(AF_INET) ? UInt16(bigEndian: address.sin_port) : nil
    }

    @Test("29, 45: one engine keeps the connections of several servers apart")
    func severalServers() async throws {
        let nginx = try Nginx(files: ["a.whl": body], secure: "")
        let fixture = try fixture(nginx, isHTTP2: false)
        let urls = [nginx.url("a.whl"), nginx.secureURL("a.whl"), "http://localhost:\(nginx.port)/a.whl"]
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<90 {
                group.addTask { _ = await fixture.file(urls[number % 3], named: "\(number)", size: 5_000) }
            }
        }
        #expect(fixture.engine.statistics.succeeded == 90)
        #expect(try await nginx.requests(90).count == 90)
    }
}
