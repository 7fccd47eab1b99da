import DemoUpstream
import Foundation
import Mirror
import SystemPackage
import TestSupport
import Testing

/// A lost or damaged index is made anew from what lies beside it, to the same tree (I12).
@Suite("Rebuilding the index") struct RebuildTests {
    private let upstream = ScriptedUpstream()

    /// What a mirror says of itself and no clock changes.
    private func facts(_ mirror: TestMirror) throws -> [String: Int?] {
        let report = try mirror.run("status", "--json").report
        let names = ["projects", "removedProjects", "files", "missingFiles", "objects", "bytes", "generation"]
        var facts: [String: Int?] = [:]
        for name in names + ["lag.projects", "lastSync.finished", "lastSync.serial"] { facts[name] = report.int(name) }
        return facts
    }

    /// A mirror with all that an index knows: sidecars, shared objects, removed projects and files, excluded releases,
    /// and a file that was replaced.
    private func mirror() throws -> TestMirror {
        var projects: [ScriptedProject] = try .good(6)
        projects[2] = try ScriptedProject("good-02", versions: ["1.0", "1.1", "1.2"], kinds: [.wheel, .sdist])
        projects[3] = try ScriptedProject("good-03", versions: ["1.0", "1.1", "1.2"])
        // The same bytes under two names.
        projects[4].files.append(
            try .init(filename: "good_04-2.0.tar.gz", bytes: projects[5].files[0].bytes, metadata: nil)
        )
        upstream.publish(projects)
        let mirror = try TestMirror(of: upstream.url, configuration: ["latest": "2"])
        let first = try mirror.sync()
        try #require(first.exitCode == 0, "\(first)")
        projects[3].files.remove(at: 1)
        projects[3].serial = 2
        projects[5].files[0] = try .init(
            filename: projects[5].files[0].filename,
            bytes: ScriptedProject("other").files[0].bytes
        )
        projects[5].serial = 2
        upstream.publish(projects)
        upstream.remove("/simple/good-00/")
        upstream.list(projects.filter { $0.name != "good-00" })
        let second = try mirror.sync("--accept-change", "good-05")
        try #require(second.exitCode == 0, "\(second)")
        return mirror
    }

