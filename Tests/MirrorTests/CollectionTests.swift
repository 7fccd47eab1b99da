import DemoUpstream
import Foundation
import Mirror
import SystemPackage
import TestSupport
import Testing

/// What nothing refers to is freed in two steps, and nothing else ever is (I3, I10).
@Suite("Collection") struct CollectionTests {
    private let upstream = ScriptedUpstream()
    private static let day = CollectedMirror.day

    /// A mirror whose former generations keep nothing from being collected.
    private func made() throws -> TestMirror {
        let mirror = try TestMirror(of: upstream.url)
        try mirror.configure("keep-generations", "0", in: "[publish]")
        return mirror
    }

    /// A mirror of six projects of which one lost two of its releases, one was taken off, and two share an object.
    private func shrunken() throws -> TestMirror {
        var projects: [ScriptedProject] = try .good(6)
        projects[1] = try ScriptedProject("good-01", versions: ["1.0", "1.1", "1.2"])
        projects[2].files.append(
            try .init(filename: "good_02-2.0.tar.gz", bytes: projects[1].files[1].bytes, metadata: nil)
        )
        upstream.publish(projects)
        let mirror = try made()
        let first = try mirror.sync()
        try #require(first.exitCode == 0, "\(first)")
        // 1.1 is also a file of good-02; of it, only the sidecar goes.
        projects[1].files.removeFirst(2)
        projects[1].serial = 2
        upstream.publish(projects)
        upstream.remove("/simple/good-05/")
        upstream.list(Array(projects[..<5]))
        let second = try mirror.sync()
        try #require(second.exitCode == 0, "\(second)")
        return mirror
    }

    /// Expects that a mirror is in order, links and all.
    private func expectOrder(_ mirror: TestMirror) throws {
        let verification = try mirror.verify()
        #expect(verification.exitCode == 0, "\(verification)")
        let packages = mirror.root.appending("packages").string
        for path in try FileManager.default.subpathsOfDirectory(atPath: packages)
        where path.split(separator: "/").count == 4 {
            // Follows the link.
            #expect(FileManager.default.fileExists(atPath: "\(packages)/\(path)"), "\(path)")
        }
    }

    @Test("What nothing refers to is marked, kept for its grace, and then removed with its links and views")
    func twoPhases() async throws {
        let test = try shrunken()
        let mirror = try CollectedMirror(test)
        let digest = try test.treeDigest
        let objects = try test.run("status", "--json").report.int("objects") ?? 0
        let before = try FileTree(test.root, except: ["index", "lock", "lock.index", "lock.commit"])
        // The wheel and sidecar of 1.0, the sidecar of 1.1, and both of the project that was taken off.
        let first = try await mirror.collect()
        #expect(first.outcome == .complete, "\(first)")
        #expect(first.marked.objects == 5)
        #expect(first.marked.links == 6)
        #expect(first.marked.views == 0)
        #expect(first.removed == .init())
        #expect(try FileTree(test.root, except: ["index", "lock", "lock.index", "lock.commit"]) == before)

        mirror.wait(6 * Self.day)
        let second = try await mirror.collect()
        #expect(second.marked == .init())
        #expect(second.waiting.objects == 5)
        #expect(second.removed.objects == 0)
        // Links are followed by nobody after a day.
        #expect(second.removed.links == 6)
        #expect(try test.run("status", "--json").report.int("objects") == objects)
        try expectOrder(test)

        mirror.wait(2 * Self.day)
        let third = try await mirror.collect()
        #expect(third.outcome == .complete)
        #expect(third.removed.objects == 5)
        #expect(third.waiting == .init())
        #expect(try test.run("status", "--json").report.int("objects") == objects - 5)
        #expect(try test.treeDigest == digest)
        try expectOrder(test)
        #expect(try test.run("publish").exitCode == 0)
        #expect(try test.treeDigest == digest)
        try expectOrder(test)
        let shared = try test.object(of: "good_02-2.0.tar.gz", in: "good-02")
        #expect(FileManager.default.fileExists(atPath: shared.string))
        #expect(try await mirror.collect().removed == .init())
        #expect(try test.sync().report.int("requests.files") == 0)
    }

