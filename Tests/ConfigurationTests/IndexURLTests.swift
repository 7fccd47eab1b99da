import Configuration
import SystemPackage
import Testing

@Suite("URLs of an index")
struct IndexURLTests {
    @Test(
        "URLs are brought into one form",
        arguments: [
            ("https://index.example/simple", "https://index.example/simple/"),
            ("HTTPS://index.example", "https://index.example/"),
            ("http://[::1]:3141/root/pypi/+simple/", "http://[::1]:3141/root/pypi/+simple/"),
            ("https://index.example/a%20b/simple/", "https://index.example/a%20b/simple/"),
            ("file:///srv/tree/simple", "file:///srv/tree/simple/"),
            ("file://localhost/srv/tree/simple/", "file:///srv/tree/simple/"),
        ]
    )
    func forms(text: String, normalized: String) throws {
        #expect(try IndexURL(text).text == normalized)
    }

    @Test("A file URL names its folder, decoded")
    func folder() throws {
        #expect(try IndexURL("file:///srv/my%20tree/simple/").folder == "/srv/my tree/simple")
        #expect(try IndexURL("https://index.example/").folder == nil)
    }

    @Test(
        "What cannot be an upstream is refused, with what to write",
        arguments: [
            ("", "the URL is empty"),
            ("index.example/simple", "'index.example/simple' has no scheme; write it as https://…"),
            ("index.example:8080/simple", "'index.example:8080/simple' has no scheme; write it as https://…"),
            (
                "/srv/tree/simple",
                "'/srv/tree/simple' has no scheme; write file:///srv/tree/simple for a folder on this machine"
            ),
            (
                "ftp://index.example/",
                "'ftp://index.example/' has the scheme 'ftp', which is off; write ftp = true in [upstream] to turn it on"
            ),
            (
                "FTPS://index.example/",
                "'FTPS://index.example/' has the scheme 'ftps', which is off; write ftp = true in [upstream] to turn "
                    + "it on"
            ),
            (
                "gopher://index.example/",
                "'gopher://index.example/' has the scheme 'gopher', which is not supported; "
                    + "supported are https, http, file"
            ),
            ("https:///simple/", "'https:///simple/' has no host"),
            (
                "https://index.example/?a=b",
                "'https://index.example/' has a query or a fragment, which the URL of an index cannot have"
            ),
            (
                "https://index.example/#a",
                "'https://index.example/#a' has a query or a fragment, which the URL of an index cannot have"
            ),
            (
                "https://index.example/a/../b/",
                "'https://index.example/a/../b/' has '..' in its path; write the path that it leads to"
            ),
            (
                "https://index.example/a/%2e%2e/b/",
                "'https://index.example/a/%2e%2e/b/' has '..' in its path; write the path that it leads to"
            ),
            (
                "file://srv/tree/",
                "'file://srv/tree/' names a host; a file URL has three slashes: file:///srv/mirror/web/simple/"
            ),
            ("https://index.example:0/", "'https://index.example:0/' has the port 0; ports go from 1 to 65535"),
            (
                "https://index.example:65536/",
                "'https://index.example:65536/' has the port 65536; ports go from 1 to 65535"
            ),
            (
                "https://index example/",
                "'https://index example/' holds a space or a character beyond ASCII; write those "
                    + "percent-encoded, a host in its xn-- form"
            ),
            ("https://index.example/%zz/", "'https://index.example/%zz/' is not a URL"),
        ]
    )
    func refusals(text: String, message: String) {
        #expect(throws: IndexURLError.self) { try IndexURL(text) }
        do {
            _ = try IndexURL(text)
        } catch {
            #expect(error.description == message)
        }
    }

    @Test("7, 33: ftp and ftps are taken where they are allowed, and unknown schemes are not")
    func ftp() throws {
        let url = try IndexURL("FTP://index.example:2121/simple", allowsFTP: true)
        #expect(url.text == "ftp://index.example:2121/simple/")
        #expect(url.scheme == .ftp && url.scheme.namesIndexFiles && url.folder == nil)
        #expect(url.host == "index.example" && url.port == 2121)
        #expect(try IndexURL("ftps://index.example/", allowsFTP: true).scheme == .ftps)
        do {
            _ = try IndexURL("gopher://index.example/", allowsFTP: true)
            Issue.record("accepted")
        } catch {
            #expect(error.description.hasSuffix("supported are https, http, file, ftp, ftps"))
        }
    }

    @Test("Credentials are split off and decoded")
    func credentials() throws {
        let (url, secret) = try IndexURL.separatingCredentials(from: "https://me%40home:p%3Aw@index.example:444/simple")
        #expect(url.text == "https://index.example:444/simple/")
        #expect(secret == UpstreamSecret(username: "me@home", password: Secret("p:w")))
        #expect(try IndexURL.separatingCredentials(from: "https://index.example/").credentials == nil)
        let token = try IndexURL.separatingCredentials(from: "https://token@index.example/").credentials
        #expect(token == UpstreamSecret(username: "token"))
    }

    @Test(
        "No message shows a password",
        arguments: [
            "https://me:hunter2@index.example/", "me:hunter2@index.example/x", "https://me:hunter2@/?hunter2",
            "ftp://me:hunter2@index.example/a@b", "https://me:hunter 2@index.example",
        ]
    )
    func redaction(text: String) {
        do {
            _ = try IndexURL(text)
            Issue.record("accepted")
        } catch {
            #expect(!error.description.contains("hunter"))
        }
        do {
            _ = try Configuration.parse("[upstream]\nurl = '\(text)'\nproxy = '\(text)'", file: "larder.toml")
            Issue.record("accepted")
        } catch {
            #expect(!error.description.contains("hunter"))
        }
    }
}
