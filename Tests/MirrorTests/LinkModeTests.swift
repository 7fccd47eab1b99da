import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Names of packages that are symbolic links, hard links and copies: all that a mirror does, with each of them.
@Suite("Kinds of package names") struct LinkModeTests {
    private let upstream = ScriptedUpstream()

    private func project(_ name: String, _ versions: [String], _ serial: Int) throws -> ScriptedProject {
        var project = try ScriptedProject(name, versions: versions)
        project.serial = serial
        return project
    }

    /// A synced mirror of `demo` with two releases and `six`, with names of a kind.
    private func made(_ mode: LinkMode, _ configuration: [String: String] = [:]) throws -> TestMirror {
        upstream.publish([try project("demo", ["1.0", "2.0"], 1), try ScriptedProject("six")])
        var all = ["retries": "0", "removals": "\"100%\"", "link": "\"\(mode.rawValue)\""]
        all.merge(configuration) { $1 }
        let mirror = try TestMirror(of: upstream.url, configuration: all)
        let sync = try mirror.sync()
        try #require(sync.exitCode == 0, "\(sync)")
        return mirror
    }

    @Test("A mirror lives with names of each kind", arguments: LinkMode.allCases) func life(mode: LinkMode) throws {
        let mirror = try made(mode)
        try mirror.expectOrder(mode)
        #expect(try mirror.linkModes() == [mode: 6])
        #expect(try mirror.run("snapshot", "create", "first").exitCode == 0)
        upstream.publish([try project("demo", ["2.0", "3.0"], 2)])
        upstream.remove("/simple/six/")
        let second = try mirror.sync()
        #expect(second.exitCode == 0, "\(second)")
        #expect(!second.report.has("links"))
        try mirror.expectOrder(mode)
        // What left the pages is still to be had by its URL, and by those who are taken back.
        #expect(try mirror.linkModes() == [mode: 8])
        #expect(try mirror.run("rollback", "1").exitCode == 0)
        #expect(try mirror.filenames("demo").count == 2 && mirror.filenames("six").count == 1)
        try mirror.expectOrder(mode)
        #expect(try mirror.run("rollback", "first").exitCode == 0)
        try mirror.expectOrder(mode)
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try mirror.filenames("demo") == ["demo-2.0-py3-none-any.whl", "demo-3.0-py3-none-any.whl"])

