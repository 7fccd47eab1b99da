import DemoUpstream
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Records and sidecars of everything, and files when somebody asks for them.
@Suite("Lazy syncs") struct LazySyncTests {
    private let upstream = ScriptedUpstream()

    private func mirror(
        _ projects: [ScriptedProject],
        files: String? = "on-demand",
        _ configuration: [String: String] = [:]
    ) throws -> TestMirror {
        upstream.publish(projects)
        let mirror = try TestMirror(
            of: upstream.url,
            configuration: configuration.merging(["retries": "0"]) { first, _ in first }
        )
        if let files { try mirror.configure("files", "\"\(files)\"", in: "[select]") }
        return mirror
    }

    private func synced(_ mirror: TestMirror, _ arguments: String..., exitCode: Int = 0) throws -> Report {
        let result = try Larder.run(["sync", "--json", "--root", mirror.root.string] + arguments)
        #expect(result.exitCode == exitCode, "\(result)")
        return result.report
    }

    /// Syncs, and tells which files were asked for, sidecars apart.
    private func asking(_ mirror: TestMirror, _ arguments: String..., exitCode: Int = 0) throws -> (Report, [String]) {
        let before = upstream.requests.count
        let result = try Larder.run(["sync", "--json", "--root", mirror.root.string] + arguments)
        #expect(result.exitCode == exitCode, "\(result)")
        let files = upstream.requests.dropFirst(before).map(\.path).filter {
            $0.hasPrefix("/files/") && !$0.hasSuffix(".metadata")
        }
        return (result.report, files)
    }

    private func expectClean(_ mirror: TestMirror, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let result = try mirror.verify()
        #expect(result.exitCode == 0, "\(result)", sourceLocation: sourceLocation)
    }

    private static func two() throws -> [ScriptedProject] {
        [
            try ScriptedProject("demo", versions: ["1.0", "2.0"], kinds: [.wheel, .sdist]),
            try ScriptedProject("six"),
        ]
    }

    @Test("63: with --metadata-only records and sidecars come and no file, and the next sync gets those")
    func metadataOnly() throws {
        let eager = try mirror(try Self.two(), files: nil)
        _ = try synced(eager)
        let mirror = try mirror(try Self.two(), files: nil)
        var (report, asked) = try asking(mirror, "--metadata-only")
        #expect(asked == [])
        #expect(report.int("files.downloaded") == 0)
        #expect(report.int("files.known") == 5)
        #expect(report.int("files.failed") == 0)
        #expect(try mirror.filenames("demo") == [])
        #expect(try mirror.listedProjects() == ["demo", "six"])
        let status = try mirror.run("status", "--json").report
        #expect(status.int("knownFiles") == 5)
        #expect(status.int("objects") == 3)
        #expect(status.int("lag.projects") == 0)
        try expectClean(mirror)
        // The same again asks for nothing new.
        (report, asked) = try asking(mirror, "--metadata-only")
        #expect(report.int("projects.changed") == 0)
        #expect(asked == [])
        let why = try mirror.run("why", "six", "--json").report.objects("files")
        #expect(why.map { $0.text("state") } == ["known"])

        (report, asked) = try asking(mirror)
        #expect(report.int("files.downloaded") == 5)
        #expect(asked.count == 5)
        #expect(try mirror.treeDigest == eager.treeDigest)
        try expectClean(mirror)
    }

    @Test("On demand, pages and sidecars are those of a mirror that has everything, without any file")
    func onDemand() throws {
        let eager = try mirror(try Self.two(), files: nil)
        _ = try synced(eager)
        let mirror = try mirror(try Self.two())
        var (report, asked) = try asking(mirror)
        #expect(report.int("files.known") == 5)
        #expect(asked == [])
        #expect(try mirror.treeDigest == eager.treeDigest)
        #expect(try mirror.contents("simple/demo/index.html") == eager.contents("simple/demo/index.html"))
        let names = try mirror.packageNames().compactMap(\.lastComponent?.string).sorted()
        #expect(names == ["demo-1.0", "demo-2.0", "six-1.0"].map { $0 + "-py3-none-any.whl.metadata" })
        try expectClean(mirror)
        // Nothing of it is garbage, and nothing is lost with the index.
        #expect(try mirror.run("gc", "--grace", "0", "--json").report.int("removed.objects") == 0)
        try FileManager.default.removeItem(atPath: mirror.root.appending("index").string)
        #expect(try mirror.run("rebuild").exitCode == 0)
        (report, asked) = try asking(mirror)
        #expect(report.int("projects.failed") == 0)
        #expect(asked == [])
        #expect(try mirror.treeDigest == eager.treeDigest)
        #expect(try mirror.run("status", "--json").report.int("knownFiles") == 5)
        try expectClean(mirror)
    }

