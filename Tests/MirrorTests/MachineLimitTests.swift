import Foundation
import SystemPackage
import TestSupport
import Testing

/// A machine that has nothing left to give ends a sync with 74, keeps what was committed, and is no reason to begin anew.
@Suite("Bounds of the machine") struct MachineLimitTests {
    private let upstream = ScriptedUpstream()

    private static func projects(_ count: Int, serial: Int) throws -> [ScriptedProject] {
        try (0..<count).map { number in
            var project = try ScriptedProject("bound-\(number)", versions: ["1.0", "1.1"])
            project.serial = serial
            return project
        }
    }

    @Test("With too few descriptors a sync ends, says so, and goes on with more")
    func descriptors() throws {
        upstream.publish(try Self.projects(12, serial: 1))
        let mirror = try TestMirror(of: upstream.url)
        for descriptors in [16, 40, 63] {
            let result = try Larder.run(["sync", "--json", "--root", mirror.root.string], descriptors: descriptors)
            #expect(result.exitCode == 74, "\(descriptors): \(result)")
            #expect(result.report.text("error")?.contains("ulimit") == true, "\(descriptors): \(result)")
        }
        let enough = try Larder.run(["sync", "--json", "--root", mirror.root.string], descriptors: 64)
        #expect(enough.exitCode == 0, "\(enough)")
        let last = try mirror.sync()
        #expect(last.exitCode == 0, "\(last)")
        #expect(try mirror.listedProjects().count == 12)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test(
        "Without inodes, or on a disk that became read-only",
        .enabled(if: SmallDisk.isPossible, "mounting a tmpfs needs root and CAP_SYS_ADMIN"),
        arguments: ["nr_inodes", "ro"]
    )
    func disk(kind: String) throws {
        let folder = try TemporaryFolder()
        let disk = try SmallDisk(folder.path.appending("disk"), kibibytes: 262_144)
        upstream.publish(try Self.projects(4, serial: 1))
        let mirror = try TestMirror(of: upstream.url, at: disk.path.appending("mirror"))
        #expect(try mirror.sync().exitCode == 0)
        let digest = try mirror.treeDigest
        upstream.publish(try Self.projects(30, serial: 2))
        try disk.remount(kind == "ro" ? "ro" : "nr_inodes=\(disk.usedInodes + 40)")
        let stopped = try mirror.sync()
        #expect(stopped.exitCode == 74, "\(stopped)")
        #expect(try mirror.treeDigest == digest)
        if kind == "ro" {
            let verification = try mirror.verify()
            #expect(verification.exitCode == 0, "what cannot be written to can be verified: \(verification)")
        }
        try disk.remount(kind == "ro" ? "rw" : "nr_inodes=100000")
        let next = try mirror.sync()
        #expect(next.exitCode == 0, "\(next)")
        #expect(try mirror.listedProjects().count == 30)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("Less room than `guard.free-space` asks for ends a sync before it begins")
    func reserve() throws {
        upstream.publish(try Self.projects(2, serial: 1))
        let mirror = try TestMirror(of: upstream.url)
        let path = mirror.root.appending("larder.toml").string
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let asking = text.replacing("#free-space = \"32MiB\"", with: "free-space = \"4096TiB\"")
        #expect(asking != text)
        try asking.write(toFile: path, atomically: true, encoding: .utf8)
        let count = upstream.requests.count
        let result = try mirror.sync()
        #expect(result.exitCode == 74, "\(result)")
        #expect(result.report.text("error")?.contains("free-space") == true, "\(result)")
        #expect(upstream.requests.count == count)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try mirror.sync().exitCode == 0)
    }
}
