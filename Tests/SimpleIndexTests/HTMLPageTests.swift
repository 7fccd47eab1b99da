import Digest
import Packaging
import SimpleIndex
import Testing

@Suite struct HTMLPageTests {
    @Test func readsAWholePage() throws {
        let sha = Pages.sha
        let parsed = try Pages.html(
            """
            <!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.4">
            <meta name="pypi:project-status" content="archived"><meta name="pypi:project-status-reason" content="a &amp; b">
            <title>Links for demo</title></head><body><h1>Links for demo</h1>
            <a href="../../packages/demo-1.0.tar.gz#sha256=\(sha)" data-requires-python="&gt;=3.8" data-yanked=""
              data-core-metadata="true" data-dist-info-metadata="sha256=\(sha)" data-gpg-sig="false"
              data-upload-time="2024-01-02T03:04:05Z" data-provenance="https://index.example/i?a=1&amp;b=2"
              >demo-1.0.tar.gz</a><br />
            <a href="/f/demo-1.1.zip" data-yanked="&lt;why&gt; &#34;so&#34;" data-dist-info-metadata="sha256=\(sha)">x</a>
            </body></html>
            <!--SERIAL 17-->
            """
        )
        let first = PageFile(
            filename: "demo-1.0.tar.gz",
            url: "https://index.example/packages/demo-1.0.tar.gz",
            hashes: ["sha256": sha],
            uploadTime: "2024-01-02T03:04:05Z",
            requiresPython: ">=3.8",
            yanked: Yank(),
            coreMetadata: .available,
            provenance: "https://index.example/i?a=1&b=2",
            hasSignature: false
        )
        let second = PageFile(
            filename: "demo-1.1.zip",
            url: "https://index.example/f/demo-1.1.zip",
            yanked: Yank(reason: "<why> \"so\""),
            coreMetadata: .digest(try #require(SHA256Digest(hex: sha)))
        )
        let status = ProjectStatus(marker: .archived, reason: "a & b")
        let page = ProjectPage(name: try Pages.name("demo"), files: [first, second], serial: 17, status: status)
        #expect(parsed.page == page)
        #expect(parsed.refusals == [])
    }

    @Test func oddMarkup() throws {
        let parsed = try Pages.html(
            """
            <BASE HREF="https://cdn.example/x/"><base href="https://second.example/">
            <A HREF=a/demo-1.0.zip>1</A><a href='b/demo-1.1.zip?x=1&amp;y=2#main'>2<a name="top">no href</a>
            <a DATA-YANKED href="demo-1.2.zip">
            """
        )
        #expect(
            parsed.page.files.map(\.url) == [
                "https://cdn.example/x/a/demo-1.0.zip", "https://cdn.example/x/b/demo-1.1.zip?x=1&y=2",
                "https://cdn.example/x/demo-1.2.zip",
            ]
        )
        #expect(parsed.page.files.map(\.yanked) == [nil, nil, Yank()])
    }

    @Test(arguments: [
        ("#md5=0123456789abcdef0123456789ABCDEF", ["md5": "0123456789abcdef0123456789abcdef"]),
        ("#egg=demo-1.0", [:]), ("#main", [:]), ("#", [:]), ("", [:]), ("#sha256=123", [:]), ("#sha256=", [:]),
        ("#sha256%3D" + Pages.sha, ["sha256": Pages.sha]),
        ("#sha1=" + String(repeating: "0f", count: 20), ["sha1": String(repeating: "0f", count: 20)]),
        (
            "#sha256=\(Pages.sha)&amp;md5=0123456789abcdef0123456789abcdef&amp;egg=x",
            ["sha256": Pages.sha, "md5": "0123456789abcdef0123456789abcdef"]
        ),
        ("#subdirectory=x&sha256=\(Pages.sha)&sha256=\(Pages.otherSHA)", ["sha256": Pages.sha]),
    ])
    func fragments(_ fragment: String, _ hashes: [String: String]) throws {
        let page = try Pages.html("<a href=\"demo-1.0.zip\(fragment)\">x</a>").page
        #expect(page.files.map(\.hashes) == [hashes])
        #expect(page.files.map(\.url) == [Pages.base + "demo-1.0.zip"])
    }

    @Test func directoryListing() throws {
        let parsed = try Pages.html(
            """
            <html><head><title>Index of /simple/demo</title></head><body><h1>Index of /simple/demo</h1>
            <a href="?C=N;O=D">Name</a> <a href="../">Parent</a> <a href="mailto:root@index.example">root</a>
            <a href="demo-1.0-py3-none-any.whl">demo-1.0-py3-none-any..&gt;</a> <a href="README">README</a>
            <a href="demo-1.0.zip">x</a> <a href="other-1.0.zip">x</a> <a href="javascript:void(0)">x</a>
            <a href="demo-1.0%2F..zip">x</a></body></HTML >
            """
        )
        #expect(parsed.page.files.map(\.filename) == ["demo-1.0-py3-none-any.whl", "demo-1.0.zip"])
        #expect(parsed.refusals.map(\.reason) == [.foreign(owner: try Pages.name("other")), .unsafeName(.separator)])
        #expect(parsed.page.serial == nil && parsed.page.versions == [])
    }

