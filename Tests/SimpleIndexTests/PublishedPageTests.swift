import Digest
import JSON
import Packaging
import SimpleIndex
import Testing

@Suite struct PublishedPageTests {
    private let path = "ab/cd/" + String(repeating: "e", count: 60)

    private func page() throws -> PublishedPage {
        let digest = try #require(SHA256Digest(hex: Pages.sha))
        let sidecar = try #require(SHA256Digest(hex: Pages.otherSHA))
        return PublishedPage(
            name: try Pages.name("demo"),
            serial: 17,
            status: ProjectStatus(marker: .deprecated, reason: "use <other> & \"co\""),
            files: [
                PublishedFile(
                    filename: "demo-10.0-py3-none-any.whl",
                    path: path,
                    sha256: digest,
                    size: 12,
                    uploadTime: "2024-01-02T03:04:05.000001Z",
                    requiresPython: ">=3.8,<4",
                    yanked: Yank(reason: "it's\nbad"),
                    sidecar: sidecar,
                    provenance: "https://index.example/integrity/x?a=1&b=2"
                ),
                PublishedFile(filename: "demo-9.0+b (1).tar.gz", path: path, sha256: digest, size: 0, yanked: Yank()),
                PublishedFile(filename: "demo-9.0.tar.gz", path: path, sha256: digest, size: 1, requiresPython: ""),
            ]
        )
    }

    @Test func goldenHTML() throws {
        let link = "<a href=\"../../packages/\(path)/"
        let expected = """
            <!DOCTYPE html>
            <html lang="en">
              <head>
                <meta name="pypi:repository-version" content="1.4">
                <meta name="pypi:project-status" content="deprecated">
                <meta name="pypi:project-status-reason" content="use &lt;other&gt; &amp; &#34;co&#34;">
                <title>Links for demo</title>
              </head>
              <body>
                <h1>Links for demo</h1>
                \(link)demo-9.0%2Bb%20%281%29.tar.gz#sha256=\(Pages.sha)" data-yanked="" >demo-9.0+b (1).tar.gz</a><br />
                \(link)demo-9.0.tar.gz#sha256=\(Pages.sha)" >demo-9.0.tar.gz</a><br />
                \(link)demo-10.0-py3-none-any.whl#sha256=\(Pages.sha)" data-requires-python="&gt;=3.8,&lt;4" \
            data-yanked="it&#39;s&#10;bad" data-dist-info-metadata="sha256=\(Pages.otherSHA)" \
            data-core-metadata="sha256=\(Pages.otherSHA)" data-provenance="https://index.example/integrity/x?a=1&amp;b=2"\
            >demo-10.0-py3-none-any.whl</a><br />
                </body>
            </html>
            <!--SERIAL 17-->
            """
        #expect(String(decoding: try page().html(), as: UTF8.self) == expected)
    }

    @Test func goldenJSON() throws {
        let (url, sha) = ("../../packages/\(path)/", Pages.sha)
        let expected =
            #"{"meta":{"_last-serial":17,"api-version":"1.4"},"name":"demo","#
            + #""project-status":{"status":"deprecated","reason":"use <other> & \"co\""},"#
            + #""versions":["9.0 (1)","9.0","10.0"],"files":["#.replacing("9.0 (1)", with: "9.0+b (1)")
            + #"{"filename":"demo-9.0+b (1).tar.gz","hashes":{"sha256":"\#(sha)"},"size":0,"#
            + #""url":"\#(url)demo-9.0%2Bb%20%281%29.tar.gz","yanked":true},"#
            + #"{"filename":"demo-9.0.tar.gz","hashes":{"sha256":"\#(sha)"},"size":1,"url":"\#(url)demo-9.0.tar.gz"},"#
            + #"{"core-metadata":{"sha256":"\#(Pages.otherSHA)"},"filename":"demo-10.0-py3-none-any.whl","#
            + #""hashes":{"sha256":"\#(sha)"},"provenance":"https://index.example/integrity/x?a=1&b=2","#
            + #""requires-python":">=3.8,<4","size":12,"upload-time":"2024-01-02T03:04:05.000001Z","#
            + #""url":"\#(url)demo-10.0-py3-none-any.whl","yanked":"it's\nbad"}]}"#
        #expect(String(decoding: try page().json(), as: UTF8.self) == expected)
    }

    @Test func emptyPage() throws {
        let page = PublishedPage(name: try Pages.name("demo"), files: [])
        #expect(
            String(decoding: page.json(), as: UTF8.self)
                == #"{"meta":{"api-version":"1.4"},"name":"demo","versions":[],"files":[]}"#
        )
        let html = String(decoding: page.html(), as: UTF8.self)
        #expect(html.hasSuffix("    <h1>Links for demo</h1>\n    </body>\n</html>\n"))
    }

    @Test func withoutASizeItIsVersionOneAndTellsNoVersions() throws {
        let digest = try #require(SHA256Digest(hex: Pages.sha))
        let file = PublishedFile(filename: "demo-1.0.zip", path: path, sha256: digest)
        let page = PublishedPage(name: try Pages.name("demo"), files: [file], versions: ["1.0"])
        let root = try JSONDocument(page.json()).root
        #expect(root["meta"]?["api-version"]?.string == "1.0" && root["versions"] == nil)
        #expect(root["files"]?.array.map { $0["size"] == nil } == [true])
    }

    @Test func orderDoesNotDependOnThatOfTheInput() throws {
        let page = try page()
        let shuffled = PublishedPage(
            name: page.name,
            serial: page.serial,
            status: page.status,
            files: page.files.reversed(),
            versions: page.versions.reversed() + page.versions
        )
        #expect(shuffled == page)
    }

    @Test func rootList() throws {
        let content = try SHA256Digest.hash([])
        let entries = [
            PublishedRootList.Entry(name: try Pages.name("zope-interface"), serial: 3, content: content),
            PublishedRootList.Entry(name: try Pages.name("a"), serial: nil),
        ]
        let list = PublishedRootList(serial: 9, entries: entries)
        #expect(
            String(decoding: list.json(), as: UTF8.self) == #"{"meta":{"_last-serial":9,"api-version":"1.4"},"#
                + #""projects":[{"name":"a"},{"name":"zope-interface","_last-serial":3,"_content-sha256":"#
                + #""e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]}"#
        )
        #expect(
            String(decoding: list.html(), as: UTF8.self) == """
                <!DOCTYPE html>
                <html lang="en">
                  <head>
                    <meta name="pypi:repository-version" content="1.4">
                    <title>Simple index</title>
                  </head>
                  <body>
                    <a href="a/">a</a>
                    <a href="zope-interface/">zope-interface</a>
                    </body>
                </html>

                """
        )
        let base = "https://mirror.example/simple/"
        let json = try RootList.parse(list.json(), contentType: nil, base: base)
        #expect(json.map(\.name) == list.entries.map(\.name) && json.map(\.serial) == [nil, 3] && json.lastSerial == 9)
        #expect(json.map(\.content) == [nil, content.prefix])
        #expect(try RootList.parse(list.html(), contentType: nil, base: base).map(\.name) == list.entries.map(\.name))
        let empty = PublishedRootList(entries: [])
        #expect(try RootList.parse(empty.json(), contentType: nil, base: base).isEmpty)
        #expect(try RootList.parse(empty.html(), contentType: nil, base: base).isEmpty)
    }
}
