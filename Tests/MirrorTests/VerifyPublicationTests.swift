import Foundation
import SystemPackage
import TestSupport
import Testing

/// What readers see beside the pages of projects, and what the pages lead to.
@Suite("Verification of what is published") struct VerifyPublicationTests {
    private let upstream = ScriptedUpstream()
    private let mirror: TestMirror

    init() throws {
        upstream.publish(try .good(3))
        mirror = try TestMirror(of: upstream.url)
        let result = try mirror.sync()
        try #require(result.exitCode == 0, "\(result)")
    }

    private func expect(_ kind: String, at path: String, _ comment: String) throws {
        let result = try mirror.verify("--publication")
        #expect(result.exitCode == 2, "\(comment): \(result)")
        let findings = result.report.objects("findings")
        #expect(findings.contains { $0.text("class") == kind && $0.text("path") == path }, "\(comment): \(result)")
        #expect(Set(findings.map { $0.text("class") }) == [kind], "\(comment): \(result)")
    }

    private func url(_ path: String) -> URL { URL(fileURLWithPath: mirror.root.appending("web").string + "/" + path) }

    @Test(
        "Lists of projects that are not those of what is published",
        arguments: [
            "simple/index.html", "simple/index.v1_html", "simple/index.v1_json", "simple/index.html.gz",
            "simple/index.v1_html.gz", "simple/index.v1_json.gz",
        ]
    )
    func lists(name: String) throws {
        let original = try Data(contentsOf: url(name))
        var changed = original
        changed[changed.count / 2] ^= 1
        for bytes in [changed, original.dropLast(), original + [0x20], Data()] {
            try FileManager.default.removeItem(at: url(name))
            try bytes.write(to: url(name))
            try expect("page-mismatch", at: "web/\(name)", "\(bytes.count) bytes")
        }
        try FileManager.default.removeItem(at: url(name))
        try expect("page-mismatch", at: "web/\(name)", "gone")
        try original.write(to: url(name))
        #expect(try mirror.verify("--publication").exitCode == 0)
    }

    @Test("A generation that says other things of the tree than the index")
    func generation() throws {
        let original = try String(contentsOf: url("generation.json"), encoding: .utf8)
        let digest = try #require(try mirror.treeDigest)
        let changes = [
            original.replacingOccurrences(of: digest, with: String(digest.reversed())),
            original.replacingOccurrences(of: "\"projects\":3", with: "\"projects\":4"),
            original.replacingOccurrences(of: "\"files\":3", with: "\"files\":2"), "{", "",
            original.replacingOccurrences(of: "\"time\":1", with: "\"time\":2"),
            original.replacingOccurrences(of: "\"generation\":1", with: "\"generation\":0"),
            original.replacingOccurrences(of: "\"sha256\"", with: "\"sha257\""),
        ]
        for text in changes {
            try #require(text != original)
            try text.write(to: url("generation.json"), atomically: true, encoding: .utf8)
            try expect("page-mismatch", at: "web/generation.json", text)
        }
        try original.write(to: url("generation.json"), atomically: true, encoding: .utf8)
        #expect(try mirror.verify("--publication").exitCode == 0)
    }

    @Test("A sync that finds nothing new makes a damaged generation anew")
    func healedGeneration() throws {
        let digest = try mirror.treeDigest
        let original = try String(contentsOf: url("generation.json"), encoding: .utf8)
        for text in [original.replacingOccurrences(of: "\"time\":1", with: "\"time\":2"), "{"] {
            try #require(text != original)
            try text.write(to: url("generation.json"), atomically: true, encoding: .utf8)
            let sync = try mirror.sync()
            #expect(sync.exitCode == 0, "\(sync)")
            #expect(try mirror.verify().exitCode == 0)
            #expect(try mirror.treeDigest == digest)
        }
    }

    @Test("Links of the tree that lead elsewhere", arguments: ["packages", "status.json"])
    func links(name: String) throws {
        try FileManager.default.removeItem(at: url(name))
        try expect("publication-dangling", at: "web/\(name)", "gone")
        try FileManager.default.createSymbolicLink(atPath: url(name).path, withDestinationPath: "../../elsewhere")
        try expect("publication-dangling", at: "web/\(name)", "elsewhere")
    }

    @Test("Links to projects that were never published")
    func strangers() throws {
        for name in ["nobody", "Not..Normal"] {
            let link = url("simple/\(name)").path
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "good-00")
            try expect("publication-dangling", at: "web/simple/\(name)", name)
            try FileManager.default.removeItem(atPath: link)
        }
    }

    @Test("A wheel that is damaged is damage of the wheel, and no page is wrong because of it")
    func damagedWheel() throws {
        let path = try mirror.object(of: "good_01-1.0-py3-none-any.whl", in: "good-01").string
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        for index in bytes.indices { bytes[index] ^= 0x55 }
        try FileManager.default.removeItem(atPath: path)
        try bytes.write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: path)
        let result = try mirror.verify("--publication")
        #expect(result.exitCode == 1, "\(result)")
        #expect(result.report.objects("findings").map { $0.text("class") } == ["digest-mismatch"])
        #expect(try mirror.verify().report.object["found"] as? [String: Int] == ["digest-mismatch": 1])
    }
}
