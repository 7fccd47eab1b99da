import DemoUpstream
import Digest
import Foundation
import Packaging
import SystemPackage
import Testing

@Suite struct DemoUpstreamTests {
    private struct Page: Decodable {
        struct Meta: Decodable {
            let serial: Int
            enum CodingKeys: String, CodingKey { case serial = "_last-serial" }
        }
        struct File: Decodable {
            let filename: String
            let url: String
            let hashes: [String: String]
            let size: Int
            let metadata: [String: String]?
            let yanked: String?
            enum CodingKeys: String, CodingKey {
                case filename
                case url
                case hashes
                case size
                case metadata = "core-metadata"
                case yanked
            }
        }
        let meta: Meta
        let versions: [String]
        let files: [File]
    }

    private func page(_ project: String, _ directory: TemporaryDirectory) throws -> Page {
        let bytes = try directory.contents("simple/\(project)/index.v1_json")
        return try JSONDecoder().decode(Page.self, from: Data(bytes))
    }

    private func html(_ project: String, _ directory: TemporaryDirectory) throws -> String {
        String(decoding: try directory.contents("simple/\(project)/index.html"), as: UTF8.self)
    }

    @Test func pagesNameEveryFileThatIsThere() throws {
        let directory = try TemporaryDirectory()
        var upstream = DemoUpstream(root: directory.path)
        try upstream.create()
        #expect(upstream.projects.count == 40)
        let tree = try TemporaryDirectory.tree(directory.path)
        var named: Set<String> = []
        for project in upstream.projects {
            let page = try page(project.normalized, directory)
            let html = try html(project.normalized, directory)
            #expect(page.files.isEmpty == false)
            for file in page.files {
                #expect(html.contains("href=\"\(file.url)#sha256="))
                let path = String(file.url.dropFirst("../../".count))
                let bytes = try #require(tree[path])
                #expect(bytes.count == file.size)
                #expect(try SHA256Digest.hash(bytes).hex == file.hashes["sha256"])
                named.insert(path)
                guard let metadata = file.metadata else { continue }
                let sidecar = try #require(tree["\(path).metadata"])
                #expect(try SHA256Digest.hash(sidecar).hex == metadata["sha256"])
                named.insert("\(path).metadata")
            }
        }
        #expect(named == Set(tree.keys.filter { $0.hasPrefix("packages/") }))
    }

    @Test func sameChangesSameBytes() throws {
        let trees = try (0..<2).map { _ in
            let directory = try TemporaryDirectory()
            var upstream = DemoUpstream(root: directory.path)
            try upstream.create()
            try upstream.apply(DemoUpstream.story)
            return try TemporaryDirectory.tree(directory.path)
        }
        #expect(trees[0] == trees[1])
        #expect(trees[0].count > 150)
    }

    @Test func storyShowsOnPages() throws {
        let directory = try TemporaryDirectory()
        var upstream = DemoUpstream(root: directory.path)
        try upstream.create()
        let web = try page("demo-web", directory)
        let text = try directory.contents("simple/demo-text/index.v1_json")
        #expect(!web.versions.contains("2.1.0"))
        try upstream.apply(DemoUpstream.story)
        let later = try page("demo-web", directory)
        #expect(later.versions.contains("2.1.0"))
        #expect(later.meta.serial > web.meta.serial)
        let yanked = try page("demo-orm", directory).files.filter { $0.yanked != nil }.map(\.filename)
        #expect(yanked == ["demo_orm-1.3.0-py3-none-any.whl", "demo_orm-1.3.0.tar.gz"])
        #expect(try html("demo-orm", directory).contains("data-yanked=\"loses rows"))
        let list = String(decoding: try directory.contents("simple/index.v1_json"), as: UTF8.self)
        #expect(!list.contains("demo-coinage"))
        #expect(list.contains("\"_last-serial\":\(upstream.serial)"))
        let tree = try TemporaryDirectory.tree(directory.path)
        #expect(!tree.keys.contains { $0.contains("coinage") })
        #expect(tree["simple/demo-text/index.v1_json"] == text)
    }

    @Test func releasesComeAndGo() throws {
        let directory = try TemporaryDirectory()
        let one = Distribution(name: "A.b", version: "1", kinds: [.wheel])
        var two = one
        two.version = "2"
        var upstream = DemoUpstream(root: directory.path, initial: [.release(one), .release(two)])
        try upstream.create()
        #expect(try page("a-b", directory).versions == ["1", "2"])
        try upstream.apply([.yank(project: "a_b", version: "2", reason: "a \"quoted\" <reason>")])
        #expect(try html("a-b", directory).contains("data-yanked=\"a &quot;quoted&quot; &lt;reason&gt;\""))
        #expect(try page("a-b", directory).files.map(\.yanked) == [nil, "a \"quoted\" <reason>"])
        try upstream.apply([.unyank(project: "a-b", version: "2"), .removeRelease(project: "a-b", version: "1")])
        #expect(try page("a-b", directory).files.map(\.filename) == ["a_b-2-py3-none-any.whl"])
        #expect(try html("a-b", directory).contains("yanked") == false)
        #expect(try page("a-b", directory).meta.serial == Int(upstream.serial))
        // Gone and back within one step: the file stays.
        try upstream.apply([.removeProject("a-b"), .release(two)])
        let name = try #require(ProjectName("a-b"))
        let path = try #require(upstream.paths(of: name).first)
        #expect(try directory.contents(path) == two.wheel())
    }

    @Test func impossibleChangesAreErrors() throws {
        let directory = try TemporaryDirectory()
        let one = Distribution(name: "a", version: "1")
        var upstream = DemoUpstream(root: directory.path, initial: [.release(one)])
        try upstream.create()
        let serial = upstream.serial
        #expect(throws: DemoError.fileExists("a-1-py3-none-any.whl")) { try upstream.apply([.release(one)]) }
        #expect(throws: DemoError.unknownProject("b")) { try upstream.apply([.removeProject("b")]) }
        #expect(throws: DemoError.unknownRelease("a", version: "2")) {
            try upstream.apply([.yank(project: "a", version: "2", reason: "")])
        }
        #expect(throws: DemoError.invalidName("-")) {
            try upstream.apply([.release(Distribution(name: "-", version: "1"))])
        }
        #expect(throws: DemoError.notEmpty(directory.path)) { try upstream.create() }
        #expect(upstream.serial == serial)
    }
}