    @Test("Without grace, both steps are one; a file that comes back is downloaded again")
    func noGrace() throws {
        let mirror = try shrunken()
        let digest = try mirror.treeDigest
        let result = try mirror.run("gc", "--grace", "0", "--json")
        #expect(result.exitCode == 0, "\(result)")
        #expect(result.report.int("removed.objects") == 5)
        #expect(result.report.int("removed.links") == 6)
        #expect(result.report.int("marked.objects") == 0)
        #expect(try mirror.treeDigest == digest)
        try expectOrder(mirror)
        #expect(try mirror.run("rebuild").exitCode == 0)
        try expectOrder(mirror)

        var projects: [ScriptedProject] = try .good(6)
        projects[1] = try ScriptedProject("good-01", versions: ["1.0", "1.1", "1.2"])
        projects[1].serial = 3
        upstream.publish(projects)
        let back = try mirror.sync()
        #expect(back.exitCode == 0, "\(back)")
        // 1.0 and good-05; of 1.1 only the sidecar is missing.
        #expect(back.report.int("files.downloaded") == 2)
        #expect(back.report.int("requests.files") == 5)
        #expect(try mirror.filenames("good-01").count == 3)
        #expect(try mirror.filenames("good-05").count == 1)
        try expectOrder(mirror)
    }

    @Test("A dry run tells the same and changes nothing")
    func dryRun() throws {
        let mirror = try shrunken()
        let before = try FileTree(mirror.root, except: ["lock.index", "index"])
        for grace in [["--grace", "0"], []] {
            let result = try Larder.run(["gc", "--dry-run", "--json", "--root", mirror.root.string] + grace)
            #expect(result.exitCode == 0, "\(result)")
            #expect(result.report.int(grace.isEmpty ? "marked.objects" : "removed.objects") == 5)
            #expect(result.report.int(grace.isEmpty ? "removed.objects" : "marked.objects") == 0)
        }
        #expect(try FileTree(mirror.root, except: ["lock.index", "index"]) == before)
        // No marks either: everything is found for the first time afterwards.
        #expect(try mirror.run("gc", "--json").report.int("marked.objects") == 5)
    }

    @Test("What is referred to again between the steps is kept, and has its whole grace before it")
    func regained() async throws {
        let test = try shrunken()
        let mirror = try CollectedMirror(test)
        #expect(try await mirror.collect().marked.objects == 5)
        var projects: [ScriptedProject] = try .good(6)
        projects[1] = try ScriptedProject("good-01", versions: ["1.0", "1.1", "1.2"])
        projects[1].serial = 3
        upstream.publish(projects)
        let back = try test.sync()
        #expect(back.exitCode == 0, "\(back)")
        #expect(back.report.int("requests.files") == 0)
        let digest = try test.treeDigest
        mirror.wait(8 * Self.day)
        let second = try await mirror.collect()
        #expect(second.removed.objects == 0, "\(second)")
        #expect(second.removed.links == 0)
        #expect(try test.treeDigest == digest)
        try expectOrder(test)
        // Gone once more: the time before does not count.
        projects[1].files.removeFirst()
        projects[1].serial = 4
        upstream.publish(projects)
        #expect(try test.sync().exitCode == 0)
        mirror.wait(Self.day)
        let third = try await mirror.collect()
        #expect(third.removed.objects == 0)
        #expect(third.marked.objects == 2)
    }

    @Test("A share that is too large is only marked until that is accepted")
    func guarded() throws {
        var project = try ScriptedProject("large", versions: (0..<120).map { "1.\($0)" }, kinds: [.sdist])
        upstream.publish([project] + (try .good(2)))
        let mirror = try made()
        #expect(try mirror.sync().exitCode == 0)
        project.files.removeFirst(101)
        project.serial = 2
        upstream.publish([project] + (try .good(2)))
        #expect(try mirror.sync("--accept-removals").exitCode == 0)
        let kept = try mirror.run("gc", "--grace", "0", "--json")
        #expect(kept.exitCode == 3, "\(kept)")
        #expect(kept.report.int("removed.objects") == 0)
        #expect(kept.report.int("removed.links") == 0)
        #expect(kept.report.int("marked.objects") == 101)
        #expect(kept.report.failures.first?.text("reason")?.contains("--accept-removals") == true)
        try expectOrder(mirror)
        let removed = try mirror.run("gc", "--grace", "0", "--accept-removals", "--json")
        #expect(removed.exitCode == 0, "\(removed)")
        #expect(removed.report.int("removed.objects") == 101)
        try expectOrder(mirror)
    }

