import Configuration
import Packaging
import SystemPackage
import Testing

@Suite("The larder.toml that init writes")
struct ConfigurationTemplateTests {
    private let plain: ConfigurationTemplate

    init() throws {
        plain = ConfigurationTemplate(url: try IndexURL("https://index.example/simple/"))
    }

    @Test("The plain one means the defaults")
    func defaults() throws {
        let configuration = try Configuration.parse(plain.render(), file: "larder.toml")
        #expect(configuration == Configuration(upstream: .init(url: plain.url)))
    }

    @Test("What was chosen is read back")
    func chosen() throws {
        var template = ConfigurationTemplate(url: try IndexURL("file:///srv/a%22b/"))
        template.selectsAll = true
        template.caFile = "/etc/c\"a\\.pem"
        template.clientCertificate = "/etc/é.pem"
        template.clientKey = "/etc/'''.key"
        template.proxy = "http://proxy.example:3128"
        template.insecure = true
        let configuration = try Configuration.parse(template.render(), file: "larder.toml")
        var expected = Configuration(upstream: .init(url: template.url))
        let lines = template.render().split(separator: "\n", omittingEmptySubsequences: false)
        let line = try #require(lines.firstIndex { $0.hasPrefix("projects = ") }) + 1
        expected.selection.projects = [Stated(.all, line: line)]
        expected.upstream.caFile = template.caFile
        expected.upstream.clientCertificate = template.clientCertificate
        expected.upstream.clientKey = template.clientKey
        expected.upstream.proxy = template.proxy
        expected.upstream.insecure = true
        #expect(configuration == expected)
    }

    @Test("A template of an ftp URL allows ftp")
    func ftp() throws {
        let url = try IndexURL("ftp://index.example/simple/", allowsFTP: true)
        let configuration = try Configuration.parse(ConfigurationTemplate(url: url).render(), file: "larder.toml")
        var expected = Configuration(upstream: .init(url: url))
        expected.upstream.allowsFTP = true
        #expect(configuration == expected)
    }

    @Test("Each setting that is off can be switched on by taking its # away, and shows the default where there is one")
    func switchedOff() throws {
        let lines = plain.render().split(separator: "\n", omittingEmptySubsequences: false)
        let off = lines.indices.filter { lines[$0].hasPrefix("#") && !lines[$0].hasPrefix("# ") }
        let withoutDefault: Set = [
            "connections-per-host", "ca-file", "client-certificate", "client-key", "username", "password",
            "password-file", "token-file", "proxy", "headers", "contact", "file-roots", "projects", "latest",
            "removals", "base-url", "signing-key", "max-age", "max-rate", "requests-per-second", "bytes-per-second",
            "pins",
            "netrc-file", "no-proxy", "file-mirrors", "index-mirrors", "requirements", "lock-files", "prereleases",
            "yanked", "max-file-size", "max-project-size", "uploaded-after", "uploaded-before", "metadata-only",
            "releases", "kinds", "platforms", "pythons", "other-environments", "files", "minimum-age", "digests",
            "latest-prereleases", "minimum-age-exceptions", "closure", "environments", "signers",
        ]
        var keys: Set<String> = []
        for line in off {
            var changed = lines
            changed[line] = changed[line].dropFirst()
            let key = String(changed[line].prefix { $0 != " " })
            keys.insert(key)
            // A key needs its certificate; so do others that say more of one.
            let others = [
                "client-key": "client-certificate", "latest-prereleases": "latest",
                "minimum-age-exceptions": "minimum-age", "closure": "environments", "environments": "closure",
                "other-environments": "environments",
            ]
            if let other = others[key], let place = lines.firstIndex(where: { $0.hasPrefix("#\(other) ") }) {
                changed[place] = changed[place].dropFirst()
            }
            let configuration = try Configuration.parse(changed.joined(separator: "\n"), file: "larder.toml")
            let isDefault = configuration == Configuration(upstream: .init(url: plain.url))
            #expect(isDefault != withoutDefault.contains(key), "\(key)")
        }
        // Every key that this version supports, apart from url.
        #expect(
            keys
                == withoutDefault.union([
                    "connections", "connect-timeout", "first-byte-timeout", "stall-timeout", "retries", "insecure",
                    "revalidation", "accept-stale-after",
                    "ftp", "grace", "keep-generations", "free-space", "legacy-json", "link",
                    "web-pages", "threshold",
                ])
        )
    }
}
