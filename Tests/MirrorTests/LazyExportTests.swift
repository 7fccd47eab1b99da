import SystemPackage
import Testing

/// Bundles of mirrors that do not have all of their files.
@Suite("Bundles of lazy mirrors") struct LazyExportTests {
    private let gap: AirGap

    init() throws {
        gap = try AirGap([])
        try gap.outside.configure("files", "\"on-demand\"", in: "[select]")
        try gap.outside.configure("keep-generations", "20")
    }

    @Test("A bundle tells what it does not carry, and inside there are the others; --fill carries all")
    func export() throws {
        let projects = [try ScriptedProject("demo", versions: ["1.0", "2.0"]), try ScriptedProject("six")]
        try gap.sync(projects)
        #expect(try gap.outside.run("sync", "--fill", "six").exitCode == 0)
        let report = try gap.export("one").report
        #expect(report.int("left.projects") == 1)
        #expect(report.int("left.files") == 2)
        #expect(try gap.import("one").exitCode == 0)
        #expect(try gap.inside.listedProjects() == ["demo", "six"])
        #expect(try gap.inside.filenames("demo") == [])
        #expect(try gap.inside.filenames("six").count == 1)
        #expect(try gap.inside.treeDigest == report.text("treeDigest"))
        #expect(try gap.inside.verify().exitCode == 0)

        // A file that came meanwhile is carried, though no page changed.
        #expect(try gap.export("two", "--since", "last").report.int("changed") == 0)
        #expect(try gap.outside.run("export", "x", "--since", "1", "--dry-run").exitCode == 64)
        let third = try gap.export("three", "--since", "last", "--fill").report
        #expect(third.int("left.files") == 0)
        #expect(third.int("changed") == 1)
        #expect(try gap.import("two").exitCode == 0)
        #expect(try gap.import("three").exitCode == 0)
        try gap.expectSame()
        #expect(try gap.inside.filenames("demo").count == 2)
        #expect(try gap.inside.verify().exitCode == 0)
    }

    @Test("What --fill cannot get is told, and the bundle carries the rest")
    func partial() throws {
        try gap.sync([try ScriptedProject("demo"), try ScriptedProject("six")])
        gap.upstream.set("/files/six-1.0-py3-none-any.whl", .failing("404 Not Found"))
        let result = try gap.outside.run("export", gap.medium("one").string, "--json", "--sign", gap.key, "--fill")
        #expect(result.exitCode == 3)
        #expect(result.report.failures(of: "six").count == 1)
        #expect(result.report.int("left.files") == 1)
        #expect(try gap.import("one").exitCode == 0)
        #expect(try gap.inside.filenames("demo").count == 1)
        #expect(try gap.inside.filenames("six") == [])
    }
}
