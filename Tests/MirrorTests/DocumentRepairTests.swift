import FileIO
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Damage to the documents of PyPI's JSON API, and to what they are made of.
@Suite("Damaged documents") struct DocumentRepairTests {
    private let upstream = ScriptedUpstream()
    private let mirror: TestMirror

    init() throws {
        upstream.publish([try ScriptedProject("demo", versions: ["1.0", "2.0"]), try ScriptedProject("other")])
        mirror = try TestMirror(of: upstream.url)
        let result = try mirror.sync()
        try #require(result.exitCode == 0, "\(result)")
    }

    private var view: FilePath {
        let link = mirror.root.appending("web/simple/demo").string
        return FilePath(URL(fileURLWithPath: link).resolvingSymlinksInPath().path)
    }

    /// Expects one kind of finding about one place, and that a repair gives back what was there.
    private func expectMended(_ kind: String, at path: String, _ damage: () throws -> Void) throws {
        let before = try mirror.documents()
        try damage()
        for arguments in [["--publication"], []] {
            let found = try mirror.run(arguments: ["verify", "--json"] + arguments)
            #expect(found.exitCode == 2, "\(path): \(found)")
            let findings = found.report.objects("findings")
            #expect(findings.map { $0.text("class") } == [kind], "\(path): \(found)")
            #expect(findings.first?.text("path") == path, "\(found)")
        }
        let repair = try mirror.verify("--repair")
        #expect(repair.exitCode == 8, "\(path): \(repair)")
        let clean = try mirror.verify()
        #expect(clean.exitCode == 0, "\(path): \(clean)")
        #expect(try mirror.documents() == before)
    }

    @Test("A document that says something else or is gone is found and made anew", arguments: ["json", "1.0/json"])
    func bytes(name: String) throws {
        let path = "web/pypi/demo/\(name)"
        try expectMended("page-mismatch", at: path) { try rewrite(view.pushing(FilePath(name))) { $0[5] ^= 1 } }
        try expectMended("page-mismatch", at: path) { try rewrite(view.pushing(FilePath(name))) { $0.removeLast() } }
        try expectMended("page-mismatch", at: path) { view.pushing(FilePath(name)).removeAll() }
    }

    @Test("A folder of a release that is gone or a file, and what else lies in a view, is mended")
    func folders() throws {
        let path = "web/pypi/demo/2.0/json"
        let folder = view.appending("2.0")
        try expectMended("page-mismatch", at: path) { folder.removeAll() }
        try expectMended("page-mismatch", at: path) {
            folder.removeAll()
            try Data("in the way".utf8).write(to: URL(fileURLWithPath: folder.string))
            let stranger = URL(fileURLWithPath: view.appending("3.0").string)
            try FileManager.default.createDirectory(at: stranger, withIntermediateDirectories: false)
            try Data().write(to: stranger.appendingPathComponent("json"))
        }
        #expect(!mirror.hasDocument("demo/3.0"))
    }

    @Test("What is right in a damaged view stays the file that it was, whatever happens during the repair")
    func neighbours() throws {
        let files = try FileManager.default.subpathsOfDirectory(atPath: view.string).sorted()
        #expect(
            Set(files).isSuperset(of: ["about.html", "index.html", "index.v1_html", "json", "1.0/json"]),
            "\(files)"
        )
        func identities() throws -> [String: FileIdentity] {
            let places = files.filter { !["1.0", "2.0"].contains($0) }.map { ($0, view.pushing(FilePath($0))) }
            return try Dictionary(
                uniqueKeysWithValues: places.map { ($0, try POSIXFileSystem().status($1).identity) }
            )
        }
        for damaged in ["about.html", "2.0/json"] {
            let before = try identities()
            try expectMended(
                "page-mismatch",
                at: damaged == "about.html" ? "web/project/demo/about.html" : "web/pypi/demo/2.0/json"
            ) {
                try rewrite(view.pushing(FilePath(damaged))) { $0[5] ^= 1 }
            }
            let after = try identities()
            #expect(before.filter { after[$0.key] != $0.value }.map(\.key) == [damaged])
        }
    }

    @Test("The link to all documents is found missing or wrong")
    func link() throws {
        let link = mirror.root.appending("web/pypi")
        try expectMended("publication-dangling", at: "web/pypi") { link.removeAll() }
        try expectMended("publication-dangling", at: "web/pypi") {
            link.removeAll()
            try FileManager.default.createSymbolicLink(atPath: link.string, withDestinationPath: "../../objects")
        }
        try expectMended("publication-dangling", at: "web/pypi") {
            link.removeAll()
            try Data().write(to: URL(fileURLWithPath: link.string))
        }
    }

    @Test("A damaged sidecar is no damage of documents made of it, and keeps no page from being published")
    func sidecar() throws {
        let before = try mirror.documents()
        let sidecar = try mirror.sidecar(of: "demo-2.0-py3-none-any.whl")
        try rewrite(sidecar) { $0[$0.count / 2] ^= 1 }
        let found = try mirror.verify()
        #expect(found.report.objects("findings").map { $0.text("class") } == ["digest-mismatch"], "\(found)")
        #expect(try mirror.documents() == before)

        // Now the project changes.
        let grown = try ScriptedProject("demo", versions: ["1.0", "2.0", "3.0"]).stating(serial: 2)
        upstream.publish([grown, try ScriptedProject("other")])
        for _ in 0..<2 {
            let sync = try mirror.sync()
            #expect(sync.exitCode == 3, "\(sync)")
            #expect(sync.report.failures.map { $0.text("project") } == ["demo"], "\(sync)")
            #expect(sync.report.failures.first?.text("reason")?.contains("2.0/json") == true, "\(sync)")
            // Nothing new to see.
            #expect(sync.report.int("generation") == 2, "\(sync)")
        }
        #expect(try mirror.filenames("demo").count == 3)
        let poor = try mirror.document("demo/2.0/json")
        #expect(poor.text("info.summary") == nil && poor.objects("urls").count == 1)
        #expect(try mirror.document("demo/json").text("info.summary") != nil)
        let publication = try mirror.verify("--publication")
        #expect(publication.report.objects("findings").allSatisfy { $0.text("class") == "digest-mismatch" })

        // Once the sidecar is whole, the document is written again.
        let repair = try mirror.verify("--repair")
        #expect(repair.exitCode == 8, "\(repair)")
        #expect(try mirror.document("demo/2.0/json").text("info.summary") != nil)
        #expect(try mirror.verify().exitCode == 0)
        #expect(try mirror.sync().exitCode == 0)
        #expect(try mirror.verify().exitCode == 0)
    }
}
