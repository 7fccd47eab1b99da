import Foundation
import SystemPackage
import TestSupport
import Testing

/// Readers taken back to an older generation, held there, and let go.
@Suite("Rollback") struct RollbackTests {
    private let upstream = ScriptedUpstream()

    /// A mirror with four generations, and the tree digest of each.
    private func made() throws -> (mirror: TestMirror, digests: [String?]) {
        upstream.publish([try ScriptedProject("demo"), try ScriptedProject("six")])
        let mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0", "removals": "\"100%\""])
        #expect(try mirror.sync().exitCode == 0)
        var digests = [String?]()
        var steps: [[ScriptedProject]] = []
        digests.append(try mirror.treeDigest)
        steps.append([try project("demo", ["1.0", "2.0"], 2), try ScriptedProject("six")])
        steps.append([try project("demo", ["1.0", "2.0"], 2), try ScriptedProject("six"), try ScriptedProject("new")])
        steps.append([try project("demo", ["2.0"], 3), try ScriptedProject("new")])
        for step in steps {
            upstream.publish(step)
            if step.count == 2, step[1].name == "new" { upstream.remove("/simple/six/") }
            let sync = try mirror.sync()
            #expect(sync.exitCode == 0, "\(sync)")
            digests.append(try mirror.treeDigest)
        }
        #expect(Set(digests).count == 4)
        return (mirror, digests)
    }

    private func project(_ name: String, _ versions: [String], _ serial: Int) throws -> ScriptedProject {
        var project = try ScriptedProject(name, versions: versions)
        project.serial = serial
        return project
    }

    @Test("Any kept generation comes back with its digest, forward too, and syncs publish nothing until told to")
    func anyGeneration() throws {
        let (mirror, digests) = try made()
        let kept = try mirror.run("rollback", "--list", "--json").report.objects("kept")
        #expect(kept.map { $0.int("generation") } == [3, 2, 1])
        #expect(kept.map { $0.text("treeDigest") } == [digests[2], digests[1], digests[0]])
        for number in [1, 3, 2, 4, 1] {
            let result = try mirror.run("rollback", "\(number)", "--json")
            #expect(result.exitCode == 0, "\(number): \(result)")
            #expect(result.report.text("treeDigest") == digests[number - 1], "\(number)")
            let status = try mirror.run("status", "--json").report
            #expect(status.int("held") == number && status.int("generation") == number)
            let verify = try mirror.verify()
            #expect(verify.exitCode == 0, "\(number): \(verify)")
        }
        #expect(try mirror.filenames("demo").count == 1)
        #expect(try mirror.listedProjects() == ["demo", "six"])
        #expect(!FileManager.default.fileExists(atPath: mirror.root.appending("web/simple/new").string))
        #expect(try mirror.contents("simple/six/index.html").count > 0)
        // Fetched, and not shown.
        upstream.publish([try project("demo", ["2.0", "3.0"], 4), try ScriptedProject("new")])
        let held = try mirror.sync()
        #expect(held.exitCode == 0, "\(held)")
        #expect(held.report.int("held") == 1 && held.report.int("files.downloaded") == 1)
        #expect(try mirror.treeDigest == digests[0])
        #expect(try mirror.run("sync").output.contains("held at generation 1"))
        let published = try mirror.run("publish", "--json")
        #expect(published.exitCode == 0 && published.report.int("generation") == 5)
        #expect(try mirror.run("status", "--json").report.int("held") == nil)
        #expect(try mirror.filenames("demo") == ["demo-2.0-py3-none-any.whl", "demo-3.0-py3-none-any.whl"])
        #expect(try mirror.listedProjects() == ["demo", "new"])
        #expect(try mirror.verify().exitCode == 0)
        // What was live before is still kept.
        for number in [4, 1] {
            #expect(try mirror.run("rollback", "\(number)", "--json").report.text("treeDigest") == digests[number - 1])
        }
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("One step back follows another") func stepByStep() throws {
        let (mirror, digests) = try made()
        for number in [3, 2, 1] {
            let result = try mirror.run("rollback", "--json")
            #expect(result.exitCode == 0 && result.report.text("treeDigest") == digests[number - 1], "\(result)")
        }
        let end = try mirror.run("rollback")
        #expect(end.exitCode == 64 && "\(end)".contains("no older generation"), "\(end)")
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try mirror.treeDigest == digests[3])
    }

    @Test("A client that asks whether its page is still good is never told so of another one")
    func times() throws {
        let (mirror, _) = try made()
        func time() throws -> Date {
            let path = mirror.root.appending("web/simple/demo/index.html").string
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            return try #require(attributes[.modificationDate] as? Date)
        }
        var last = try time()
        for arguments in [["rollback", "1"], ["publish"], ["rollback", "2"], ["rollback", "1"], ["publish"]] {
            #expect(try mirror.run(arguments: arguments).exitCode == 0)
            let now = try time()
            #expect(now > last, "\(arguments)")
            last = now
        }
    }

    @Test("What is blocked stays off in every generation, also when it is blocked while readers are held")
    func blocks() throws {
        let (mirror, digests) = try made()
        #expect(try mirror.run("block", "six").exitCode == 0)
        let result = try mirror.run("rollback", "2", "--json")
        #expect(result.exitCode == 0, "\(result)")
        #expect(result.report.text("treeDigest") != digests[1])
        #expect(try mirror.filenames("six") == [])
        #expect(try mirror.listedProjects() == ["demo"])
        #expect(try mirror.filenames("demo").count == 2)
        // The network is not needed.
        upstream.remove("/simple/demo/")
        #expect(try mirror.run("block", "demo==1.0").exitCode == 0)
        #expect(try mirror.filenames("demo") == ["demo-2.0-py3-none-any.whl"])
        #expect(try mirror.run("status", "--json").report.int("held") == 2)
        #expect(try mirror.verify().exitCode == 0)
        #expect(try mirror.run("rollback", "1").exitCode == 0)
        #expect(try mirror.filenames("demo") == [])
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("gc keeps what kept generations refer to, and lets go of it with them")
    func collection() throws {
        let (mirror, digests) = try made()
        for _ in 0..<2 { #expect(try mirror.run("gc", "--grace", "0", "--accept-removals").exitCode == 0) }
        #expect(try mirror.run("rollback", "1", "--json").report.text("treeDigest") == digests[0])
        #expect(try mirror.run("gc", "--grace", "0", "--accept-removals").exitCode == 0)
        #expect(try mirror.filenames("demo") == ["demo-1.0-py3-none-any.whl"])
        #expect(try mirror.verify().exitCode == 0)
        #expect(try mirror.run("publish").exitCode == 0)
        try mirror.configure("keep-generations", "1", in: "[publish]")
        upstream.publish([try project("demo", ["2.0", "4.0"], 9), try ScriptedProject("new")])
        #expect(try mirror.sync().exitCode == 0)
        #expect(try mirror.run("rollback", "--list", "--json").report.objects("kept").count == 1)
        let before = try mirror.run("status", "--json").report.int("objects") ?? 0
        for _ in 0..<2 { #expect(try mirror.run("gc", "--grace", "0", "--accept-removals").exitCode == 0) }
        #expect(try mirror.run("status", "--json").report.int("objects") ?? 0 < before)
        let gone = try mirror.run("rollback", "1")
        #expect(gone.exitCode == 64, "\(gone)")
        #expect("\(gone)".contains("generation 1 is not kept; these are: 5"), "\(gone)")
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("A rebuilt index and a lost state keep readers where they are held")
    func rebuilt() throws {
        let (mirror, digests) = try made()
        #expect(try mirror.run("rollback", "2").exitCode == 0)
        try FileManager.default.removeItem(atPath: mirror.root.appending("index").string)
        #expect(try mirror.run("rebuild").exitCode == 0)
        #expect(try mirror.treeDigest == digests[1])
        #expect(try mirror.sync().report.int("held") == 2)
        try Data().write(to: URL(fileURLWithPath: mirror.root.appending("state.json").string))
        #expect(try mirror.verify("--repair").exitCode == 8)
        #expect(try mirror.sync().report.int("held") == 2)
        #expect(try mirror.treeDigest == digests[1])
        let published = try mirror.run("publish", "--json")
        #expect(published.exitCode == 0, "\(published)")
        #expect(published.report.text("treeDigest") == digests[3])
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("Damage is mended while readers are held, and what cannot be is off their pages")
    func repair() throws {
        let (mirror, _) = try made()
        #expect(try mirror.run("rollback", "2").exitCode == 0)
        upstream.remove("/files/\(try ScriptedProject("six").files[0].path)")
        let object = try mirror.object(of: "six-1.0-py3-none-any.whl", in: "six")
        try rewrite(object) { $0[0] ^= 1 }
        let found = try mirror.verify("--content")
        #expect(found.exitCode == 1, "\(found)")
        let repaired = try mirror.verify("--repair")
        #expect((repaired.exitCode ?? 0) & 1 == 1, "\(repaired)")
        #expect(try mirror.filenames("six") == [])
        #expect(try mirror.run("status", "--json").report.int("held") == 2)
        #expect(try mirror.run("publish").exitCode == 0)
    }

    @Test("Damaged pages are found, of readers who are held and of generations that are kept") func damagedPages()
        throws
    {
        let (mirror, digests) = try made()
        #expect(try mirror.run("rollback", "1").exitCode == 0)
        // What readers see is not what any record says.
        let page = mirror.root.appending("web/simple/demo/index.v1_json")
        try rewrite(page) { $0[40] ^= 1 }
        let found = try mirror.verify("--publication")
        #expect(found.exitCode == 2, "\(found)")
        let paths = Set(found.report.objects("findings").compactMap { $0.text("path") })
        #expect(paths.contains("web/simple/demo") && paths.contains("generations/0000000001.json"), "\(paths)")
        #expect(try mirror.verify("--repair").exitCode == 8)
        #expect(try mirror.verify().exitCode == 0)
        #expect(!FileManager.default.fileExists(atPath: mirror.root.appending("web/simple/demo").string))
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try mirror.treeDigest == digests[3])
        #expect(try mirror.verify().exitCode == 0)
        // A change that is damaged leads nowhere, nor do those before it.
        let newest = try #require(
            try FileManager.default.contentsOfDirectory(atPath: mirror.root.appending("generations").string).max()
        )
        try rewrite(mirror.root.appending("generations").appending(newest)) { $0[$0.count / 2] ^= 1 }
        #expect(try mirror.verify("--publication").exitCode == 2)
        #expect(try mirror.verify("--repair").exitCode == 8)
        #expect(try mirror.verify().exitCode == 0)
        #expect(try mirror.run("rollback", "--list", "--json").report.objects("kept").isEmpty)
        let nothing = try mirror.run("rollback")
        #expect(nothing.exitCode == 64 && "\(nothing)".contains("no older generation"))
    }

    @Test("A project without files that was blocked since keeps nobody from going back")
    func emptyProject() throws {
        upstream.publish([try ScriptedProject("demo"), try ScriptedProject("empty", versions: [])])
        let mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        #expect(try mirror.sync().exitCode == 0)
        #expect(try mirror.listedProjects() == ["demo", "empty"])
        upstream.publish([try project("demo", ["1.0", "2.0"], 2), try ScriptedProject("empty", versions: [])])
        #expect(try mirror.sync().exitCode == 0)
        #expect(try mirror.run("block", "empty").exitCode == 0)
        let result = try mirror.run("rollback", "1")
        #expect(result.exitCode == 0, "\(result)")
        #expect(try mirror.listedProjects() == ["demo"])
        #expect(try mirror.filenames("demo").count == 1)
    }

    @Test("A damaged generation.json is found and mended while readers are held, and stops no block")
    func damagedGeneration() throws {
        let (mirror, digests) = try made()
        #expect(try mirror.run("rollback", "2").exitCode == 0)
        let path = mirror.root.appending("web/generation.json")
        try rewrite(path) { $0[$0.count / 2] ^= 1 }
        let found = try mirror.verify("--publication")
        #expect(found.exitCode == 2, "\(found)")
        #expect(found.report.objects("findings").map { $0.text("path") } == ["web/generation.json"])
        #expect(try mirror.verify("--repair").exitCode == 8)
        let status = try mirror.run("status", "--json").report
        #expect(status.int("held") == 2 && status.text("treeDigest") == digests[1], "\(status)")
        try rewrite(mirror.root.appending("web/generation.json")) { $0[$0.count / 2] ^= 1 }
        let blocked = try mirror.run("block", "six")
        #expect(blocked.exitCode == 0, "\(blocked)")
        #expect(try mirror.filenames("six") == [])
        #expect(try mirror.run("status", "--json").report.int("held") == 2)
        #expect(try mirror.verify().exitCode == 0)
    }
}
