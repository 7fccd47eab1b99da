import Foundation
import SystemPackage
import TestSupport
import Testing

/// `block` and `unblock`: at once, without the network, and kept whatever happens meanwhile.
@Suite("The commands block and unblock") struct BlockCommandTests {
    private let upstream = ScriptedUpstream()

    private func synced(_ projects: [ScriptedProject], _ names: [String]? = nil) throws -> TestMirror {
        upstream.publish(projects)
        let mirror = try TestMirror(of: upstream.url, projects: names ?? [], configuration: ["retries": "0"])
        #expect(try mirror.sync().exitCode == 0)
        return mirror
    }

    private func blockList(of mirror: TestMirror) throws -> String {
        try String(contentsOfFile: mirror.root.appending("blocked.txt").string, encoding: .utf8)
    }

    /// Whether the link of a file is there, on a page or not.
    private func isLinked(_ filename: String, in mirror: TestMirror) throws -> Bool {
        try FileTree(mirror.root.appending("packages")).entries.keys.contains { $0.hasSuffix("/\(filename)") }
    }

    @Test("Projects, releases and files leave pages and links while upstream is gone, and `why` names the line")
    func blocks() throws {
        let demo = try ScriptedProject("demo", versions: ["1.0", "2.0", "3.0"])
        let projects = [demo, try ScriptedProject("evil"), try ScriptedProject("six")]
        let mirror = try synced(projects)
        for path in ["/simple/", "/simple/demo/", "/simple/evil/", "/simple/six/"] { upstream.remove(path) }
        let digest = "sha256:\(demo.files[2].claimedDigest)"
        let result = try mirror.run("block", "evil", "demo == 1.0", digest, "--reason", "CVE-2026-1\nworm", "--json")
        #expect(result.exitCode == 0, "\(result)")
        #expect(result.report.texts("changed") == ["evil", "demo==1.0", digest])
        #expect(result.report.texts("projects") == ["demo", "evil"])
        #expect(result.report.int("generation") == 2)
        #expect(
            try blockList(of: mirror)
                == "evil  # CVE-2026-1 worm\ndemo==1.0  # CVE-2026-1 worm\n\(digest)  # CVE-2026-1 worm\n"
        )
        #expect(try mirror.filenames("demo") == ["demo-2.0-py3-none-any.whl"])
        #expect(try mirror.filenames("evil") == [])
        #expect(try mirror.listedProjects() == ["demo", "six"])
        #expect(try isLinked(demo.files[1].filename, in: mirror))
        for name in ["evil-1.0-py3-none-any.whl", demo.files[0].filename, demo.files[2].filename] {
            #expect(try !isLinked(name, in: mirror))
        }
        #expect(try mirror.verify().exitCode == 0)
        #expect(try mirror.run("why", "evil").output.contains("blocked by blocked.txt (line 1)"))
        let why = try mirror.run("why", "demo", demo.files[0].filename).output
        #expect(why.contains("blocked.txt (line 2)"), "\(why)")
        #expect(try mirror.run("why", "demo", demo.files[2].filename).output.contains("blocked.txt"))
        // As other programs print digests.
        let bare = try mirror.run("block", demo.files[2].claimedDigest.uppercased())
        #expect(bare.output.contains("\(digest): was blocked before"), "\(bare)")
        // Once more changes nothing.
        let again = try mirror.run("block", "Evil", "--json")
        #expect(again.exitCode == 0)
        #expect(again.report.texts("changed") == [] && again.report.int("generation") == 2)
        #expect(try mirror.run("block", "evil").output.contains("evil: was blocked before"))
        // The bytes can go, though kept generations list them.
        let collection = try mirror.run("gc", "--grace", "0", "--accept-removals", "--json")
        #expect(collection.exitCode == 0 && collection.report.int("removed.objects") ?? 0 >= 3, "\(collection)")
        #expect(try mirror.run("rollback", "1").exitCode == 0)
        #expect(try mirror.filenames("demo") == ["demo-2.0-py3-none-any.whl"])
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("A block and its end make upstream be asked for what they concern, and for nothing else")
    func costs() throws {
        let projects = try (0..<20).map { try ScriptedProject("good-\($0)", versions: ["1.0", "2.0"]) }
        let mirror = try synced(projects)
        #expect(try mirror.run("block", "good-3==1.0", "good-4", "never-here").exitCode == 0)
        #expect(try mirror.filenames("good-3") == ["good_3-2.0-py3-none-any.whl"])
        let held = try mirror.sync()
        #expect(held.exitCode == 0, "\(held)")
        // The list of projects, and the project of which a release is blocked.
        #expect(held.report.int("requests.metadata") ?? 99 <= 2, "\(held)")
        #expect(try mirror.filenames("good-4") == [])
        let lifted = try mirror.run("unblock", "good-3==1.0", "good-4", "never-here", "good-5")
        #expect(lifted.exitCode == 0, "\(lifted)")
        #expect(lifted.output.contains("good-4: no longer blocked"))
        #expect(lifted.output.contains("good-5: was not blocked"))
        #expect(try blockList(of: mirror) == "")
        let back = try mirror.sync()
        #expect(back.exitCode == 0, "\(back)")
        #expect(back.report.int("requests.files") == 0)
        #expect(back.report.int("requests.metadata") ?? 99 <= 3, "\(back)")
        #expect(try mirror.filenames("good-3").count == 2)
        #expect(try mirror.filenames("good-4").count == 2)
        #expect(try mirror.verify().exitCode == 0)
        #expect(try mirror.sync().report.int("requests.metadata") == 1)
    }