    @Test(
        "A rebuilt index knows the same tree",
        arguments: ["missing", "empty", "garbage", "zeroed", "truncated", "file", "whole"]
    )
    func sameTree(_ damage: String) throws {
        let mirror = try mirror()
        let (before, digest) = (try facts(mirror), try mirror.treeDigest)
        let web = try FileTree(
            mirror.root,
            except: ["index", "lock", "lock.index", "lock.commit", "lock.rebuild", "pages"]
        )
        let index = mirror.root.appending("index")
        let data = index.appending("data.mdb").string
        let bytes = try Data(contentsOf: URL(fileURLWithPath: data))
        switch damage {
        case "missing": index.removeAll()
        case "empty":
            index.removeAll()
            try FileManager.default.createDirectory(atPath: index.string, withIntermediateDirectories: false)
        case "garbage": try Data(repeating: 0x5a, count: bytes.count).write(to: URL(fileURLWithPath: data))
        case "zeroed": try (bytes.prefix(8_192) + Data(count: bytes.count)).write(to: URL(fileURLWithPath: data))
        case "truncated": try bytes.prefix(12_288).write(to: URL(fileURLWithPath: data))
        case "file":
            index.removeAll()
            try Data("nothing".utf8).write(to: URL(fileURLWithPath: index.string))
        default: break
        }
        let result = try mirror.run("rebuild", "--json")
        #expect(result.exitCode == 0, "\(result)")
        #expect(result.report.text("outcome") == "complete")
        #expect(result.report.int("projects") == 6)
        #expect(result.report.int("unpublished") == 0)
        #expect(try facts(mirror) == before)
        #expect(try mirror.treeDigest == digest)
        let verification = try mirror.verify()
        #expect(verification.exitCode == 0, "\(verification)")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: mirror.root.string).sorted().filter {
                $0.hasPrefix("index")
            } == ["index"]
        )

        let publish = try mirror.run("publish", "--json")
        #expect(publish.report.int("generation") == 2, "\(publish)")
        let now = try FileTree(
            mirror.root,
            except: ["index", "lock", "lock.index", "lock.commit", "lock.rebuild", "pages"]
        )
        #expect(now.differences(from: web) == [])
        let sync = try mirror.sync()
        #expect(sync.exitCode == 0, "\(sync)")
        #expect(sync.report.int("requests.files") == 0)
        #expect(sync.report.int("projects.changed") == 0)
        #expect(try mirror.treeDigest == digest)
        #expect(try mirror.verify().exitCode == 0)
        #expect(try mirror.sync().report.int("requests.metadata") == 1)
        // The other slot is brought up as before.
        var changed = try ScriptedProject("good-01", versions: ["1.0", "1.1"])
        changed.serial = 3
        upstream.publish(changed)
        upstream.set(
            "/simple/",
            .json([
                "meta": ["api-version": "1.1", "_last-serial": 3],
                "projects": [
                    ["name": "good-01", "_last-serial": 3], ["name": "good-02", "_last-serial": 1],
                    ["name": "good-03", "_last-serial": 2], ["name": "good-04", "_last-serial": 1],
                    ["name": "good-05", "_last-serial": 2],
                ],
            ])
        )
        let next = try mirror.sync()
        #expect(next.exitCode == 0, "\(next)")
        #expect(try mirror.filenames("good-01").count == 2)
        #expect(try mirror.filenames("good-00") == [])
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("A sync makes a lost index anew and says so; other commands say what to do")
    func lost() throws {
        let mirror = try mirror()
        let digest = try mirror.treeDigest
        mirror.root.appending("index").removeAll()
        for command in ["status", "publish", "list"] {
            let result = try mirror.run(command)
            #expect(result.exitCode == 70, "\(result)")
            #expect(result.errors.contains("`larder rebuild`"))
            #expect(!FileManager.default.fileExists(atPath: mirror.root.appending("index").string))
        }
        let sync = try mirror.sync()
        #expect(sync.exitCode == 0, "\(sync)")
        #expect(sync.errors.contains("the index is gone"))
        #expect(sync.report.int("requests.files") == 0)
        #expect(try mirror.treeDigest == digest)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("What is not published yet is published afterwards")
    func unpublished() throws {
        upstream.publish(try .good(3))
        let mirror = try TestMirror(of: upstream.url)
        #expect(try mirror.sync().exitCode == 0)
        var projects: [ScriptedProject] = try .good(4)
        projects[1] = try ScriptedProject("good-01", versions: ["1.0", "1.1"])
        projects[1].serial = 2
        upstream.publish(projects)
        #expect(try mirror.sync("--no-publish").exitCode == 0)
        let reference = try TestMirror(of: upstream.url)
        #expect(try reference.sync().exitCode == 0)
        let result = try mirror.run("rebuild", "--json")
        #expect(result.exitCode == 0, "\(result)")
        #expect(result.report.int("unpublished") == 2)
        #expect(try mirror.verify().exitCode == 0)
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try mirror.treeDigest == reference.treeDigest)
        #expect(try mirror.filenames("good-01").count == 2)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("A mirror that was never synced, and one that was never published")
    func young() throws {
        upstream.publish(try .good(2))
        let mirror = try TestMirror(of: upstream.url)
        #expect(try mirror.run("rebuild").exitCode == 0)
        #expect(try mirror.sync("--no-publish").exitCode == 0)
        #expect(try mirror.run("rebuild", "--json").report.int("unpublished") == 2)
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try mirror.filenames("good-01").count == 1)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("Objects that are gone, cut or changed are reported, and had again by the next sync")
    func objects() throws {
        upstream.publish(try .good(6))
        let mirror = try TestMirror(of: upstream.url)
        #expect(try mirror.sync().exitCode == 0)
        let digest = try mirror.treeDigest
        let objects = try (0..<4).map { try mirror.object(of: "good_0\($0)-1.0-py3-none-any.whl", in: "good-0\($0)") }
        try FileManager.default.removeItem(atPath: objects[0].string)
        for (index, object) in objects.enumerated().dropFirst() {
            var bytes = try Data(contentsOf: URL(fileURLWithPath: object.string))
            if index == 1 { bytes.removeLast() } else { bytes[bytes.count / 2] ^= 1 }
            try FileManager.default.removeItem(atPath: object.string)
            try bytes.write(to: URL(fileURLWithPath: object.string))
            try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: object.string)
        }
        let quick = try mirror.run("rebuild", "--json")
        #expect(quick.exitCode == 3, "\(quick)")
        #expect(quick.report.failures.compactMap { $0.text("project") } == ["good-00", "good-01"])
        // The sidecars, of which no record tells the size.
        #expect(quick.report.int("hashed.objects") == 6)
        let full = try mirror.run("rebuild", "--rehash", "--json")
        #expect(full.exitCode == 3, "\(full)")
        #expect(
            Set(full.report.failures.compactMap { $0.text("project") })
                == ["good-00", "good-01", "good-02", "good-03"]
        )
        #expect(full.report.int("hashed.objects") == 11)
        // Nothing is deleted.
        #expect(objects.dropFirst().allSatisfy { FileManager.default.fileExists(atPath: $0.string) })
        #expect(try mirror.run("status", "--json").report.int("lag.projects") == 4)
        let sync = try mirror.sync()
        #expect(sync.exitCode == 0, "\(sync)")
        #expect(sync.report.int("files.downloaded") == 4)
        #expect(try mirror.treeDigest == digest)
        let verification = try mirror.verify()
        #expect(verification.exitCode == 0, "\(verification)")
    }

    @Test("A sidecar that is cut, changed or gone is reported, left out, and had again by the next sync")
    func sidecars() throws {
        upstream.publish(try .good(4))
        let mirror = try TestMirror(of: upstream.url)
        #expect(try mirror.sync().exitCode == 0)
        let (digest, before) = (try mirror.treeDigest, try facts(mirror))
        for number in 0..<3 {
            let path = try mirror.sidecar(of: "good_0\(number)-1.0-py3-none-any.whl")
            switch number {
            case 0: try rewrite(path) { $0.removeLast() }
            case 1: try rewrite(path) { $0[$0.count / 2] ^= 1 }
            default: try FileManager.default.removeItem(atPath: path.string)
            }
        }
        let result = try mirror.run("rebuild", "--json")
        #expect(result.exitCode == 3, "\(result)")
        #expect(result.report.failures.compactMap { $0.text("project") } == ["good-00", "good-01", "good-02"])
        #expect(result.report.failures.count == 3)
        #expect(result.report.int("objects") == 5)
        let sync = try mirror.sync()
        #expect(sync.exitCode == 0, "\(sync)")
        #expect(try mirror.treeDigest == digest)
        #expect(try facts(mirror)["objects"] == before["objects"])
        let verification = try mirror.verify()
        #expect(verification.exitCode == 0, "\(verification)")
    }

    @Test("A damaged record is reported and never believed; its project stays on the pages")
    func damagedRecord() throws {
        let mirror = try mirror()
        let digest = try mirror.treeDigest
        let records = mirror.root.appending("records")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: records.string)
        let path = records.pushing(FilePath(try #require(paths.first { $0.hasSuffix("good-02.json") }))).string
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        let result = try mirror.run("rebuild", "--json")
        #expect(result.exitCode == 3, "\(result)")
        #expect(result.report.failures.compactMap { $0.text("project") } == ["good-02"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try mirror.treeDigest == digest)
        #expect(try mirror.listedProjects().contains("good-02"))
        let sync = try mirror.sync()
        #expect(sync.exitCode == 0, "\(sync)")
        #expect(sync.report.int("requests.files") == 0)
        #expect(try mirror.treeDigest == digest)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("Leftovers of a rebuild that was cut off are taken up or swept")
    func leftovers() throws {
        upstream.publish(try .good(3))
        let mirror = try TestMirror(of: upstream.url)
        #expect(try mirror.sync().exitCode == 0)
        let digest = try mirror.treeDigest
        let index = mirror.root.appending("index")
        // Cut off while the new one was made.
        try index.copy(to: mirror.root.appending("index.new"))
        try mirror.folder.write("mirror/index.old/data.mdb", "garbage")
        #expect(try mirror.run("status").exitCode == 0)
        #expect(try mirror.sync().exitCode == 0)
        #expect(try indexes(mirror) == ["index"])
        // Cut off where the file system cannot swap two names: the new one is whole and waits.
        try index.copy(to: mirror.root.appending("index.ready"))
        try index.copy(to: mirror.root.appending("index.old"))
        index.removeAll()
        #expect(try mirror.treeDigest == digest)
        #expect(try indexes(mirror) == ["index", "index.old"])
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try indexes(mirror) == ["index"])
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("While another command writes, nothing is made anew")
    func locked() throws {
        upstream.publish(try .good(3))
        let mirror = try TestMirror(of: upstream.url)
        #expect(try mirror.sync().exitCode == 0)
        upstream.set("/simple/", ScriptedUpstream.Reply(delay: 3_000_000))
        let sync = try mirror.start(["sync"])
        while upstream.requestedPaths.count(where: { $0 == "/simple/" }) < 2 { usleep(10_000) }
        #expect(try mirror.run("rebuild").exitCode == 75)
        #expect(try indexes(mirror) == ["index"])
        sync.stop()
    }

    @Test("A command that opened the old index changes nothing once there is a new one")
    func opened() async throws {
        let mirror = try mirror()
        let digest = try mirror.treeDigest
        let opened = try CollectedMirror(mirror)
        #expect(try mirror.run("rebuild").exitCode == 0)
        do {
            _ = try await opened.collect { $0.grace = 0 }
            Issue.record("it collected by an index that nobody has any more")
        } catch MirrorError.indexReplaced(let root) {
            #expect(root == mirror.root)
        }
        #expect(try mirror.verify().exitCode == 0)

        // Between the two renames of a rebuild that was killed, the only whole index is the one that waits.
        let other = try CollectedMirror(mirror)
        let index = mirror.root.appending("index")
        try index.copy(to: mirror.root.appending("index.ready"))
        try FileManager.default.moveItem(atPath: index.string, toPath: mirror.root.appending("index.old").string)
        await #expect(throws: MirrorError.self) { try await other.collect() }
        #expect(try mirror.treeDigest == digest)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("A repair that began before the index was made anew tells what it found and mends nothing")
    func repaired() throws {
        upstream.publish(try .good(3))
        let mirror = try TestMirror(of: upstream.url)
        #expect(try mirror.sync().exitCode == 0)
        let object = try mirror.object(of: "good_01-1.0-py3-none-any.whl", in: "good-01")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: object.string)
        // The verification stops at the orphan, to see whether a commit is about to name it.
        let hex = String(repeating: "0123456789abcdef", count: 4)
        try mirror.folder.write("mirror/objects/01/23/\(hex)", "nobody's")
        var held: HeldLock? = try HeldLock(mirror.root.appending("lock.commit"))
        let verification = try mirror.start(["verify", "--quick", "--repair", "--json"])
        while held?.isWaitedFor != true { usleep(10_000) }
        let rebuild = try Larder.run(["rebuild", "--root", mirror.root.string], timeout: .seconds(60))
        // It tells of the orphan too.
        #expect(rebuild.exitCode == 3, "\(rebuild)")
        held = nil
        #expect(verification.wait() == 4 + 2 + 1)
        let report = Report(
            object: try JSONSerialization.jsonObject(with: Data(try mirror.startedOutput.utf8)) as? [String: Any] ?? [:]
        )
        let findings = report.objects("findings")
        #expect(findings.compactMap { $0.text("class") }.sorted() == ["bad-mode", "io-error", "orphan"])
        #expect(findings.allSatisfy { $0.text("outcome") == "left" }, "\(findings)")
        #expect(findings.allSatisfy { $0.text("repair")?.contains("made anew") == true }, "\(findings)")
        let next = try mirror.verify("--quick", "--repair")
        #expect(next.exitCode == 8 + 2, "\(next)")
    }

    private func indexes(_ mirror: TestMirror) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: mirror.root.string)
            .filter { $0.hasPrefix("index") }.sorted()
    }
}