    @Test("A record that is damaged, gone or unknown stops it before anything is changed")
    func unknown() throws {
        let mirror = try shrunken()
        let records = mirror.root.appending("records")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: records.string)
        let path = records.pushing(FilePath(try #require(paths.first { $0.hasSuffix("good-03.json") }))).string
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        var damaged = whole
        damaged[damaged.count / 2] ^= 1
        for state in ["damaged", "gone", "stranger", "snapshot"] {
            switch state {
            case "damaged": try damaged.write(to: URL(fileURLWithPath: path))
            case "gone": try FileManager.default.removeItem(atPath: path)
            case "stranger": try mirror.folder.write("mirror/records/00/notes", "nobody's")
            default: try mirror.folder.link("mirror/snapshots/mine/simple/good-03", to: "../../../../elsewhere")
            }
            let before = try FileTree(mirror.root, except: ["lock", "lock.index", "lock.commit", "index"])
            let result = try mirror.run("gc", "--grace", "0", "--json")
            #expect(result.exitCode == 3, "\(state): \(result)")
            #expect(result.report.failures.count == 1, "\(state): \(result)")
            #expect(result.report.int("removed.objects") == 0)
            #expect(try FileTree(mirror.root, except: ["lock", "lock.index", "lock.commit", "index"]) == before)
            try whole.write(to: URL(fileURLWithPath: path))
            mirror.root.appending("records/00/notes").removeAll()
            mirror.root.appending("snapshots/mine").removeAll()
        }
        #expect(try mirror.run("gc", "--grace", "0", "--json").report.int("removed.objects") == 5)
        try expectOrder(mirror)
    }

    @Test("What a snapshot shows is kept with all that its pages list")
    func snapshot() throws {
        upstream.publish(try .good(3))
        let mirror = try made()
        #expect(try mirror.sync().exitCode == 0)
        let object = try mirror.object(of: "good_01-1.0-py3-none-any.whl", in: "good-01").string
        #expect(try mirror.run("snapshot", "create", "mine").exitCode == 0)
        var project = try ScriptedProject("good-01", versions: ["2.0"])
        for serial in 2...3 {
            project.serial = serial
            upstream.publish([try ScriptedProject("good-00"), project])
            #expect(try mirror.sync("--accept-removals").exitCode == 0)
        }
        #expect(try mirror.filenames("good-01") == ["good_01-2.0-py3-none-any.whl"])
        // good-02 is gone: two objects; the old view of good-02.
        let result = try mirror.run("gc", "--grace", "0", "--json")
        #expect(result.exitCode == 0, "\(result)")
        #expect(FileManager.default.fileExists(atPath: object))
        let shown = mirror.root.appending("snapshots/mine/simple/good-01/index.html").string
        #expect(FileManager.default.fileExists(atPath: shown))
        try expectOrder(mirror)
        mirror.root.appending("snapshots/mine").removeAll()
        #expect(try mirror.run("gc", "--grace", "0").exitCode == 0)
        #expect(!FileManager.default.fileExists(atPath: object))
        try expectOrder(mirror)
    }

    @Test("What readers still see is kept, though records say that it is gone")
    func unpublished() throws {
        var project = try ScriptedProject("good-01", versions: ["1.0", "1.1"])
        upstream.publish([project])
        let mirror = try made()
        #expect(try mirror.sync().exitCode == 0)
        project.files.removeFirst()
        project.serial = 2
        upstream.publish([project])
        #expect(try mirror.sync("--no-publish").exitCode == 0)
        let result = try mirror.run("gc", "--grace", "0", "--json")
        #expect(result.exitCode == 0, "\(result)")
        #expect(result.report.int("removed.objects") == 0)
        #expect(result.report.int("removed.links") == 0)
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try mirror.run("gc", "--grace", "0", "--json").report.int("removed.objects") == 2)
        try expectOrder(mirror)
    }

