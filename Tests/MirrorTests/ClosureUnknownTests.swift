import Foundation
import SystemPackage
import TestSupport
import Testing

/// What is not known is no reason to take anything off (I10), and never said to be known.
@Suite("Closures of which not everything is known") struct ClosureUnknownTests: ClosureSuite {
    let upstream = ScriptedUpstream()

    @Test(
        "A project whose record cannot be read is asked for again, though its serial says nothing is new",
        arguments: ["company-app", "lib"]
    )
    func damagedRecord(of name: String) throws {
        let projects = [
            try project("company-app", ("1.0", ["lib"])), try project("lib", ("1.0", ["sub"])),
            try project("sub", ("1.0", [])),
        ]
        let mirror = try mirror(projects, of: ["company-app"])
        try mirror.configure("projects", "[\"company-*\"]")
        for _ in 0..<2 { _ = try synced(mirror) }
        let digest = try mirror.treeDigest
        let record = try mirror.record(of: name)
        try rewrite(record) { $0[$0.count / 2] ^= 1 }

        // Nobody can be asked: all stays, and the run says that it failed.
        let page = try #require(projects.first { $0.name == name })
        fail(page)
        let failed = try synced(mirror, exitCode: 3)
        #expect(failed.failures.map { $0.text("project") } == [name], "\(failed.failures)")
        #expect(try mirror.listedProjects() == ["company-app", "lib", "sub"])
        #expect(!failed.texts("warnings").contains { $0.contains("no such project") }, "\(failed.texts("warnings"))")

        upstream.publish(page)
        #expect(try synced(mirror).texts("warnings").count { $0.contains("made anew from upstream") } == 1)
        #expect(try mirror.treeDigest == digest)
        #expect(try mirror.verify().exitCode == 0)
    }
    @Test("What is excluded or blocked leaves, also while not everything can be asked for")
    func exclusions() throws {
        let projects = [
            try project("app", ("1.0", ["dep"])), try project("bad", ("1.0", [])), try project("dep", ("1.0", [])),
            try project("flaky", ("1.0", [])),
        ]
        let mirror = try mirror(projects, of: ["app", "bad", "flaky"])
        _ = try synced(mirror)
        fail(projects[3])
        try mirror.configure("projects", "[\"bad\"]", in: "[select.exclude]")
        #expect(try synced(mirror, exitCode: 3).int("projects.removed") == 1)
        #expect(try mirror.listedProjects() == ["app", "dep", "flaky"])
        try mirror.configure("projects", "[\"bad\", \"dep\"]", in: "[select.exclude]")
        _ = try synced(mirror, exitCode: 3)
        #expect(try mirror.listedProjects() == ["app", "flaky"])
    }
}
