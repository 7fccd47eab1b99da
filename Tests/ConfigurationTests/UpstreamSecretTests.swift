import Configuration
import SystemPackage
import TestSupport
import Testing

@Suite("Secrets")
struct UpstreamSecretTests {
    private func upstream(_ text: String, folder: FilePath = "") throws -> Configuration.Upstream {
        let head = "[upstream]\nurl = 'https://index.example/simple/'\n"
        return try Configuration.parse(head + text, file: "larder.toml", folder: folder).upstream
    }

    @Test("What is written is read back, whatever characters it has")
    func roundTrip() throws {
        let odd = "a\"b\\c 'd' = #é{}[]%"
        let secret = UpstreamSecret(username: odd, password: Secret(odd), proxy: Secret("http://u:p@proxy.example:1/"))
        #expect(try UpstreamSecret.parse(secret.text, file: "upstream.secret")[0] == secret)
        let token = UpstreamSecret(token: Secret("'''"))
        #expect(try UpstreamSecret.parse(token.text, file: "upstream.secret")[0] == token)
        #expect(try UpstreamSecret.parse(UpstreamSecret().text, file: "upstream.secret")[0].isEmpty)
    }

    @Test("Nothing prints a secret")
    func hidden() throws {
        let configuration = try Configuration.parse(
            "[upstream]\nurl = 'https://index.example/'\nusername = 'u'\npassword = "
                + "'hunter2'\nheaders = { A = 'hunter2' }",
            file: "larder.toml"
        )
        let secret = UpstreamSecret(
            password: Secret("hunter2"),
            token: Secret("hunter2"),
            proxy: Secret("http://u:hunter2@proxy.example/")
        )
        var printed = "\(configuration) \(secret) " + String(reflecting: configuration) + String(reflecting: secret)
        dump(configuration, to: &printed)
        dump(secret, to: &printed)
        dump(try configuration.upstream.credentials(secret), to: &printed)
        #expect(printed.contains("index.example"))
        #expect(!printed.contains("hunter2"))
    }

    @Test("A file that is wrong is refused with its line, and without its values")
    func problems() {
        for (text, expected) in [
            ("pasword = 'hunter2'", "upstream.secret:1: unknown key 'pasword'; did you mean 'password'?"),
            ("\npassword = 12345", "upstream.secret:2: 'password' must be a text in quotes, but is a number"),
            ("password = hunter2", "is not valid TOML here; write username = \"…\""),
            (
                "token = 'hunter2'\nusername = 'a'",
                "upstream.secret:1: 'token' and 'username' exclude each other; keep one"
            ),
            ("proxy = 'u:hunter2@proxy'", "upstream.secret:1: 'proxy': '…@proxy' has no scheme; write it as http://…"),
        ] {
            do {
                _ = try UpstreamSecret.parse(text, file: "upstream.secret")
                Issue.record("accepted: \(text)")
            } catch {
                #expect(error.description.contains(expected))
                #expect(!error.description.contains("hunter2"))
            }
        }
    }

    @Test("The file is read only where nobody else can")
    func modes() throws {
        let folder = try TemporaryFolder()
        let closed = try folder.write("closed", "username = 'a'\npassword = 'b'\n", mode: 0o600)
        #expect(try UpstreamSecret.read(closed) == [UpstreamSecret(username: "a", password: Secret("b"))])
        #expect(try UpstreamSecret.read(folder.path.appending("absent")) == [UpstreamSecret()])
        for mode in [0o644, 0o640, 0o604] {
            let open = try folder.write("open", "username = 'a'\n", mode: mode)
            do {
                _ = try UpstreamSecret.read(open)
                Issue.record("accepted with mode \(String(mode, radix: 8))")
            } catch {
                let shown = "0" + String(mode, radix: 8)
                let message = "\(open): is open to others than its owner (mode \(shown)); run: chmod 600 '\(open)'"
                #expect(error.description == message)
            }
        }
    }