    @Test(arguments: [
        "<html><head><title>Links for demo</title></head><body><h1>Links for demo</h1></body></html>",
        "<h1>Links for Demo</h1>", "<title>root/pypi: links for demo</title>",
        "<meta name='pypi:repository-version' content='1.0'>",
    ])
    func emptyPages(_ text: String) throws {
        #expect(try Pages.html(text).page == ProjectPage(name: try Pages.name("demo")))
    }

    @Test func pagesThatAreNone() throws {
        for text in [
            "<html><title>Sign in</title><form action='/login'><a href='/help'>Help</a></form></html>", "<html></html>",
            "<!-- -->",
            "<html><body><h1>404 Not Found</h1></body></html>", "plain text", "{}",
        ] {
            let error = #expect(throws: PageError.self) { try Pages.html(text) }
            guard case .notSimplePage = error else {
                Issue.record("\(text): \(String(describing: error))")
                continue
            }
        }
        let wrong = PageError.wrongProject(expected: try Pages.name("demo"), found: "other")
        #expect(throws: wrong) { try Pages.html("<h1>Links for other</h1>") }
        #expect(throws: PageError.unsupportedVersion("2.0")) {
            try Pages.html("<meta name='pypi:repository-version' content='2.0'><h1>Links for demo</h1>")
        }
        #expect(throws: PageError.emptyBody) { try Pages.html("\n") }
        let deep = "<h1>Links for demo</h1>" + String(repeating: "<div>", count: 1_000)
        #expect(throws: PageError.notHTML(reason: "it nests more than 256 elements")) { try Pages.html(deep) }
        #expect(throws: PageError.notHTML(reason: "it contains a NUL")) {
            try Pages.html("<h1>Links for demo\u{0}</h1>")
        }
    }

    @Test func pagesThatWereCutOff() throws {
        let whole = "<html><h1>Links for demo</h1>\n<a href='demo-1.0.zip'>x</a>\n<a href='demo-1.1.zip'>x</a></html>"
        #expect(try Pages.html(whole).page.files.count == 2)
        for length in 1..<(whole.utf8.count - 1) {
            #expect(throws: PageError.self) { try Pages.html(String(whole.prefix(length))) }
        }
    }

    @Test func bytesThatAreNotUTF8AreLatin1() throws {
        let text = "<a href=\"demo-1.0.zip\" data-yanked=\"caf\u{fffd}\">x</a><a href=\"demo-1.1.zip\">"
        let body = text.unicodeScalars.map { $0.value == 0xFFFD ? 0xE9 : UInt8($0.value) }
        let demo = try Pages.name("demo")
        let page = try ProjectPage.parse(body, contentType: nil, base: Pages.base, project: demo).page
        #expect(page.files.map(\.yanked) == [Yank(reason: "café"), nil])
    }

    @Test func manyFiles() throws {
        var text = "<body>"
        for index in 0..<4_984 {
            text += "<a href=\"https://files.example/packages/\(index)/demo-1.\(index).tar.gz#sha256=\(Pages.sha)\""
            text += " data-requires-python=\"&gt;=3.\(index)\">demo-1.\(index).tar.gz</a><br />\n"
        }
        let page = try Pages.html(text).page
        #expect(page.files.count == 4_984)
        for (index, file) in page.files.enumerated() {
            #expect(file.filename == "demo-1.\(index).tar.gz" && file.requiresPython == ">=3.\(index)")
            #expect(file.hashes == ["sha256": Pages.sha])
        }
    }

    @Test func tagsThatTakeThePatienceOfLibxml2AreRefused() throws {
        func page(attributes count: Int, _ more: String = "") -> String {
            let attributes = (0..<count).map { " a\($0)" }.joined()
            return "<h1>Links for demo</h1><a href=\"demo-1.zip\"\(attributes)\(more)>x</a>"
        }
        #expect(try Pages.html(page(attributes: 99)).page.files.map(\.filename) == ["demo-1.zip"])
        #expect(throws: PageError.notHTML(reason: "an element has more than 100 attributes")) {
            try Pages.html(page(attributes: 100))
        }
        // Tags in the wrong place are not told of, and count together.
        let bytes = PageError.notHTML(reason: "a tag or comment has more than 32768 bytes")
        #expect(throws: bytes) {
            try Pages.html("<h1>Links for demo</h1>" + String(repeating: "<html lang=en>", count: 4_000) + "</html>")
        }
        #expect(throws: bytes) {
            try Pages.html("<h1>Links for demo</h1><!--\(String(repeating: "x", count: 100_000))-->")
        }
        #expect(throws: PageError.notHTML(reason: "a tag or comment has more than 32768 bytes")) {
            try Pages.html(page(attributes: 100_000))
        }
        let reason = String(repeating: "why ", count: 7_000)
        let read = try Pages.html(page(attributes: 0, " data-yanked=\"\(reason)\"")).page.files
        #expect(read.map(\.yanked) == [Yank(reason: reason)])
    }

    @Test(arguments: ["<script>\n</script>", "<style>\n</style>", "<p>\n</p>", "<p>1 < \n</p>"])
    func longTextIsRead(_ around: String) throws {
        let text = around.replacing("\n", with: String(repeating: "words ", count: 40_000))
        let parsed = try Pages.html("<h1>Links for demo</h1>\(text)<a href=\"demo-1.zip\">x</a>")
        #expect(parsed.page.files.map(\.filename) == ["demo-1.zip"])
    }
}
