import SimpleIndex
import Testing

/// How links on a page become URLs, seen through the page.
@Suite struct LinkTests {
    /// The URL of a file, or the words of its refusal.
    private func resolve(_ link: String, base: String = Pages.base, filename: String = "demo-1.0.zip") throws -> String
    {
        let escaped = link.replacing("\\", with: "\\\\").replacing("\t", with: "\\t").replacing("\n", with: "\\n")
        let page = try Pages.json(
            #"{"meta":{},"files":[{"filename":"\#(filename)","url":"\#(escaped)","hashes":{}}]}"#,
            base: base
        )
        return page.page.files.first?.url ?? page.refusals.first?.reason.description ?? "nothing"
    }

    @Test(arguments: [
        ("https://files.example/a/demo-1.0.zip", "https://files.example/a/demo-1.0.zip"),
        ("demo-1.0.zip", "https://index.example/simple/demo/demo-1.0.zip"),
        ("../../packages/packages/ab/demo-1.0.zip", "https://index.example/packages/packages/ab/demo-1.0.zip"),
        ("../../+f/ab1/23/demo-1.0.zip#sha256=00", "https://index.example/+f/ab1/23/demo-1.0.zip"),
        ("/whl/cu126/demo-1.0.zip", "https://index.example/whl/cu126/demo-1.0.zip"),
        ("//cdn.example:8443/demo-1.0.zip", "https://cdn.example:8443/demo-1.0.zip"),
        ("HTTP://files.example/demo-1.0.zip", "http://files.example/demo-1.0.zip"),
        ("ftp://files.example/demo-1.0.zip", "ftp://files.example/demo-1.0.zip"),
        ("ftps://files.example/demo-1.0.zip", "ftps://files.example/demo-1.0.zip"),
        ("./a/./b/../demo-1.0.zip", "https://index.example/simple/demo/a/demo-1.0.zip"),
        ("../../../../../demo-1.0.zip", "https://index.example/demo-1.0.zip"),
        ("a/%2e%2E/%2e/demo-1.0.zip", "https://index.example/simple/demo/demo-1.0.zip"),
        ("demo-1.0.zip?X-Sig=a/b%20c&d=../e", "https://index.example/simple/demo/demo-1.0.zip?X-Sig=a/b%20c&d=../e"),
        ("a b/é/demo-1.0.zip", "https://index.example/simple/demo/a%20b/%C3%A9/demo-1.0.zip"),
        (" \tdemo-1.0.\nzip ", "https://index.example/simple/demo/demo-1.0.zip"),
        ("//a//demo-1.0.zip", "https://a//demo-1.0.zip"),
        ("demo%2D1.0.zip", "https://index.example/simple/demo/demo%2D1.0.zip"),
    ])
    func resolves(_ link: String, _ url: String) throws {
        #expect(try resolve(link) == url)
    }

    @Test(arguments: [
        ("data:application/zip;base64,AAAA/demo-1.0.zip", "links of the scheme 'data' are not followed"),
        ("javascript:alert(1)/demo-1.0.zip", "links of the scheme 'javascript' are not followed"),
        ("file:///etc/demo-1.0.zip", "links of the scheme 'file' are not followed"),
        ("https://user:secret@files.example/demo-1.0.zip", "its link carries a user name"),
        ("//user@files.example/demo-1.0.zip", "its link carries a user name"),
        ("https:///demo-1.0.zip", "its link is no URL that can be read"),
        ("https:demo-1.0.zip", "its link is no URL that can be read"),
        ("https://a b/demo-1.0.zip", "its link is no URL that can be read"),
        ("a/", "its link ends in another name, ''"),
        ("", "its link ends in another name, ''"),
        ("../demo-2.0.zip", "its link ends in another name, 'demo-2.0.zip'"),
        ("x/..%2Fdemo-1.0.zip", "its link ends in another name, '../demo-1.0.zip'"),
        ("demo-1%252E0.zip", "its link ends in another name, 'demo-1%2E0.zip'"),
        ("%ff", "its name is not UTF-8"),
    ])
    func refuses(_ link: String, _ reason: String) throws {
        #expect(try resolve(link) == reason)
    }

    @Test func filesLinkToFilesOnlyFromFiles() throws {
        let base = "file:///srv/tree/simple/demo/index.html"
        #expect(try resolve("../../packages/demo-1.0.zip", base: base) == "file:///srv/tree/packages/demo-1.0.zip")
        #expect(try resolve("file:///srv/demo-1.0.zip", base: base) == "file:///srv/demo-1.0.zip")
        #expect(try resolve("file://localhost/srv/demo-1.0.zip", base: base) == "file:///srv/demo-1.0.zip")
        #expect(try resolve("file://host/srv/demo-1.0.zip", base: base) == "its link is no URL that can be read")
        #expect(try resolve("https://files.example/demo-1.0.zip", base: base) == "https://files.example/demo-1.0.zip")
    }

    @Test func baseKeepsNoUserName() throws {
        #expect(
            try resolve("demo-1.0.zip", base: "https://u:p@index.example/s/") == "https://index.example/s/demo-1.0.zip"
        )
        #expect(throws: PageError.badBase("nonsense")) { try resolve("demo-1.0.zip", base: "nonsense") }
    }

    @Test func encodedNamesAreDecodedOnce() throws {
        let name = "demo-2.6.0+cu126.zip"
        for link in ["demo-2.6.0+cu126.zip", "demo-2.6.0%2Bcu126.zip", "demo-2.6.0%2bcu126.zip"] {
            #expect(try resolve(link, filename: name) == "https://index.example/simple/demo/" + link)
        }
        #expect(try resolve("demo-1.0%20(1).zip", filename: "demo-1.0 (1).zip").hasSuffix("demo-1.0%20(1).zip"))
        #expect(try resolve("demo-1.0%23%25.zip", filename: "demo-1.0#%.zip").hasSuffix("demo-1.0%23%25.zip"))
    }
}
