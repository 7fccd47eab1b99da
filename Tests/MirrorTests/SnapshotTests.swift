import Foundation
import SystemPackage
import TestSupport
import Testing

/// Trees that are kept under names: made, compared, served, shown to everybody, and deleted.
@Suite("Snapshots") struct SnapshotTests {
    private let upstream = ScriptedUpstream()

    private func project(_ name: String, _ versions: [String], _ serial: Int) throws -> ScriptedProject {
        var project = try ScriptedProject(name, versions: versions)
        project.serial = serial
        return project
    }

    /// A mirror with a snapshot `first`, and another tree since: a release more, a project less, a project more.
    private func made() throws -> (mirror: TestMirror, digest: String?) {
        upstream.publish([try ScriptedProject("demo"), try ScriptedProject("six")])
        let mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0", "removals": "\"100%\""])
        let early = try mirror.run("snapshot", "create", "early")
        #expect(early.exitCode == 64 && "\(early)".contains("nothing was published yet"), "\(early)")
        #expect(try mirror.sync().exitCode == 0)
        let digest = try mirror.treeDigest
        let created = try mirror.run("snapshot", "create", "first", "--json")
        #expect(created.exitCode == 0, "\(created)")
        #expect(created.report.text("treeDigest") == digest)
        upstream.publish([try project("demo", ["1.0", "2.0"], 2), try ScriptedProject("new")])
        upstream.remove("/simple/six/")
        #expect(try mirror.sync().exitCode == 0)
        return (mirror, digest)
    }

    private func files(_ snapshot: String, _ project: String, in mirror: TestMirror) throws -> [String] {
        try page(snapshot, project, in: mirror).objects("files").compactMap { $0.text("filename") }
    }

    private func page(_ snapshot: String, _ project: String, in mirror: TestMirror) throws -> Report {
        let bytes = try mirror.contents("snapshots/\(snapshot)/simple/\(project)/index.v1_json")
        let object = try JSONSerialization.jsonObject(with: Data(bytes))
        return Report(object: try #require(object as? [String: Any]))
    }

    @Test("Making one changes nothing of the live tree, whatever the configuration says by now")
    func otherSettings() throws {
        let (mirror, _) = try made()
        try mirror.configure("web-pages", "false", in: "[publish]")
        try mirror.configure("legacy-json", "false", in: "[publish]")
        #expect(try mirror.run("snapshot", "create", "second").exitCode == 0)
        for path in ["index.html", "project/demo/index.html", "pypi/demo/json"] {
            #expect(try mirror.contents(path).count > 10, "\(path)")
        }
    }

    @Test("A snapshot shows what was, below the live tree, with files that can be had")
    func served() throws {
        let (mirror, digest) = try made()
        #expect(try files("first", "demo", in: mirror) == ["demo-1.0-py3-none-any.whl"])
        #expect(try files("first", "six", in: mirror).count == 1)
        let page = try page("first", "demo", in: mirror)
        let url = try #require(page.objects("files").first?.text("url")?.split(separator: "#").first)
        #expect(try mirror.contents("snapshots/first/simple/demo/\(url)").count > 100)
        #expect(try mirror.verify().exitCode == 0)
        let list = try mirror.run("snapshot", "list", "--json").report.objects("snapshots")
        #expect(list.map { $0.text("snapshot") } == ["first"])
        #expect(list.first?.text("treeDigest") == digest && list.first?.int("projects") == 2)
        let taken = try mirror.run("snapshot", "create", "first")
        #expect(taken.exitCode == 64 && "\(taken)".contains("there is a snapshot 'first' already"))
        for name in ["7", "", ".x", "a/b", "..", String(repeating: "a", count: 65)] {
            let refused = try mirror.run("snapshot", "create", "--", name)
            #expect(refused.exitCode == 64, "\(name): \(refused)")
        }
    }

    @Test("A comparison names projects, files and bytes")
    func difference() throws {
        let (mirror, _) = try made()
        let result = try mirror.run("snapshot", "diff", "first", "--json")
        #expect(result.exitCode == 0, "\(result)")
        let projects = result.report.objects("projects")
        #expect(projects.map { $0.text("project") } == ["demo", "new", "six"])
        #expect(projects.map { $0.text("change") } == ["changed", "added", "removed"])
        #expect(projects[0].objects("added").map { $0.text("file") } == ["demo-2.0-py3-none-any.whl"])
        #expect(result.report.int("files.added") == 2 && result.report.int("files.removed") == 1)
        #expect(result.report.int("bytes.added") ?? 0 > 1_000)
        #expect(try mirror.run("snapshot", "create", "second").exitCode == 0)
        #expect(try mirror.run("snapshot", "diff", "second").output.contains("they show the same"))
        let back = try mirror.run("snapshot", "diff", "second", "first", "--json").report
        #expect(back.objects("projects").map { $0.text("change") } == ["changed", "removed", "added"])
        let missing = try mirror.run("snapshot", "diff", "third")
        #expect(missing.exitCode == 64 && "\(missing)".contains("there is no snapshot 'third'"))
    }

    @Test("Everybody goes back to a snapshot, and on again")
    func rollback() throws {
        let (mirror, digest) = try made()
        let newest = try mirror.treeDigest
        let result = try mirror.run("rollback", "first", "--json")
        #expect(result.exitCode == 0, "\(result)")
        #expect(result.report.text("treeDigest") == digest && result.report.int("held") == 1)
        #expect(try mirror.listedProjects() == ["demo", "six"])
        #expect(try mirror.verify().exitCode == 0)
        #expect(try mirror.sync().report.int("held") == 1)
        // A snapshot of what readers see who are held.
        #expect(try mirror.run("snapshot", "create", "again", "--json").report.text("treeDigest") == digest)
        #expect(try mirror.run("snapshot", "diff", "first", "again").output.contains("they show the same"))
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try mirror.treeDigest == newest)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("gc keeps what a snapshot refers to until it is deleted")
    func collection() throws {
        let (mirror, digest) = try made()
        try mirror.configure("keep-generations", "1", in: "[publish]")
        upstream.publish([try project("demo", ["3.0"], 3), try ScriptedProject("new")])
        #expect(try mirror.sync().exitCode == 0)
        for _ in 0..<2 { #expect(try mirror.run("gc", "--grace", "0", "--accept-removals").exitCode == 0) }
        #expect(try mirror.verify().exitCode == 0)
        #expect(try mirror.run("rollback", "first", "--json").report.text("treeDigest") == digest)
        #expect(try mirror.run("publish").exitCode == 0)
        let before = try mirror.run("status", "--json").report.int("objects") ?? 0
        #expect(try mirror.run("snapshot", "delete", "first").exitCode == 0)
        #expect(try mirror.run("snapshot", "delete", "first").exitCode == 64)
        upstream.publish([try project("demo", ["4.0"], 4), try ScriptedProject("new")])
        #expect(try mirror.sync().exitCode == 0)
        for _ in 0..<2 { #expect(try mirror.run("gc", "--grace", "0", "--accept-removals").exitCode == 0) }
        #expect(try mirror.run("status", "--json").report.int("objects") ?? 0 < before)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("What is blocked leaves every snapshot, by its URL as well")
    func blocks() throws {
        let (mirror, digest) = try made()
        let page = try page("first", "six", in: mirror)
        let url = try #require(page.objects("files").first?.text("url")?.split(separator: "#").first)
        #expect(try mirror.run("block", "six", "demo==1.0").exitCode == 0)
        #expect(try files("first", "six", in: mirror) == [])
        #expect(try files("first", "demo", in: mirror) == [])
        #expect((try? mirror.contents("snapshots/first/simple/six/\(url)")) == nil)
        let list = try mirror.run("snapshot", "list", "--json").report.objects("snapshots")
        #expect(list.first?.text("treeDigest") != digest && list.first?.int("projects") == 1)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test(
        "Damage of a snapshot is found and mended",
        arguments: ["manifest", "generation.json", "link", "list", "page"]
    )
    func damage(what: String) throws {
        let (mirror, digest) = try made()
        let tree = mirror.root.appending("snapshots/first")
        switch what {
        case "manifest", "generation.json": try rewrite(tree.appending(what)) { $0[$0.count / 2] ^= 1 }
        case "list": try rewrite(tree.appending("simple/index.v1_json")) { $0[$0.count / 2] ^= 1 }
        case "page": try rewrite(tree.appending("simple/demo/index.html")) { $0[$0.count / 2] ^= 1 }
        default: try FileManager.default.removeItem(atPath: tree.appending("simple/six").string)
        }
        let found = try mirror.verify("--publication")
        #expect(found.exitCode == 2, "\(found)")
        let paths = found.report.objects("findings").compactMap { $0.text("path") }
        #expect(paths.contains { $0.hasPrefix("snapshots/first/") }, "\(paths)")
        let repaired = try mirror.verify("--repair")
        #expect(repaired.exitCode == 8, "\(repaired)")
        let after = try mirror.verify()
        #expect(after.exitCode == 0, "\(after)")
        #expect(try mirror.run("rollback", "first", "--json").report.text("treeDigest") == digest)
    }

    @Test("A damaged snapshot keeps no block from the others, nor from the links, and is told until it is mended")
    func damagedBesideABlock() throws {
        let (mirror, _) = try made()
        #expect(try mirror.run("snapshot", "create", "second").exitCode == 0)
        try rewrite(mirror.root.appending("snapshots/first/manifest")) { $0[$0.count / 2] ^= 1 }
        let link = try #require(try page("second", "demo", in: mirror).objects("files").first?.text("url"))
        let blocked = try mirror.run("block", "demo==1.0")
        #expect(blocked.exitCode == 3, "\(blocked)")
        #expect("\(blocked)".contains("snapshot first is damaged, and may show what is blocked"), "\(blocked)")
        #expect(try files("second", "demo", in: mirror) == ["demo-2.0-py3-none-any.whl"])
        let target = link.split(separator: "#").first.map(String.init) ?? ""
        #expect((try? mirror.contents("simple/demo/\(target)")) == nil)
        #expect(try mirror.sync().exitCode == 3)
        #expect(try mirror.verify("--repair").exitCode == 8)
        let after = try mirror.sync()
        #expect(after.exitCode == 0, "\(after)")
        #expect(try files("first", "demo", in: mirror) == [])
        #expect(try mirror.verify().exitCode == 0)
    }
}