    @Test("A file that could not be read says why, and one that is wrong has no such cause")
    func cause() throws {
        let folder = try TemporaryFolder()
        let wrong = try folder.write("wrong", "username = ", mode: 0o600)
        #expect { _ = try UpstreamSecret.read(wrong) } throws: { ($0 as? ConfigurationError)?.cause == nil }
        #expect {
            _ = try UpstreamSecret.read(folder.path)
        } throws: {
            ($0 as? ConfigurationError)?.cause == .isDirectory
        }
    }

    @Test("larder.toml stands above upstream.secret, and files are read when they are needed")
    func credentials() throws {
        let folder = try TemporaryFolder()
        try folder.write("password", "from file\r\n")
        try folder.write("token", "a-token\n")
        let secret = UpstreamSecret(username: "kept", password: Secret("kept too"))
        #expect(try upstream("").credentials(nil) == nil)
        #expect(try upstream("").credentials(secret) == .basic(username: "kept", password: Secret("kept too")))
        #expect(
            try upstream("username = 'me'").credentials(secret) == .basic(username: "me", password: Secret("kept too"))
        )
        #expect(try upstream("username = 'me'").credentials(nil) == .basic(username: "me", password: Secret("")))
        #expect(
            try upstream("password-file = 'password'", folder: folder.path).credentials(secret)
                == .basic(username: "kept", password: Secret("from file"))
        )
        #expect(
            try upstream("token-file = 'token'", folder: folder.path).credentials(secret) == .bearer(Secret("a-token"))
        )
        #expect(try upstream("").credentials(UpstreamSecret(token: Secret("t"))) == .bearer(Secret("t")))
        #expect(throws: ConfigurationError.self) { try upstream("password = 'x'").credentials(nil) }
    }

    @Test("The proxy of upstream.secret stands above that of larder.toml")
    func proxy() throws {
        let configured = try upstream("proxy = 'http://proxy.example:1'")
        let secret = UpstreamSecret(proxy: Secret("http://u:p@proxy.example:2"))
        #expect(configured.proxyURL(nil) == Secret("http://proxy.example:1"))
        #expect(configured.proxyURL(secret) == secret.proxy)
        #expect(try upstream("").proxyURL(UpstreamSecret()) == nil)
    }

    private func environment(_ variables: [String: String]) throws(ConfigurationError) -> UpstreamSecret {
        try UpstreamSecret.environment { variables[$0] }[0]
    }

    @Test("The environment stands above larder.toml, and that above upstream.secret")
    func precedence() throws {
        let folder = try TemporaryFolder()
        try folder.write("token", "a-token\n")
        let kept = UpstreamSecret(username: "kept", password: Secret("kept too"))
        let both = try environment(["LARDER_UPSTREAM_USERNAME": "me", "LARDER_UPSTREAM_PASSWORD": "env"])
        let password = try environment(["LARDER_UPSTREAM_PASSWORD": "env", "LARDER_UPSTREAM_USERNAME": ""])
        let username = try environment(["LARDER_UPSTREAM_USERNAME": "me"])
        let token = try environment(["LARDER_UPSTREAM_TOKEN": "env"])
        let basic = Credentials.basic(username: "me", password: Secret("env"))
        #expect(try upstream("").credentials(nil, environment: both) == basic)
        #expect(try upstream("username = 'u'\npassword = 'p'").credentials(kept, environment: both) == basic)
        #expect(try upstream("username = 'me'").credentials(kept, environment: password) == basic)
        #expect(
            try upstream("").credentials(kept, environment: password)
                == .basic(username: "kept", password: Secret("env"))
        )
        #expect(
            try upstream("username = 'u'\npassword = 'p'").credentials(kept, environment: username)
                == .basic(username: "me", password: Secret("p"))
        )
        let withToken = try upstream("token-file = 'token'", folder: folder.path)
        #expect(try withToken.credentials(kept, environment: both) == basic)
        #expect(try withToken.credentials(kept, environment: token) == .bearer(Secret("env")))
        #expect(try upstream("username = 'u'").credentials(kept, environment: token) == .bearer(Secret("env")))
        #expect(try upstream("").credentials(UpstreamSecret(token: Secret("t")), environment: both) == basic)
        #expect(try withToken.credentials(kept, environment: try environment([:])) == .bearer(Secret("a-token")))
        let lonely = #expect(throws: ConfigurationError.self) {
            try upstream("").credentials(nil, environment: password)
        }
        #expect(lonely?.description.hasPrefix("LARDER_UPSTREAM_PASSWORD: ") ?? false)
        let proxy = try environment(["LARDER_UPSTREAM_PROXY": "http://u:env@proxy.example:3"])
        let configured = try upstream("proxy = 'http://proxy.example:1'")
        #expect(
            configured.proxyURL(UpstreamSecret(proxy: Secret("http://u:p@proxy.example:2")), environment: proxy)
                == Secret("http://u:env@proxy.example:3")
        )
    }

    @Test(
        "A variable that is wrong is refused by its name, and without its value",
        arguments: [
            (
                ["LARDER_UPSTREAM_TOKEN": "hunter2", "LARDER_UPSTREAM_PASSWORD": "hunter2"],
                "LARDER_UPSTREAM_TOKEN: excludes LARDER_UPSTREAM_PASSWORD; unset one of them"
            ),
            (
                ["LARDER_UPSTREAM_PASSWORD": "hunter2\n"],
                "LARDER_UPSTREAM_PASSWORD: holds a control character or a line break"
            ),
            (
                ["LARDER_UPSTREAM_PROXY": "u:hunter2@proxy"],
                "LARDER_UPSTREAM_PROXY: '…@proxy' has no scheme; write it as http://…"
            ),
        ]
    )
    func variables(values: [String: String], message: String) {
        do throws(ConfigurationError) {
            _ = try environment(values)
            Issue.record("accepted")
        } catch {
            #expect(error.description == message)
        }
    }

    @Test("A netrc file is used alone, and only where nobody else can read it")
    func netrc() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("netrc", "machine index.example login a password b\n", mode: 0o600)
        let upstream = try upstream("netrc-file = 'netrc'", folder: folder.path)
        #expect(try upstream.credentials(nil) == nil)
        #expect(try upstream.netrcFile(nil) == file)
        #expect(try upstream.netrcFile(UpstreamSecret(proxy: Secret("http://u:p@proxy.example/"))) == file)
        let token = try environment(["LARDER_UPSTREAM_TOKEN": "env"])
        #expect(try upstream.credentials(nil, environment: token) == .bearer(Secret("env")))
        #expect(try upstream.netrcFile(nil, environment: token) == nil)
        let doubled = #expect(throws: ConfigurationError.self) {
            try upstream.netrcFile(UpstreamSecret(username: "a"))
        }
        #expect(
            doubled?.description
                == "upstream.secret: has credentials, and so has 'netrc-file' in larder.toml, which exclude each other; "
                + "keep one"
        )
        for mode in [0o644, 0o640, 0o604] {
            try folder.write("netrc", "machine index.example login a password b\n", mode: mode)
            let open = #expect(throws: ConfigurationError.self) { try upstream.netrcFile(nil) }
            let shown = "0" + String(mode, radix: 8)
            #expect(
                open?.description
                    == "\(file): is open to others than its owner (mode \(shown)); run: chmod 600 '\(file)'"
            )
        }
        let absent = try self.upstream("netrc-file = 'absent'", folder: folder.path)
        #expect(throws: ConfigurationError.self) { try absent.netrcFile(nil) }
    }

    @Test("A file that does not hold one secret is refused by its name")
    func files() throws {
        let folder = try TemporaryFolder()
        try folder.write("empty", "\n")
        try folder.write("long", "one\ntwo\n")
        try folder.write("large", String(repeating: "x", count: 70_000))
        for (name, message) in [
            ("empty", "is empty; it must hold the secret alone"),
            ("long", "has several lines or control characters; it must hold the secret alone"),
            ("large", "is larger than 64 KiB"),
            ("absent", "cannot be read: No such file or directory"),
            (".", "cannot be read: Is a directory"),
        ] {
            do {
                _ = try upstream("token-file = '\(name)'", folder: folder.path).credentials(nil)
                Issue.record("accepted: \(name)")
            } catch let error as ConfigurationError {
                #expect(error.description == "\(folder.path.appending(name)): \(message)")
            }
        }
    }
}
