import DemoUpstream
import Foundation
import SystemPackage
import TestSupport
import Testing

/// What is stated holds with a closure too, and what cannot be had is a failure by name.
@Suite("Demands and closures") struct ClosureDemandTests: ClosureSuite {
    let upstream = ScriptedUpstream()

    private func mirror(_ projects: [ScriptedProject], _ mode: String, requiring text: String) throws -> TestMirror {
        let mirror = try mirror(projects, of: ["named"], mode)
        try state(text, of: mirror)
        try mirror.configure("requirements", "[\"all.txt\"]")
        return mirror
    }

    private func state(_ text: String, of mirror: TestMirror, in file: String = "all.txt") throws {
        try text.write(toFile: mirror.root.appending(file).string, atomically: true, encoding: .utf8)
    }

    @Test("A requirement that no page meets is a failure, told once", arguments: ["newest", "all-compatible"])
    func unmetRequirement(mode: String) throws {
        let projects = [try project("named", ("1.0", [])), try project("demo", ("1.0", []))]
        let mirror = try mirror(projects, mode, requiring: "demo==9.9\n")
        for _ in 0..<2 {
            let report = try synced(mirror, exitCode: 3)
            #expect(
                report.failures.map { $0.text("reason") } == [
                    "asked for by all.txt (line 1) and not on upstream's page: no file of demo==9.9"
                ]
            )
            #expect(try mirror.filenames("demo") == [])
        }
        try state("demo==1.0\n", of: mirror)
        _ = try synced(mirror)
        #expect(try mirror.filenames("demo").count == 1)
    }

    @Test("Only files with the digests of a requirement are kept", arguments: ["newest", "all-compatible"])
    func digests(mode: String) throws {
        var demo = try ScriptedProject("demo", versions: ["1.0"], kinds: [.wheel, .sdist])
        demo.files += try project("demo", ("2.0", [])).files
        let digest = try #require(demo.files.first { $0.filename.hasSuffix(".whl") }).claimedDigest
        let projects = [try project("named", ("1.0", [])), demo, try project("user", ("1.0", ["demo"]))]
        let mirror = try mirror(projects, mode, requiring: "demo==1.0 --hash=sha256:\(digest)\n")
        _ = try synced(mirror)
        #expect(try mirror.filenames("demo") == ["demo-1.0-py3-none-any.whl"])
        // Whatever others need.
        _ = try mirror.run("add", "user")
        _ = try synced(mirror)
        #expect(try mirror.filenames("demo") == ["demo-1.0-py3-none-any.whl"])

        try state("demo==1.0 --hash=sha256:\(String(repeating: "0", count: 64))\n", of: mirror)
        let report = try synced(mirror, exitCode: 3)
        #expect(report.failures(of: "demo").count == 1, "\(report.failures)")
        #expect(try mirror.filenames("demo") == [])
    }

    @Test("A selected project without a file that can be used is a failure, and one that a pattern takes is told of")
    func unusable() throws {
        let foreign = try ScriptedProject("foreign", [.init(version: "1.0", tags: "cp312-cp312-win_amd64")])
        let mirror = try mirror([foreign], of: ["foreign"])
        let failed = try synced(mirror, exitCode: 3)
        let reason =
            "no release can be had, asked for in python 3.12 on linux: no file of 1.0 is for that Python and platform"
        #expect(failed.failures(of: "foreign").map { $0.text("reason") } == [reason])
        _ = try mirror.run("remove", "foreign")
        try mirror.configure("projects", "[\"for*\"]")
        #expect(try synced(mirror).texts("warnings").contains("foreign: \(reason)"))
    }

    @Test("What a dependency lacks is a failure, unless a rule of whoever runs the mirror leaves it out")
    func unmetDependency() throws {
        let projects = [try project("app", ("1.0", ["lib<1", "gone"])), try project("lib", ("1.0", []))]
        let mirror = try mirror(projects, of: ["app"], "all-compatible")
        let failed = try synced(mirror, exitCode: 3)
        #expect(failed.failures.compactMap { $0.text("project") } == ["app", "gone", "lib"])
        let place = "needed by app 1.0 in python 3.12 on linux"
        let gone = try mirror.run("why", "gone", "--json").report
        #expect(gone.text("state") == "unmet")
        #expect(gone.text("reason") == "needed, and cannot be had: \(place): upstream has no such project")
        let lib = try #require(try mirror.run("why", "lib", "--json").report.text("reason"))
        #expect(lib.contains("no release <1 can be had, \(place): no release has such a version"), "\(lib)")
        #expect(try mirror.run("why", "never", "--json").report.text("state") == "unknown")
        try mirror.configure("projects", "[\"gone\", \"lib\"]", in: "[select.exclude]")
        let report = try synced(mirror)
        let need = "needed by app 1.0 in python 3.12 on linux: excluded by [select.exclude] projects (larder.toml:"
        #expect(report.texts("warnings").count { $0.contains(need) } == 2, "\(report.texts("warnings"))")
        try mirror.configure("closure", "\"newest\"")
        #expect(try synced(mirror).texts("warnings").contains { $0.contains("no set of releases can be installed") })
        #expect(try mirror.filenames("app").count == 1)
    }
    @Test("Constraints hold for all that the requirements of their file need", arguments: ["newest", "all-compatible"])
    func constraints(mode: String) throws {
        let versions = ["1.0", "2.0", "3.0", "4.0rc1"]
        let lib = try ScriptedProject("lib", versions.map { .init(version: $0, requires: []) })
        let projects = [
            try project("app", ("1.0", ["lib"])), try project("tool", ("1.0", ["lib"])), lib,
            try project("named", ("1.0", [])),
        ]
        let mirror = try mirror(projects, mode, requiring: "app\n-c limits.txt\n")
        try state("lib<3\nlib>5; sys_platform == 'win32'\nnever==1\n", of: mirror, in: "limits.txt")
        func kept() throws -> [String] {
            _ = try synced(mirror)
            return try mirror.filenames("lib").map { String($0.split(separator: "-")[1]) }
        }
        let all = mode == "all-compatible"
        #expect(try kept() == (all ? ["1.0", "2.0"] : ["2.0"]))
        // Each file has its own.
        try state("tool\n-c others.txt\n", of: mirror, in: "second.txt")
        try state("lib==4.0rc1\n", of: mirror, in: "others.txt")
        try mirror.configure("requirements", "[\"all.txt\", \"second.txt\"]")
        #expect(try kept() == (all ? ["1.0", "2.0", "4.0rc1"] : ["2.0", "4.0rc1"]))
        // Who asks without constraints has the newest.
        _ = try mirror.run("add", "tool")
        #expect(try kept() == (all ? versions : ["2.0", "3.0", "4.0rc1"]))
        try state("lib<1\n", of: mirror, in: "limits.txt")
        let report = try synced(mirror, exitCode: 3)
        let reason = try #require(report.failures(of: "lib").first?.text("reason"))
        #expect(reason.hasSuffix("needed by app 1.0 in python 3.12 on linux: the constraints allow <1 alone"))
    }
}