    @Test("With --fill all files come, once, and are then like any others")
    func fill() throws {
        let mirror = try mirror(try Self.two())
        _ = try synced(mirror)
        let before = try mirror.treeDigest
        var (report, asked) = try asking(mirror, "--dry-run", "--fill")
        #expect(report.int("files.downloaded") == 5)
        #expect(asked == [])
        (report, asked) = try asking(mirror, "--fill", "six")
        #expect(report.int("files.downloaded") == 1)
        #expect(asked.count == 1)
        (report, asked) = try asking(mirror, "--fill")
        #expect(report.int("files.downloaded") == 4)
        #expect(asked.count == 4)
        #expect(try mirror.treeDigest == before)
        #expect(try mirror.run("status", "--json").report.int("files") == 5)
        try expectClean(mirror)
        #expect(try synced(mirror).int("projects.unchanged") == 2)
        (report, asked) = try asking(mirror, "--fill")
        #expect(report.int("requests.files") == 0)
        #expect(asked == [])
        // What comes later is left until somebody asks for it.
        let newer = try ScriptedProject("six", versions: ["1.0", "1.1"]).stating(serial: 2)
        upstream.publish([try Self.two()[0], newer])
        (report, asked) = try asking(mirror)
        #expect(report.int("files.known") == 1)
        #expect(asked == [])
        #expect(try mirror.filenames("six").count == 2)
        try expectClean(mirror)
    }

    @Test("A file that cannot be had by --fill is a failure, and stays on its page until somebody asks for it")
    func failedFill() throws {
        let projects = try Self.two()
        let mirror = try mirror(projects)
        _ = try synced(mirror)
        upstream.set("/files/six-1.0-py3-none-any.whl", .failing("404 Not Found"))
        let report = try synced(mirror, "--fill", exitCode: 3)
        #expect(report.failures(of: "six").compactMap { $0.text("file") } == ["six-1.0-py3-none-any.whl"])
        #expect(try mirror.filenames("six") == ["six-1.0-py3-none-any.whl"])
        #expect(try synced(mirror).int("files.known") == 1)
        try expectClean(mirror)
        upstream.publish(projects)
        #expect(try synced(mirror, "--fill").int("files.downloaded") == 1)
        try expectClean(mirror)
    }

    @Test("On demand for some projects, by patterns, the files of the others are downloaded")
    func patterns() throws {
        let mirror = try mirror(try Self.two(), files: "on-demand", ["metadata-only": "[\"de*\"]"])
        let (_, asked) = try asking(mirror)
        #expect(asked == ["/files/six-1.0-py3-none-any.whl"])
        #expect(try mirror.filenames("demo").count == 4)
        #expect(try mirror.filenames("six").count == 1)
        try expectClean(mirror)
    }

