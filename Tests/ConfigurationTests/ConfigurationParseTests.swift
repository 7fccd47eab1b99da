import Configuration
import Packaging
import SystemPackage
import Testing

/// The problems that a text has, each as the line that people see.
private func problems(_ text: String) -> [String] {
    do {
        _ = try Configuration.parse(text, file: "larder.toml")
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

/// The problems of a text in `[upstream]`, from line 3 on.
private func upstreamProblems(_ text: String) -> [String] {
    problems("[upstream]\nurl = 'https://index.example/simple/'\n" + text)
}

@Suite("larder.toml")
struct ConfigurationParseTests {
    @Test("An upstream alone gives the defaults of the documentation")
    func defaults() throws {
        let configuration = try Configuration.parse(
            "[upstream]\nurl = \"https://index.example/simple\"",
            file: "larder.toml"
        )
        #expect(configuration.upstream.url.text == "https://index.example/simple/")
        #expect(configuration.upstream.connections == 10)
        #expect(configuration.upstream.connectionsPerHost == nil)
        #expect(configuration.upstream.connectTimeout == .seconds(30))
        #expect(configuration.upstream.firstByteTimeout == .seconds(60))
        #expect(configuration.upstream.stallTimeout == .seconds(60))
        #expect(configuration.upstream.retries == 4)
        #expect(!configuration.upstream.insecure)
        #expect(configuration.upstream.requestsPerSecond == nil && configuration.upstream.bytesPerSecond == nil)
        #expect(configuration.upstream.pins.isEmpty && configuration.upstream.netrcFile == nil)
        #expect(configuration.upstream.noProxy == nil)
        #expect(!configuration.upstream.allowsFTP)
        #expect(configuration.upstream.fileSources == [.upstream] && configuration.upstream.indexMirrors.isEmpty)
        #expect(configuration.selection.projects.isEmpty)
        #expect(configuration.selection.latest == nil)
        #expect(configuration.removalGuard.removals == nil)
        #expect(configuration.collection.grace == .seconds(7 * 86400))
        #expect(configuration.publication.keepGenerations == 20)
        #expect(configuration.publication.link == .symlink)
        #expect(configuration.verification.maximumAge == nil)
    }

    @Test("Every supported key is read")
    func everyKey() throws {
        let text = """
            [upstream]
            url = "http://index.example:8080/simple/"
            connections = 32
            connections-per-host = 8
            connect-timeout = "5s"
            first-byte-timeout = 90
            stall-timeout = "2m"
            revalidation = "3d"
            accept-stale-after = "1h"
            retries = 0
            ca-file = "certificates/ca.pem"
            client-certificate = "/etc/larder/client.pem"
            client-key = "client.key"
            username = "mirror"
            password = "correct horse"
            proxy = "socks5h://proxy.example:1080"
            headers = { X-Team = "packages", "X-Other" = "1" }
            insecure = true
            contact = "mirror@company.example"
            file-roots = ["/srv/packages", "local"]
            requests-per-second = 50
            bytes-per-second = "20MB"
            no-proxy = ["localhost", ".company.example", "192.0.2.0/24", "2001:db8::1"]
            ftp = true
            file-mirrors = ["https://one.example/pypi", "upstream", "ftp://two.example/"]
            index-mirrors = ["https://one.example/simple", "file:///srv/other/web/simple/"]

            [select]
            projects = ["Django", "zope.interface", "django"]
            latest = 3

            [guard]
            removals = "0.5%"
            [gc]
            grace = "12h"
            [publish]
            keep-generations = 5
            base-url = "https://mirror.example"
            signing-key = "keys/mirror.key"
            link = "hardlink"
            [verify]
            max-age = "30d"
            max-rate = "100MB"
            """
        let configuration = try Configuration.parse(text, file: "larder.toml", folder: "/srv/mirror")
        let upstream = configuration.upstream
        #expect(upstream.url.scheme == .http && upstream.url.host == "index.example" && upstream.url.port == 8080)
        #expect(upstream.connections == 32 && upstream.connectionsPerHost == 8 && upstream.retries == 0)
        #expect(upstream.connectTimeout == .seconds(5))
        #expect(upstream.firstByteTimeout == .seconds(90))
        #expect(upstream.stallTimeout == .seconds(120))
        #expect(upstream.revalidation == .seconds(3 * 86400) && upstream.acceptStaleAfter == .seconds(3600))
        #expect(upstream.caFile == "/srv/mirror/certificates/ca.pem")
        #expect(upstream.clientCertificate == "/etc/larder/client.pem")
        #expect(upstream.clientKey == "/srv/mirror/client.key")
        #expect(upstream.proxy == "socks5h://proxy.example:1080")
        #expect(upstream.headers == ["X-Team": Secret("packages"), "X-Other": Secret("1")])
        #expect(upstream.insecure)
        #expect(upstream.contact == "mirror@company.example")
        #expect(upstream.fileRoots == ["/srv/packages", "/srv/mirror/local"])
        #expect(upstream.requestsPerSecond == 50 && upstream.bytesPerSecond?.bytes == 20_000_000)
        #expect(upstream.noProxy == ["localhost", ".company.example", "192.0.2.0/24", "2001:db8::1"])
        #expect(upstream.allowsFTP)
        let (one, two) = (
            try IndexURL("https://one.example/pypi/"), try IndexURL("ftp://two.example/", allowsFTP: true)
        )
        #expect(upstream.fileSources == [.mirror(one), .upstream, .mirror(two)])
        #expect(
            upstream.indexMirrors.map(\.text) == ["https://one.example/simple/", "file:///srv/other/web/simple/"]
        )
        #expect(
            configuration.selection.projects.map(\.value.normalized) == ["django", "zope-interface"]
        )
        #expect(configuration.selection.latest?.value == 3)
        #expect(configuration.removalGuard.removals?.millionths == 5000)
        #expect(configuration.collection.grace == .seconds(43200))
        #expect(configuration.publication.keepGenerations == 5)
        #expect(configuration.publication.baseURL?.text == "https://mirror.example/")
        #expect(configuration.publication.signingKey == "/srv/mirror/keys/mirror.key")
        #expect(configuration.publication.link == .hardlink)
        #expect(configuration.verification.maximumAge == .seconds(30 * 86400))
        #expect(configuration.verification.maximumRate?.bytes == 100_000_000)
    }

    @Test("All projects are selected by a star")
    func all() throws {
        let text = "[upstream]\nurl = 'file:///srv/tree/simple/'\n[select]\nprojects = ['*']"
        let configuration = try Configuration.parse(text, file: "larder.toml")
        #expect(configuration.selection.takesAll)
        #expect(configuration.upstream.url.folder == "/srv/tree/simple")
    }

    @Test("Several problems are told at once, in the order of the file")
    func several() {
        let text = """
            [upstream]
            url = "https://index.example/simple/"
            conections = 20
            retries = -1
            stall-timeout = "30 seconds"

            [select]
            latest = 0

            [gaurd]
            removals = "2%"
            """
        #expect(
            problems(text) == [
                "larder.toml:3: unknown key 'conections' in [upstream]; did you mean 'connections'?",
                "larder.toml:4: 'retries' is -1, but must be from 0 to 100",
                "larder.toml:5: 'stall-timeout': '30 seconds' is not a duration; write 30s, 15m, "
                    + "12h, 7d or a number of "
                    + "seconds",
                "larder.toml:8: 'latest' is 0, but must be at least 1",
                "larder.toml:10: unknown table [gaurd]; did you mean [guard]?",
            ]
        )
    }

    @Test(
        "Unknown names come with a suggestion",
        arguments: [
            ("connect_timeout = 3", "unknown key 'connect_timeout' in [upstream]; did you mean 'connect-timeout'?"),
            ("URL = 'x'", "unknown key 'URL' in [upstream]; did you mean 'url'?"),
            ("grace = '7d'", "unknown key 'grace' in [upstream]; it belongs in [gc]"),
            (
                "frobnicate = 1",
                "unknown key 'frobnicate' in [upstream]; remove it, or see the list of keys in the documentation"
            ),
            ("[select.exlude]\nkinds = []", "unknown table [select.exlude]; did you mean [select.exclude]?"),
        ]
    )
    func suggestions(text: String, message: String) {
        #expect(upstreamProblems(text) == ["larder.toml:3: \(message)"])
    }

    @Test("A key outside of any table is told where it belongs")
    func outside() {
        #expect(
            problems("retries = 3\n[upstream]\nurl = 'https://index.example/'") == [
                "larder.toml:1: unknown key 'retries' outside of any table; it belongs in [upstream]"
            ]
        )
    }

    @Test(
        "Keys that are named but not acted on are refused, never ignored",
        arguments: [
            ("[hooks]\nafter-publish = ['true']", "'after-publish' in [hooks]"),
            ("[hooks]\ntime-limit = '10s'", "'time-limit' in [hooks]"),
        ]
    )
    func later(text: String, what: String) {
        let line = text.hasPrefix("[") ? 4 : 3
        #expect(upstreamProblems(text) == ["larder.toml:\(line): \(what) is not supported by this version"])
    }

    @Test("A word for links that there is not is refused, with a suggestion") func links() {
        let problems = upstreamProblems("[publish]\nlink = 'hardlinks'")
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("larder.toml:4: 'link' is") == true, "\(problems)")
        #expect(problems.first?.contains("hardlink") == true, "\(problems)")
    }

    @Test("A file without an upstream is refused", arguments: ["", "[gc]\ngrace = '1d'"])
    func missingUpstream(text: String) {
        #expect(
            problems(text) == [
                "larder.toml: [upstream] has no 'url'; write url = \"https://index.example/simple/\" there"
            ]
        )
    }

    @Test("A missing upstream is told beside other problems")
    func missingBesideOthers() {
        #expect(
            problems("upstream = 1\n[gc]\ngrase = 3") == [
                "larder.toml:1: 'upstream' is a table; write it as [upstream]",
                "larder.toml:3: unknown key 'grase' in [gc]; did you mean 'grace'?",
            ]
        )
        #expect(
            problems("[gc]\ngrase = 3") == [
                "larder.toml:2: unknown key 'grase' in [gc]; did you mean 'grace'?",
                "larder.toml: [upstream] has no 'url'; write url = \"https://index.example/simple/\" there",
            ]
        )
    }

    @Test(
        "Values of the wrong type or beyond bounds are refused",
        arguments: [
            ("connections = 0", "'connections' is 0, but must be from 1 to 256"),
            ("connections = '10'", "'connections' must be a whole number, without quotes, but is a text"),
            (
                "connections = 1.5",
                "'connections' must be a whole number, without quotes, but is a number with decimals"
            ),
            ("connect-timeout = 0", "'connect-timeout' is 0s, but must be from 1s to 1d"),
            (
                "connect-timeout = true",
                "'connect-timeout' must be a duration as \"30s\", \"12h\" or \"7d\", but is true or false"
            ),
            ("insecure = 'yes'", "'insecure' must be true or false, without quotes, but is a text"),
            ("contact = ''", "'contact' is empty; remove the line to leave it unset"),
            ("username = \"a\\nb\"", "'username' holds a control character or a line break"),
            ("client-key = 'k.pem'", "'client-key' needs 'client-certificate' beside it"),
            ("ca-file = '~/ca.pem'", "'ca-file' starts with '~', which only shells expand; write the whole path"),
            ("ca-file = 'file:///ca.pem'", "'ca-file' is a path, not a URL; write it without 'file://'"),
            (
                "file-roots = '/srv'",
                "'file-roots' must be an array of paths in quotes, but is a text; write [\"/srv\"]"
            ),
            ("headers = { Host = 'x' }", "'headers': 'Host' is set by larder itself"),
            ("headers = { 'X Y' = 'x' }", "'headers': 'X Y' is not the name of a header"),
            ("[upstream.headers]\nX = 1", "'X' must be a text in quotes, but is a number"),
            (
                "[select]\nprojects = '*'",
                "'projects' must be an array of names and patterns in quotes, as [\"six\", \"company-*\"], but is a text; "
                    + "write [\"*\"]"
            ),
            (
                "[select]\nprojects = ['*', 'a b']",
                "'projects': 'a b' is not the name of a project; write 'a', without versions, extras or markers"
            ),
            ("[guard]\nremovals = 2", "'removals' must be a share as \"2%\", in quotes, but is a number"),
            (
                "[guard]\nremovals = '101%'",
                "'removals': '101%' is not a share; write it as \"2%\" or \"0.5%\", up to \"100%\""
            ),
            ("[gc]\ngrace = -1", "'grace': '-1' is not a duration; write 30s, 15m, 12h, 7d or a number of seconds"),
            (
                "[verify]\nmax-rate = '10mb'",
                "'max-rate': '10mb' is not a size; write 500kB, 10MB, 4GiB or a number of bytes"
            ),
            (
                "[publish]\nbase-url = 'file:///srv'",
                "'base-url': 'file:///srv' must be an http or https URL, for clients to download from"
            ),
        ]
    )
    func values(text: String, message: String) {
        let line = text.hasPrefix("[") ? 4 : 3
        #expect(upstreamProblems(text) == ["larder.toml:\(line): \(message)"])
    }

    @Test("A problem stays one line, whatever the file holds")
    func oneLine() {
        let text = #"""
            "a\nb" = 1
            stall-timeout = "3\u001Bs"
            """#
        #expect(
            upstreamProblems(text) == [
                "larder.toml:3: unknown key 'a?b' in [upstream]; remove it, or see the list of keys "
                    + "in the documentation",
                "larder.toml:4: 'stall-timeout': '3?s' is not a duration; write 30s, 15m, 12h, 7d "
                    + "or a number of seconds",
            ]
        )
    }

    @Test("Credentials exclude each other")
    func credentials() {
        #expect(
            upstreamProblems("password = 'a'\npassword-file = 'b'\ntoken-file = 'c'") == [
                "larder.toml:4: 'password' and 'password-file' exclude each other; keep one",
                "larder.toml:5: 'token-file' and 'password' exclude each other; keep one",
            ]
        )
        for key in ["username", "password", "password-file", "token-file"] {
            #expect(
                upstreamProblems("\(key) = 'a'\nnetrc-file = 'n'") == [
                    "larder.toml:4: 'netrc-file' and '\(key)' exclude each other; keep one"
                ]
            )
        }
    }

    @Test("An element of a long array is told by its own line")
    func elements() {
        let text = """
            [upstream]
            url = "https://index.example/simple/"
            [select]
            projects = [
                "six",
                # django>=3 is not here
                "django>=4.2",
                "flask-[ab]*",
            ]
            """
        let found = problems(text)
        #expect(found.count == 2)
        #expect(
            found.first == "larder.toml:7: 'projects': 'django>=4.2' is not the name of a project; write 'django', "
                + "without versions, extras or markers"
        )
        #expect(found.last?.hasPrefix("larder.toml:8: 'projects': 'flask-[ab]*' is no pattern of names") ?? false)
    }

    @Test("Lines are found past strings and arrays that look like keys")
    func lines() {
        let text = """
            # connections = 0
            [upstream]
            contact = '''connections = 0'''
            url = "https://index.example/connections/"
            file-roots = [
                "connections = 0",
            ]
            "connections" = 0
            """
        #expect(problems(text) == ["larder.toml:8: 'connections' is 0, but must be from 1 to 256"])
        let dotted = "upstream.url = 'https://index.example/'\nupstream . retries = -3"
        #expect(problems(dotted) == ["larder.toml:2: 'retries' is -3, but must be from 0 to 100"])
        let escaped = "[upstream]\nurl = 'https://index.example/'\n\"retr\\u0069es\" = -3"
        #expect(problems(escaped) == ["larder.toml:3: 'retries' is -3, but must be from 0 to 100"])
    }

    @Test("TOML that does not parse is told with line and column")
    func syntax() {
        let found = problems("[upstream]\nurl = https://index.example/\n")
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("larder.toml:2:") ?? false)
        #expect(found.first?.contains(" is not valid TOML: ") ?? false)
        #expect(
            problems("[gc]\ngrace = 7d") == [
                "larder.toml:2:10: is not valid TOML: in decimal integer: expected digit, saw 'd'; "
                    + "texts, durations, sizes and "
                    + "shares stand in quotes, as in grace = \"7d\""
            ]
        )
        #expect(problems("[upstream]\nretries = 1\nretries = 2").first?.hasPrefix("larder.toml:3:") ?? false)
        #expect(problems("[upstream]\0").first == "larder.toml:1: holds a NUL byte; is this a text file?")
    }
}
