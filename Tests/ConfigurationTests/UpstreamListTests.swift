import Configuration
import Testing

/// The problems of lines in `[upstream]`, which start at line 3.
private func problems(_ text: String, url: String = "https://index.example/simple/") -> [String] {
    do {
        _ = try Configuration.parse("[upstream]\nurl = '\(url)'\n" + text, file: "larder.toml")
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

private func upstream(_ text: String) throws -> Configuration.Upstream {
    try Configuration.parse("[upstream]\nurl = 'https://index.example/simple/'\n" + text, file: "larder.toml").upstream
}

@Suite("Mirrors, pins and hosts without proxy in larder.toml")
struct UpstreamListTests {
    @Test("30: file mirrors stand in their order, with the upstream last unless it is placed")
    func fileMirrors() throws {
        let (a, b) = (try IndexURL("https://a.example/pypi/"), try IndexURL("http://b.example/"))
        #expect(
            try upstream("file-mirrors = ['https://a.example/pypi', 'http://b.example']").fileSources
                == [.mirror(a), .mirror(b), .upstream]
        )
        #expect(
            try upstream("file-mirrors = ['upstream', 'https://a.example/pypi']").fileSources
                == [.upstream, .mirror(a)]
        )
        #expect(try upstream("file-mirrors = []").fileSources == [.upstream])
    }

    @Test(
        "Mirrors that cannot be are refused",
        arguments: [
            (
                "file-mirrors = 'https://a.example/'",
                "'file-mirrors' must be an array of URLs in quotes, and \"upstream\", but is a text; "
                    + "write [\"https://a.example/\"]"
            ),
            ("file-mirrors = ['upstream', 'upstream']", "'file-mirrors' holds 'upstream' twice; keep one"),
            (
                "file-mirrors = ['https://a.example', 'https://a.example/']",
                "'file-mirrors' holds 'https://a.example/' twice; keep one"
            ),
            (
                "file-mirrors = ['https://me:hunter2@a.example/']",
                "'file-mirrors': 'https://…@a.example/' holds a user name or password, which mirrors never get"
            ),
            (
                "file-mirrors = ['ftp://a.example/']",
                "'file-mirrors': 'ftp://a.example/' has the scheme 'ftp', which is off; write ftp = true in [upstream] "
                    + "to turn it on"
            ),
            (
                "file-mirrors = ['https://a.example/?x']",
                "'file-mirrors': 'https://a.example/' has a query or a fragment, which the URL of an index cannot have"
            ),
            (
                "index-mirrors = ['https://index.example/simple']",
                "'index-mirrors' holds 'url' itself, which is always asked first; remove it"
            ),
            (
                "index-mirrors = ['upstream']", "'index-mirrors': 'upstream' has no scheme; write it as https://…"
            ),
            (
                "index-mirrors = ['gopher://a.example/']",
                "'index-mirrors': 'gopher://a.example/' has the scheme 'gopher', which is not supported; "
                    + "supported are https, http, file"
            ),
        ]
    )
    func refusedMirrors(text: String, message: String) {
        #expect(problems(text) == ["larder.toml:3: \(message)"])
    }

    @Test("A mirror in a long array is told by its own line")
    func mirrorLine() {
        let text = "file-mirrors = [\n    'https://a.example/',\n    'gopher://b.example/',\n]"
        #expect(problems(text).first?.hasPrefix("larder.toml:5: 'file-mirrors': 'gopher://b.example/'") ?? false)
    }

    @Test("7, 33: ftp is off until it is turned on, and then serves for the index and for mirrors")
    func ftp() throws {
        let refused = problems("", url: "ftps://index.example/simple/")
        #expect(refused.count == 1)
        #expect(
            refused.first?.hasPrefix("larder.toml:2: 'url': 'ftps://index.example/simple/' has the scheme") ?? false
        )
        #expect(problems("ftp = true", url: "ftps://index.example/simple/") == [])
        #expect(problems("ftp = true\nindex-mirrors = ['ftp://a.example/simple/']") == [])
        #expect(
            problems("ftp = true", url: "gopher://index.example/") == [
                "larder.toml:2: 'url': 'gopher://index.example/' has the scheme 'gopher', which is not supported; "
                    + "supported are https, http, file, ftp, ftps"
            ]
        )
    }

    @Test("Pins are digests of keys in base64, for a URL with TLS")
    func pins() throws {
        let pin = "sha256//" + String(repeating: "A", count: 43) + "="
        #expect(try upstream("pins = ['\(pin)']").pins == [pin])
        let message = "is no pin; write sha256// and 44 characters of base64"
        for wrong in ["sha256//AAAA", String(pin.dropFirst(8)), "sha1//\(pin.dropFirst(8))", pin + "A"] {
            #expect(problems("pins = ['\(wrong)']") == ["larder.toml:3: 'pins': '\(wrong)' \(message)"])
        }
        let odd = pin.dropLast(2) + "*="
        #expect(problems("pins = ['\(odd)']") == ["larder.toml:3: 'pins': '\(odd)' \(message)"])
        #expect(
            problems("pins = ['\(pin)']", url: "http://index.example/") == [
                "larder.toml:3: 'pins' are public keys of TLS, which 'url' does not use; write an https URL there"
            ]
        )
    }

    @Test(
        "Hosts without proxy are names, domains and addresses",
        arguments: [
            ("no-proxy = ['*', 'localhost']", "'no-proxy' holds \"*\", which is all; remove the other hosts"),
            (
                "no-proxy = ['*.company.example']",
                "'no-proxy': '*.company.example' is a pattern; write .company.example for a domain"
            ),
            ("no-proxy = ['host:80']", "'no-proxy': 'host:80' has a scheme or port; write the host alone"),
            ("no-proxy = ['http://host/']", "'no-proxy': 'http://host/' has a scheme or port; write the host alone"),
            (
                "no-proxy = ['a,b']",
                "'no-proxy': 'a,b' is not a host, a domain as .company.example, or an address as 192.0.2.0/24 or "
                    + "2001:db8::1"
            ),
            (
                "no-proxy = 'localhost'",
                "'no-proxy' must be an array of hosts in quotes, or [\"*\"] for all, but is a text; "
                    + "write [\"localhost\"]"
            ),
        ]
    )
    func noProxy(text: String, message: String) throws {
        #expect(problems(text) == ["larder.toml:3: \(message)"])
        #expect(try upstream("no-proxy = []").noProxy == [])
        #expect(try upstream("no-proxy = ['*']").noProxy == ["*"])
    }

    @Test(
        "65: rates have bounds",
        arguments: [
            ("requests-per-second = 0", "'requests-per-second' is 0, but must be from 1 to 1000000"),
            (
                "requests-per-second = '10'",
                "'requests-per-second' must be a whole number, without quotes, but is a text"
            ),
            ("bytes-per-second = 0", "'bytes-per-second' is 0; remove the line to set no bound"),
            (
                "bytes-per-second = '1 MB'",
                "'bytes-per-second': '1 MB' is not a size; write 500kB, 10MB, 4GiB or a number of bytes"
            ),
        ]
    )
    func rates(text: String, message: String) {
        #expect(problems(text) == ["larder.toml:3: \(message)"])
    }
}