    @Test("A block that is lifted before a sync ran leaves nothing off") func liftedAtOnce() throws {
        let mirror = try synced([try ScriptedProject("demo", versions: ["1.0", "2.0"])])
        #expect(try mirror.run("block", "demo==2.0").exitCode == 0)
        #expect(try mirror.filenames("demo").count == 1)
        #expect(try mirror.run("unblock", "demo==2.0").exitCode == 0)
        #expect(try mirror.sync().exitCode == 0)
        #expect(try mirror.filenames("demo").count == 2)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("What is blocked while a sync runs is on no page that the sync publishes")
    func duringASync() throws {
        let projects = [try ScriptedProject("demo", versions: ["1.0", "2.0"]), try ScriptedProject("evil")]
        upstream.publish(projects)
        let gate = ScriptedUpstream.Gate()
        let held = projects[0].files[0]
        upstream.set("/files/\(held.path)", .init(body: held.bytes, gate: gate))
        let mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        let sync = try mirror.start(["sync"])
        defer { gate.open() }
        for _ in 0..<2_000 where !upstream.requestedPaths.contains("/files/\(held.path)") { usleep(5_000) }
        let block = try mirror.run("block", "evil", "demo==2.0")
        #expect(block.exitCode == 75, "\(block)")
        #expect("\(block)".contains("blocked.txt is changed"))
        gate.open()
        #expect(sync.wait() == 0)
        #expect(try mirror.filenames("demo") == ["demo-1.0-py3-none-any.whl"])
        #expect(try mirror.filenames("evil") == [])
        #expect(try mirror.verify().exitCode == 0)
        let next = try mirror.sync()
        #expect(next.exitCode == 0, "\(next)")
        #expect(try mirror.filenames("demo") == ["demo-1.0-py3-none-any.whl"])
    }

    @Test("What cannot be blocked or lifted is refused with what to write instead, and changes nothing")
    func refusals() throws {
        let mirror = try synced([try ScriptedProject("demo")])
        for (text, hint) in [
            ("*", "blocks every project"), ("sha256:12", "64 hexadecimal digits"), ("demo[x]", "write demo, demo==1.3"),
            ("demo==", "'demo=='"), ("", "write demo, demo==1.3"),
        ] {
            let result = try mirror.run("block", "six", text)
            #expect(result.exitCode == 64, "\(text): \(result)")
            #expect("\(result)".contains(hint), "\(text): \(result)")
        }
        #expect(try blockList(of: mirror) == "")
        try mirror.configure("projects", "[\"evil-*\"]", in: "[policy.blocked]")
        let lift = try mirror.run("unblock", "evil-one")
        #expect(lift.exitCode == 64, "\(lift)")
        #expect("\(lift)".contains("'evil-*' at larder.toml:"), "\(lift)")
        try mirror.folder.write("mirror/blocked.txt", "six # worm\nsi?\n")
        #expect(try mirror.run("publish").exitCode == 0)
        let stays = try mirror.run("unblock", "six")
        #expect(stays.exitCode == 0)
        #expect("\(stays)".contains("six stays off, since blocked.txt (line 1) blocks it too"), "\(stays)")
        // Not knowing what is blocked is no reason to show it.
        try FileManager.default.removeItem(atPath: mirror.root.appending("blocked.txt").string)
        let lost = try mirror.sync()
        #expect(lost.exitCode == 64, "\(lost)")
        #expect("\(lost)".contains("make an empty one where nothing is blocked"))
    }
}
