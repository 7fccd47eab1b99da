import Configuration
import Testing

@testable import Mirror

/// The resolver: a URL, and the URLs to try for it in order.
@Suite("Candidate URLs") struct CandidateURLTests {
    private func urls(
        _ url: String = "https://index.example/simple/",
        files: [String] = [],
        indexes: [String] = []
    ) throws -> CandidateURLs {
        func list(_ texts: [String]) -> String { "[" + texts.map { "'\($0)'" }.joined(separator: ", ") + "]" }
        let text = """
            [upstream]
            url = '\(url)'
            ftp = true
            file-mirrors = \(list(files))
            index-mirrors = \(list(indexes))
            """
        return CandidateURLs(try Configuration.parse(text, file: "larder.toml").upstreams[0])
    }

    private let file = "https://files.example/packages/ab/cd/x-1.0.tar.gz"

    @Test("2, 30: a file is asked for at mirrors in their order, under the whole path of its own URL")
    func files() throws {
        let mirrored = try urls(files: ["https://a.example/pypi", "ftp://b.example/"])
        let paths = [
            "https://a.example/pypi/packages/ab/cd/x-1.0.tar.gz", "ftp://b.example/packages/ab/cd/x-1.0.tar.gz",
        ]
        #expect(mirrored.file(file) == .init(url: paths[0], alternatives: [paths[1], file]))
        let first = try urls(files: ["upstream", "https://a.example/pypi"])
        #expect(first.file(file) == .init(url: file, alternatives: [paths[0]]))
        #expect(try urls().file(file) == .init(url: file))
    }

    @Test("Query and fragment stay with the upstream; a sidecar has its own path")
    func query() throws {
        let mirrored = try urls(files: ["https://a.example/"])
        let signed = "https://files.example:8443/p/x.whl.metadata?sig=a/b#c"
        #expect(mirrored.file(signed) == .init(url: "https://a.example/p/x.whl.metadata", alternatives: [signed]))
    }

    @Test("A URL without a path, or that is no URL, has no mirror; the same URL is asked once")
    func nothing() throws {
        let mirrored = try urls(files: ["https://a.example/"])
        for odd in ["https://files.example", "https://files.example/", "https://files.example/?x=/a", "x", ""] {
            #expect(mirrored.file(odd) == .init(url: odd))
        }
        #expect(mirrored.file("https://a.example/x.whl") == .init(url: "https://a.example/x.whl"))
    }

    @Test("The path of a local file goes along whole")
    func local() throws {
        let mirrored = try urls("file:///srv/tree/simple/", files: ["https://a.example/"])
        #expect(
            mirrored.file("file:///srv/tree/packages/x.whl")
                == .init(
                    url: "https://a.example/srv/tree/packages/x.whl",
                    alternatives: ["file:///srv/tree/packages/x.whl"]
                )
        )
    }

    @Test("Pages and the list are asked for at the index, then at its mirrors")
    func pages() throws {
        let mirrored = try urls(indexes: ["https://a.example/root/simple", "file:///srv/b/simple"])
        let page = mirrored.page("six/")
        #expect(page.first.url == "https://index.example/simple/six/")
        #expect(
            page.first.alternatives == [
                "https://a.example/root/simple/six/", "file:///srv/b/simple/six/index.v1_json",
                "file:///srv/b/simple/six/index.html",
            ]
        )
        #expect(page.second == nil)
        #expect(mirrored.page("").first.url == "https://index.example/simple/")
        #expect(mirrored.page("").first.alternatives.first == "https://a.example/root/simple/")
    }

    @Test(
        "Where nothing answers for a directory, index files are named",
        arguments: ["file:///srv", "ftp://host.example"]
    )
    func directories(base: String) throws {
        let page = try urls("\(base)/simple", indexes: ["https://a.example/simple/"]).page("six/")
        let alternatives = ["https://a.example/simple/six/"]
        #expect(page.first == .init(url: "\(base)/simple/six/index.v1_json", alternatives: alternatives))
        #expect(page.second == .init(url: "\(base)/simple/six/index.html", alternatives: alternatives))
    }

    @Test("The name of an index file says what it is, except where a server does")
    func contentTypes() {
        let json = "application/vnd.pypi.simple.v1+json"
        #expect(CandidateURLs.contentType(of: "file:///srv/simple/six/index.v1_json") == json)
        #expect(CandidateURLs.contentType(of: "ftps://host.example/simple/index.html") == "text/html")
        #expect(CandidateURLs.contentType(of: "https://host.example/simple/index.html") == nil)
    }
}