        let name = try mirror.link(of: "demo-3.0-py3-none-any.whl")
        #expect(try mirror.run("block", "demo==3.0").exitCode == 0)
        #expect(!FileManager.default.fileExists(atPath: name.string))
        try mirror.expectOrder(mode)
        #expect(try mirror.run("unblock", "demo==3.0").exitCode == 0)
        #expect(try mirror.sync().exitCode == 0)
        #expect(FileManager.default.fileExists(atPath: name.string))
        try mirror.expectOrder(mode)
    }

    @Test("A collection takes off names and their bytes", arguments: LinkMode.allCases)
    func collected(mode: LinkMode) throws {
        let mirror = try made(mode, ["keep-generations": "0"])
        upstream.publish([try project("demo", ["2.0"], 2), try ScriptedProject("six")])
        #expect(try mirror.sync().exitCode == 0)
        let marked = try mirror.run("gc", "--json")
        #expect(marked.report.int("marked.links") == 2 && marked.report.int("marked.objects") == 2, "\(marked)")
        try mirror.expectOrder(mode)
        let size = try mirror.report("status").int("links.bytes") ?? 0
        let removed = try mirror.run("gc", "--grace", "0", "--json")
        #expect(removed.exitCode == 0)
        #expect(removed.report.int("removed.links") == 2 && removed.report.int("removed.objects") == 2, "\(removed)")
        try mirror.expectOrder(mode)
        #expect(try mirror.linkModes() == [mode: 4])
        let status = try mirror.report("status")
        if mode == .copy {
            #expect(removed.report.int("removed.copyBytes") == size - (status.int("links.bytes") ?? 0))
            #expect(status.int("links.copies") == 4 && status.int("links.bytes") == status.int("bytes"))
        } else {
            #expect(!removed.report.has("removed.copyBytes"))
            #expect(status.int("links.copies") == 0 && status.int("links.bytes") == 0)
        }
        // What comes back is made again.
        upstream.publish([try project("demo", ["1.0", "2.0"], 3), try ScriptedProject("six")])
        #expect(try mirror.sync().exitCode == 0)
        #expect(try mirror.linkModes() == [mode: 6])
        try mirror.expectOrder(mode)
    }

    @Test("A lost index is made anew, with what records and bytes tell of names", arguments: LinkMode.allCases)
    func rebuilt(mode: LinkMode) throws {
        let mirror = try made(mode)
        let digest = try mirror.treeDigest
        // Of these names no record speaks any more.
        var six = try project("six", ["1.0"], 2)
        six.files[0].bytes.append(0)
        six.files[0] = try .init(filename: six.files[0].filename, bytes: six.files[0].bytes)
        upstream.publish([try project("demo", ["1.0", "2.0"], 1), six])
        #expect(try mirror.sync("--accept-change", "six").exitCode == 0)
        #expect(try mirror.linkModes() == [mode: 7])
        let before = try FileTree(mirror.root.appending("packages"))
        try FileManager.default.removeItem(atPath: mirror.root.appending("index").string)
        let rebuild = try mirror.run("rebuild", "--json")
        #expect(rebuild.exitCode == 0, "\(rebuild)")
        #expect(try FileTree(mirror.root.appending("packages")) == before)
        try mirror.expectOrder(mode)
        let sync = try mirror.sync()
        #expect(sync.exitCode == 0 && !sync.report.has("links"), "\(sync)")
        // The change of the tree that is kept leads to the older bytes.
        #expect(try mirror.run("rollback").exitCode == 0)
        #expect(try mirror.treeDigest == digest)
        try mirror.expectOrder(mode)
    }

    @Test("A rebuild keeps what a cut conversion left, and the next publication ends it")
    func rebuiltHalfway() throws {
        let mirror = try made(.copy)
        let name = try mirror.link(of: "demo-1.0-py3-none-any.whl")
        let object = try mirror.object(of: "demo-1.0-py3-none-any.whl", in: "demo")
        try mirror.setLink(.hardlink)
        try FileManager.default.removeItem(atPath: name.string)
        try #require(Glibc.link(object.string, name.string) == 0)
        try FileManager.default.removeItem(atPath: mirror.root.appending("index").string)
        #expect(try mirror.run("rebuild").exitCode == 0)
        #expect(try mirror.verify().exitCode == 0)
        let published = try mirror.run("publish", "--json")
        #expect(published.report.int("links.converted") == 5, "\(published)")
        try mirror.expectOrder(.hardlink)
    }

    @Test("Copies are hashed in their turn, and count as checked") func coverage() throws {
        let mirror = try made(.copy)
        let first = try mirror.verify("--content")
        #expect(first.report.int("checked.hashed") == 6 && first.report.int("checked.copies") == 6, "\(first)")
        #expect(first.report.int("checked.bytes") == 2 * (try mirror.report("status").int("bytes") ?? 0))
        #expect(try mirror.report("status").int("verify.percent") == 100)
        let second = try mirror.verify("--content", "--max-age", "1h")
        #expect(second.report.int("checked.hashed") == 0 && !second.report.has("checked.copies"), "\(second)")
        let one = try mirror.verify("--content", "--project", "six")
        #expect(one.report.int("checked.hashed") == 2 && one.report.int("checked.copies") == 2, "\(one)")
    }

    @Test("A dry run tells the room that copies take") func foreseen() throws {
        upstream.publish([try project("demo", ["1.0", "2.0"], 1)])
        let mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        #expect(!(try mirror.sync("--dry-run").report.has("bytes.copied")))
        #expect(try mirror.sync().exitCode == 0)
        try mirror.setLink(.copy)
        upstream.publish([try project("demo", ["1.0", "2.0", "3.0"], 2)])
        let plan = try mirror.sync("--dry-run")
        #expect(plan.report.int("bytes.copied") == plan.report.int("bytes.downloaded"), "\(plan)")
        #expect(plan.report.texts("warnings").contains { $0.contains("is not applied yet") }, "\(plan)")
        #expect(try mirror.linkModes() == [.symlink: 4])
    }
}

extension TestMirror {
    /// The report of a command.
    func report(_ command: String) throws -> Report { try run(command, "--json").report }
}