    @Test("What a mirror has stays when it goes over to files on demand, and what lacks comes when it goes back")
    func changedMind() throws {
        let projects = try Self.two()
        let mirror = try mirror(projects, files: nil)
        _ = try synced(mirror)
        try mirror.configure("files", "\"on-demand\"", in: "[select]")
        let newer = try ScriptedProject("six", versions: ["1.0", "1.1"]).stating(serial: 2)
        upstream.publish([projects[0], newer])
        var (report, asked) = try asking(mirror)
        #expect(report.int("files.present") == 5)
        #expect(asked == [])
        #expect(try mirror.filenames("six").count == 2)
        try expectClean(mirror)
        // Without a sync, pages list what is here, or is had by now.
        try mirror.configure("files", "\"all\"", in: "[select]")
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try mirror.filenames("six").count == 1)
        try expectClean(mirror)
        (report, asked) = try asking(mirror)
        #expect(report.int("files.present") == 6)
        #expect(asked == ["/files/six-1.1-py3-none-any.whl"])
        #expect(try mirror.filenames("six").count == 2)
        try expectClean(mirror)
    }

    @Test("A file without a digest is downloaded at once: nobody could check it later")
    func withoutDigest() throws {
        var project = try ScriptedProject("demo", versions: ["1.0", "2.0"])
        project.files[0].claimedDigest = ""
        let mirror = try mirror([project])
        let (report, asked) = try asking(mirror)
        #expect(report.int("files.known") == 1)
        #expect(asked == ["/files/demo-1.0-py3-none-any.whl"])
        #expect(try mirror.filenames("demo").count == 2)
        try expectClean(mirror)
    }

    @Test("A sidecar that is not the metadata of its wheel is left out once the wheel is here")
    func wrongSidecar() throws {
        var project = try ScriptedProject("demo")
        project.files[0].metadata = Array("Metadata-Version: 2.1\nName: demo\nVersion: 9.9\n".utf8)
        let mirror = try mirror([project])
        _ = try synced(mirror)
        #expect(try mirror.page("demo").objects("files").first?.has("core-metadata.sha256") == true)
        try expectClean(mirror)
        let report = try synced(mirror, "--fill", exitCode: 3)
        let reason = try #require(report.failures(of: "demo").first?.text("reason"))
        #expect(reason.contains("the wheel is published without sidecar"))
        #expect(try mirror.page("demo").objects("files").first?.has("core-metadata.sha256") == false)
        try expectClean(mirror)
    }

    @Test("A sidecar of another project is never on a page")
    func foreignSidecar() throws {
        var project = try ScriptedProject("demo")
        project.files[0].metadata = Array("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n".utf8)
        let mirror = try mirror([project])
        _ = try synced(mirror, exitCode: 3)
        #expect(try mirror.page("demo").objects("files").first?.has("core-metadata") == false)
        #expect(try mirror.filenames("demo").count == 1)
        try expectClean(mirror)
    }

    @Test("What upstream takes back leaves the pages, under the guard as files that are here")
    func removals() throws {
        let versions = (0..<150).map { "1.\($0)" }
        let project = try ScriptedProject("demo", versions: versions)
        let mirror = try mirror([project])
        _ = try synced(mirror)
        var fewer = project.stating(serial: 2)
        fewer.files.removeLast(140)
        upstream.publish([fewer])
        _ = try synced(mirror, exitCode: 3)
        #expect(try mirror.filenames("demo").count == 150)
        _ = try synced(mirror, "--accept-removals")
        #expect(try mirror.filenames("demo").count == 10)
        try expectClean(mirror)
        try mirror.configure("keep-generations", "0")
        let freed = try mirror.run("gc", "--grace", "0", "--accept-removals", "--json")
        // The sidecars of what was taken back.
        #expect(freed.exitCode == 0 && freed.report.int("removed.objects") == 140, "\(freed)")
        try expectClean(mirror)
    }

    @Test("What upstream does not list any more is not asked for, and neither is what is quarantined")
    func unlisted() throws {
        let project = try ScriptedProject("demo", versions: ["1.0", "1.1"])
        let mirror = try mirror([project], files: nil)
        _ = try synced(mirror, "--metadata-only")
        var fewer = project.stating(serial: 2)
        fewer.files.removeLast()
        upstream.publish([fewer])
        upstream.remove("/files/demo-1.1-py3-none-any.whl")
        let (report, asked) = try asking(mirror)
        #expect(asked == ["/files/demo-1.0-py3-none-any.whl"])
        #expect(report.int("files.withdrawn") == 1 && report.int("files.known") == 0)
        try expectClean(mirror)
    }

    @Test("Snapshots of files that upstream took back before they came are no damage, nor keep an export")
    func snapshotOfGone() throws {
        let project = try ScriptedProject("demo", versions: ["1.0", "1.1"])
        let mirror = try mirror([project])
        _ = try synced(mirror)
        #expect(try mirror.run("snapshot", "create", "before").exitCode == 0)
        var fewer = project.stating(serial: 2)
        fewer.files.removeLast()
        upstream.publish([fewer])
        _ = try synced(mirror, "--no-publish")
        let folder = mirror.folder.path
        let early = try mirror.run("export", folder.appending("early").string, "--json")
        #expect(early.exitCode == 0 && early.report.int("left.files") == 2, "\(early)")
        #expect(try mirror.run("publish").exitCode == 0)
        try expectClean(mirror)
        try mirror.configure("files", "\"all\"", in: "[select]")
        let late = try mirror.run("export", folder.appending("late").string, "--json")
        #expect(late.exitCode == 0 && late.report.int("left.files") == 1, "\(late)")
        #expect(try mirror.run("publish").exitCode == 0)
        try expectClean(mirror)
    }

    @Test("Blocked, a file leaves its page whether it ever was here or not", arguments: [nil, "on-demand"])
    func blocked(files: String?) throws {
        let projects = try Self.two()
        let mirror = try mirror(projects, files: files)
        _ = try synced(mirror)
        #expect(try mirror.run("block", "sha256:\(projects[0].files[0].claimedDigest)").exitCode == 0)
        #expect(try mirror.filenames("demo").count == 3)
        #expect(try mirror.run("block", "six").exitCode == 0)
        #expect(try mirror.filenames("six") == [])
        try expectClean(mirror)
        #expect(try mirror.run("unblock", "six").exitCode == 0)
        #expect(try asking(mirror).1 == [])
        #expect(try mirror.filenames("six").count == 1)
        try expectClean(mirror)
    }

    @Test("Rollbacks and snapshots show files that are had on demand")
    func rollback() throws {
        let projects = try Self.two()
        let mirror = try mirror(projects)
        _ = try synced(mirror)
        let first = try mirror.treeDigest
        #expect(try mirror.run("snapshot", "create", "before").exitCode == 0)
        upstream.publish([projects[0], try ScriptedProject("six", versions: ["1.0", "1.1"]).stating(serial: 2)])
        _ = try synced(mirror)
        #expect(try mirror.filenames("six").count == 2)
        #expect(try mirror.run("rollback").exitCode == 0)
        #expect(try mirror.treeDigest == first)
        try expectClean(mirror)
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try mirror.run("rollback", "before").exitCode == 0)
        #expect(try mirror.treeDigest == first)
        try expectClean(mirror)
    }
}
