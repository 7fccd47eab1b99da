import Foundation
import SystemPackage
import TestSupport
import Testing
import Transfer

@Suite("Credentials")
struct CredentialTests {
    private static let script: @Sendable (ServerConnection, ServerRequest, Int) -> ScriptedServer.Next = {
        connection,
        request,
        _ in
        if let target = request.path.split(separator: "?to=").dropFirst().first {
            connection.answer(status: "302 Found", headers: ["Location: \(target)"])
        } else {
            connection.answer(Array("abc".utf8))
        }
        return .keepAlive
    }

    private func sent(_ server: ScriptedServer) -> [String?] { server.requests.map { $0.header("Authorization") } }

    @Test("46: an empty password, an empty name and letters beyond ASCII reach a real server as they are")
    func unusual() async throws {
        let users = [ServerUser("__token__", ""), ServerUser("", "word"), ServerUser("jörg", "p:ä s%40")]
        let nginx = try Nginx(files: ["a.whl": [1]])
        for user in users {
            let fixture = try EngineFixture { $0.credentials = .basic(userName: user.name, password: user.password) }
            _ = try await fixture.page(nginx.url("a.whl")).get()
        }
        #expect(try await nginx.requests(3).map(\.authorization) == users.map(\.basic))
    }

    @Test("46: an empty password is a password: the server lets it in, and refuses another")
    func emptyPassword() async throws {
        let nginx = try Nginx(
            files: ["a.whl": [1], "users": Array("me:{PLAIN}\n".utf8)],
            server: "location = /a.whl { auth_basic x; auth_basic_user_file www/users; }"
        )
        for (password, code) in [("", nil), ("x", TransferError.Code.status(401, retryAfter: nil))] {
            let fixture = try EngineFixture { $0.credentials = .basic(userName: "me", password: password) }
            #expect(await fixture.page(nginx.url("a.whl")).code == code)
        }
        let inURL = try EngineFixture()
        #expect(await inURL.page("http://me:@127.0.0.1:\(nginx.port)/a.whl").code == nil)
        #expect(await inURL.page("http://me@127.0.0.1:\(nginx.port)/a.whl").code == nil)
    }

    @Test("46: a bearer token, over TLS and HTTP/2, also for the files")
    func bearer() async throws {
        let nginx = try Nginx(
            files: ["a.whl": [1, 2, 3]],
            secure: "if ($http_authorization != \"Bearer tök.en-1_2~+/==\") { return 403; }"
        )
        for (token, code) in [("tök.en-1_2~+/==", nil), ("other", TransferError.Code.status(403, retryAfter: nil))] {
            let fixture = try EngineFixture {
                $0.caFile = nginx.path("ca.pem")
                $0.credentials = .bearer(token)
            }
            #expect(await fixture.page(nginx.secureURL("a.whl")).code == code)
            #expect(await fixture.file(nginx.secureURL("a.whl")).code == code)
        }
    }

    @Test("46: whatever fails, no error shows a credential")
    func nothingShown() async throws {
        let nginx = try Nginx(
            files: ["users": []],
            server: "auth_basic x; auth_basic_user_file www/users;",
            secure: "location /r { return 302 http://u:s3cret@localhost/; }"
        )
        let port = ScriptedServer.refusingPort()
        for credentials in [TransferCredentials.basic(userName: "s3cret-name", password: "s3cret"), .bearer("s3cret")] {
            let fixture = try EngineFixture {
                $0.caFile = nginx.path("ca.pem")
                $0.credentials = credentials
                $0.headers = [("X-Key", "s3cret")]
                $0.retries = 1
            }
            let untrusted = try EngineFixture {
                $0.caFile = nginx.path("other-ca.pem")
                $0.credentials = credentials
            }
            let results = [
                await fixture.page(nginx.url("a")), await fixture.page(nginx.secureURL("r")),
                await fixture.page("http://u:s3cret@127.0.0.1:\(port)/"), await fixture.page("http://u:s3cret@"),
                await fixture.page("gopher://u:s3cret@localhost/"), await untrusted.page(nginx.secureURL("a")),
            ]
            for result in results {
                guard case .failure(let error) = result else {
                    Issue.record("accepted")
                    continue
                }
                var text = "\(error) \(String(reflecting: error))"
                dump(error, to: &text)
                #expect(!text.contains("s3cret"))
            }
        }
    }

    @Test("46: netrc names us to our origins alone, and not beyond a redirect, even on the same host")
    func netrc() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("netrc", "machine 127.0.0.1 login me password wo\"rd\n", mode: 0o600)
        let (own, other) = (ScriptedServer(Self.script), ScriptedServer(Self.script))
        defer {
            own.stop()
            other.stop()
        }
        let fixture = try EngineFixture {
            $0.netrcFile = file
            $0.identityOrigins = [own.url()]
            $0.connections = 1
        }
        for _ in 0..<2 {
            _ = try await fixture.page(own.url("/a")).get()
            _ = try await fixture.page(own.url("/a?to=/b")).get()
            _ = try await fixture.page(own.url("/a?to=\(other.url())")).get()
            _ = try await fixture.page(other.url("/a")).get()
        }
        #expect(sent(own) == Array(repeating: ServerUser("me", "wo\"rd").basic, count: 8))
        #expect(sent(other) == [nil, nil, nil, nil])
        // Without a list it is the origin that a request starts from.
        let open = try EngineFixture { $0.netrcFile = file }
        _ = try await open.page(other.url("/a?to=\(own.url())")).get()
        #expect(sent(other).last == ServerUser("me", "wo\"rd").basic)
        #expect(sent(own).last == .some(nil))
    }

    @Test("46: netrc stands behind credentials that are configured or in the URL, and speaks of its hosts only")
    func netrcRank() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("netrc", "machine localhost login me password word\n", mode: 0o600)
        let server = ScriptedServer(Self.script)
        defer { server.stop() }
        let local = server.url("/a", host: "localhost")
        let configured: [TransferCredentials?] = [.basic(userName: "u", password: "p"), .bearer("t"), nil]
        for credentials in configured {
            let fixture = try EngineFixture {
                $0.netrcFile = file
                $0.credentials = credentials
            }
            _ = try await fixture.page(local).get()
            _ = try await fixture.page(local.replacingOccurrences(of: "//", with: "//v:q@")).get()
            _ = try await fixture.page(server.url("/a")).get()
        }
        let inURL = ServerUser("v", "q").basic
        #expect(
            sent(server) == [
                ServerUser("u", "p").basic, inURL, ServerUser("u", "p").basic, "Bearer t", inURL, "Bearer t",
                ServerUser("me", "word").basic, inURL, nil,
            ]
        )
    }

    @Test("46: no netrc is read that was not named")
    func noNetrc() async throws {
        let server = ScriptedServer(Self.script)
        defer { server.stop() }
        _ = try await EngineFixture().page(server.url()).get()
        #expect(sent(server) == [nil])
    }
}