    @Test("Views that no slot shows, files that the index does not know, and leftovers go")
    func leftovers() throws {
        let mirror = try made()
        for number in 0..<4 {
            var project = try ScriptedProject("good-00", versions: (0...number).map { "1.\($0)" })
            project.serial = number + 1
            upstream.publish([project])
            #expect(try mirror.sync().exitCode == 0)
        }
        let hex = String(repeating: "0123456789abcdef", count: 4)
        try mirror.folder.write("mirror/objects/01/23/\(hex)", "nobody's")
        try mirror.folder.write("mirror/objects/01/23/notes", "nobody's")
        try mirror.folder.write("mirror/quarantine/\(hex)", "nobody's")
        try mirror.folder.link("mirror/slots/a/simple/.good-00.new", to: "nowhere")
        try mirror.folder.link("mirror/.web.new", to: "nowhere")
        try mirror.folder.write("mirror/.state.json.new", "half")
        try mirror.folder.write("mirror/.notes.new", "a person's")
        let result = try mirror.run("gc", "--grace", "0", "--json")
        #expect(result.exitCode == 0, "\(result)")
        // Two of four are shown by the slots.
        #expect(result.report.int("removed.views") == 2)
        #expect(result.report.int("removed.orphans") == 1)
        #expect(result.report.int("removed.objects") == 0)
        let exists = { FileManager.default.fileExists(atPath: mirror.root.pushing(FilePath($0)).string) }
        #expect(!exists("objects/01/23/\(hex)"))
        let names = try FileManager.default.contentsOfDirectory(atPath: mirror.root.string)
        #expect(names.filter { $0.hasPrefix(".") } == [".notes.new"])
        #expect(exists("quarantine/\(hex)"))
        // What has no name of an object is nothing that we made.
        #expect(exists("objects/01/23/notes"))
        #expect(
            try !FileManager.default.contentsOfDirectory(atPath: mirror.root.appending("slots/a/simple").string)
                .contains(".good-00.new")
        )
        mirror.root.appending("objects/01/23/notes").removeAll()
        try expectOrder(mirror)
        // A view that comes back is written anew.
        var project = try ScriptedProject("good-00")
        project.serial = 1
        upstream.publish([project])
        _ = try mirror.sync("--accept-removals")
        try expectOrder(mirror)
    }

    @Test("A clock that went back or jumped stops it until that is accepted")
    func clock() async throws {
        let test = try shrunken()
        let mirror = try CollectedMirror(test)
        mirror.setClock(-2 * Self.day)
        let early = try await mirror.collect { $0.grace = 0 }
        #expect(early.outcome == .partial)
        #expect(early.failures.listed.first?.reason.contains("behind") == true, "\(early.failures)")
        #expect(early.removed == .init() && early.marked == .init())
        mirror.setClock(2 * Self.day)
        #expect(try await mirror.collect().marked.objects == 5)

        // Set forward within one start of the machine: the grace has not passed.
        mirror.setClock(8 * Self.day)
        let forward = try await mirror.collect()
        #expect(forward.failures.listed.first?.reason.contains("set forward") == true, "\(forward.failures)")
        #expect(forward.removed == .init())
        // After another start nobody can tell, unless it is much.
        mirror.restart()
        mirror.setClock(90 * Self.day)
        let jump = try await mirror.collect()
        #expect(jump.failures.listed.first?.reason.contains("nothing happened") == true, "\(jump.failures)")
        #expect(jump.removed == .init())
        let accepted = try await mirror.collect { $0.acceptsClock = true }
        #expect(accepted.outcome == .complete)
        #expect(accepted.removed.objects == 5)
        try expectOrder(test)
    }

    @Test("A disk with too little room for a sync has enough for freeing some")
    func fullDisk() throws {
        let mirror = try shrunken()
        try mirror.configure("free-space", "\"1000TB\"")
        let sync = try mirror.sync()
        #expect(sync.exitCode == 74, "\(sync)")
        // Among them is a project that was taken off, whose record is written anew first.
        let result = try mirror.run("gc", "--grace", "0", "--json")
        #expect(result.exitCode == 0, "\(result)")
        #expect(result.report.int("removed.objects") == 5)
        try expectOrder(mirror)
    }

    @Test("While another command writes, nothing is collected")
    func locked() throws {
        let mirror = try shrunken()
        let seen = upstream.requestedPaths.count { $0 == "/simple/" }
        upstream.set("/simple/", ScriptedUpstream.Reply(delay: 3_000_000))
        let sync = try mirror.start(["sync"])
        while upstream.requestedPaths.count(where: { $0 == "/simple/" }) == seen { usleep(10_000) }
        #expect(try mirror.run("gc", "--grace", "0").exitCode == 75)
        #expect(try mirror.run("gc", "--dry-run").exitCode == 0)
        sync.stop()
    }
}
