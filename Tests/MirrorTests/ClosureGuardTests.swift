import SystemPackage
import TestSupport
import Testing

/// What nobody needs any more because upstream lost something is a matter of the removal guard.
@Suite("Closures and the removal guard") struct ClosureGuardTests: ClosureSuite {
    let upstream = ScriptedUpstream()

    private static let count = 12
    private static let roots = (0..<count).map { "root\($0)" }
    private static let all = (roots + (0..<count).map { "lib\($0)" }).sorted()

    private func world(requires: Bool = true, rootVersion: String = "1.0") throws -> [ScriptedProject] {
        try (0..<Self.count).flatMap { number in
            let root = try project("root\(number)", (rootVersion, requires ? ["lib\(number)"] : []))
            return [root, try project("lib\(number)", ("1.0", []))]
        }
    }

    @Test("What projects need that the guard keeps stays too", arguments: ["newest", "all-compatible"])
    func projectsAreGone(mode: String) throws {
        let mirror = try mirror(try world(), of: Self.roots, mode)
        _ = try synced(mirror)
        let digest = try mirror.treeDigest
        for name in Self.roots { upstream.remove("/simple/\(name)/") }
        for _ in 0..<2 {
            let report = try synced(mirror, exitCode: 3)
            #expect(report.failures.compactMap { $0.text("project") } == Self.roots.sorted())
            #expect(report.int("projects.removed") == 0)
            #expect(try mirror.treeDigest == digest)
        }
        #expect(try synced(mirror, "--accept-removals").int("projects.removed") == 2 * Self.count)
        #expect(try mirror.listedProjects() == [])
    }

    @Test("What files need that the guard keeps stays too")
    func filesAreGone() throws {
        let versions = (1...101).map { ("1.\($0)", ["lib"]) }
        let big = try ScriptedProject("big", versions.map { .init(version: $0.0, requires: $0.1) })
        let lib = try project("lib", ("1.0", ["sub"]), ("2.0", []))
        let mirror = try mirror([big, lib, try project("sub", ("1.0", []))], of: ["big"], "all-compatible")
        _ = try synced(mirror)
        #expect(try mirror.listedProjects() == ["big", "lib", "sub"])
        // 101 releases give way to one that needs nothing.
        upstream.publish(try project("big", ("2.0", [])))
        let report = try synced(mirror, exitCode: 3)
        #expect(report.texts("warnings").contains { $0.hasPrefix("what the guard keeps may need what else is here") })
        #expect(try mirror.filenames("big").count == 102)
        #expect(try mirror.listedProjects() == ["big", "lib", "sub"])
        #expect(try mirror.filenames("lib").count == 2)
        _ = try synced(mirror, "--accept-removals")
        #expect(try mirror.listedProjects() == ["big"])
    }

    @Test("More projects than the guard lets go of stay when metadata needs them no more; what is deselected leaves")
    func needsAreGone() throws {
        let mirror = try mirror(try world(), of: Self.roots)
        _ = try synced(mirror)
        // Other releases of the roots, which need nothing.
        for project in try world(requires: false, rootVersion: "2.0") { upstream.publish(project) }
        for _ in 0..<2 {
            let report = try synced(mirror, exitCode: 3)
            #expect(report.failures.count { $0.text("reason")?.hasPrefix("nobody needs it any more") == true } == 12)
            #expect(try mirror.listedProjects() == Self.all)
            #expect(try mirror.filenames("lib3").count == 1)
        }
        upstream.publish(try world())
        _ = try synced(mirror)
        // Who edits what is asked for knows what that takes off.
        _ = try mirror.run("add", "lib0")
        #expect(try mirror.run(arguments: ["remove"] + Self.roots).exitCode == 0)
        #expect(try synced(mirror).int("projects.removed") == 23)
        #expect(try mirror.listedProjects() == ["lib0"])
        #expect(try mirror.verify().exitCode == 0)
    }
}
