import Digest
import Foundation
import SystemPackage
import TestSupport
import Testing
import Transfer

@Suite("Against a real FTP server")
struct FTPTests {
    private let body = noise(300_000)

    private func fixture(_ configure: (inout TransferConfiguration) -> Void = { _ in }) throws -> EngineFixture {
        try EngineFixture {
            $0.allowsFTP = true
            configure(&$0)
        }
    }

    private func digests(_ bytes: [UInt8]) throws -> [DigestAlgorithm: [UInt8]] {
        [.sha256: try SHA256Digest.hash(bytes).bytes]
    }

    @Test("33: a file by FTP goes through the same checks: size and digest, right and wrong")
    func checked() async throws {
        let ftp = try FTPServer(files: ["packages/a b.whl": body])
        let fixture = try fixture { $0.retries = 1 }
        let url = ftp.url("packages/a%20b.whl")
        let response = try await fixture.file(url, size: 300_000, digests: try digests(body)).get()
        #expect(try fixture.bytes() == body && response.size == 300_000)
        #expect(response.finalURL == url)
        let wrong = await fixture.file(url, named: "digest", digests: try digests([1]))
        guard case .wrongDigest(.sha256, _, _) = wrong.code else {
            Issue.record("\(String(describing: wrong.code))")
            return
        }
        for size: UInt64 in [299_999, 300_001] {
            guard let code = await fixture.file(url, named: "size", size: size).code else {
                Issue.record("accepted")
                continue
            }
            switch code {
            case .wrongSize(expected: size, found: 300_000), .tooLong(limit: size, declared: _),
                .shortBody(expected: size, received: 300_000):
                break
            default: Issue.record("\(code)")
            }
        }
        #expect(try fixture.names == ["file"])
    }

    @Test("33, 47: through an HTTP proxy, by a tunnel; what the proxy has to say is no answer of the FTP server")
    func proxied() async throws {
        let (ftp, squid) = (try FTPServer(files: ["a.whl": body]), try SquidServer())
        let fixture = try fixture {
            $0.proxy = squid.url()
            $0.noProxy = ""
            $0.retries = 1
        }
        _ = try await fixture.file(ftp.url("a.whl"), size: 300_000, digests: try digests(body)).get()
        #expect(try fixture.bytes() == body)
        for path in ["b.whl", "no/folder/index.html"] {
            #expect(await fixture.page(ftp.url(path)).code == .fileNotFound)
        }
        let nowhere = await fixture.page("ftp://127.0.0.1:\(ScriptedServer.unusedPort())/index.html")
        guard case .proxyRefused(503) = nowhere.code else {
            Issue.record("\(nowhere)")
            return
        }
    }

    @Test("33: a page by FTP")
    func page() async throws {
        let ftp = try FTPServer(files: ["simple/a/index.html": Array("<a href=x>x</a>".utf8)])
        let page = try await (try fixture()).page(ftp.url("simple/a/index.html")).get()
        #expect(page.bytes == Array("<a href=x>x</a>".utf8))
    }

    @Test("33: a file that is not there is told once, whether or not its folder is", arguments: ["b.whl", "c/d/b.whl"])
    func missing(path: String) async throws {
        let ftp = try FTPServer(files: ["a.whl": body])
        let fixture = try fixture()
        guard case .failure(let error) = await fixture.file(ftp.url(path)) else {
            Issue.record("accepted")
            return
        }
        #expect(error.code == .fileNotFound && error.attempts == 1, "\(error)")
        #expect(try fixture.names.isEmpty)
    }

    @Test("33: FTP is refused without a connection unless it is turned on", arguments: ["ftp", "ftps"])
    func off(scheme: String) async throws {
        let server = ScriptedServer { _, _, _ in .close }
        defer { server.stop() }
        let fixture = try EngineFixture()
        let code = await fixture.file("\(scheme)://127.0.0.1:\(server.port)/a.whl").code
        #expect(code == .unsupportedScheme(scheme))
        #expect(server.acceptedConnections == 0)
    }

    @Test("7, 33: HTTP does not lead to FTP, even where it is turned on")
    func redirect() async throws {
        let ftp = try FTPServer(files: ["a.whl": body])
        let nginx = try Nginx(files: [:], server: "location / { return 302 \(ftp.url("a.whl")); }")
        #expect(await (try fixture()).file(nginx.url("a")).code == .redirectRefused(to: ftp.url("a.whl"), .scheme))
        #expect(try ftp.commands.isEmpty)
    }

    @Test("33: FTP over TLS, trusted by the same authorities")
    func secure() async throws {
        let folder = try TemporaryFolder()
        try Certificates.make(in: folder.path)
        let ftp = try FTPServer(files: ["a.whl": body], identity: ServerIdentity(in: folder.path))
        let trusted = try fixture { $0.caFile = folder.path.appending("ca.pem") }
        _ = try await trusted.file(ftp.url("a.whl"), size: 300_000, digests: try digests(body)).get()
        let untrusted = try fixture { $0.caFile = folder.path.appending("other-ca.pem") }
        #expect(await untrusted.file(ftp.url("a.whl")).code == .tls)
    }

    @Test("33: a file that is half done goes on where it ends")
    func resumed() async throws {
        let ftp = try FTPServer(files: ["a.whl": body])
        let fixture = try fixture()
        let path = fixture.directory.appending("part")
        try Data(body[..<100_000]).write(to: URL(fileURLWithPath: path.string))
        let request = TransferRequest(
            url: ftp.url("a.whl"),
            priority: .file,
            destination: .resumable(path),
            encoding: .identity,
            expectation: .init(size: 300_000, digests: try digests(body))
        )
        _ = try await fixture.engine.perform(request).get()
        #expect(try fixture.bytes("part") == body)
        #expect(fixture.engine.statistics.resumptions == 1)
        #expect(try ftp.commands.contains("REST 100000"))
    }

    @Test("33: a control connection serves many files, and the identity of the upstream stays out of FTP")
    func many() async throws {
        let ftp = try FTPServer(files: ["a.whl": body])
        let fixture = try fixture {
            $0.connections = 2
            $0.headers = [("X-Key", "secret")]
        }
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask { _ = await fixture.file(ftp.url("a.whl"), named: "\(number)", size: 300_000) }
            }
        }
        #expect(fixture.engine.statistics.succeeded == 20)
        let commands = try ftp.commands
        #expect(commands.filter { $0.hasPrefix("RETR") }.count == 20)
        #expect(commands.filter { $0.hasPrefix("USER") }.count <= 2)
        #expect(!commands.contains { $0.contains("secret") })
    }
}
