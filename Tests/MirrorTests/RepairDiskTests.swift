import Foundation
import SystemPackage
import TestSupport
import Testing

/// Repairs on small disks, and from one disk to another (I5, I10, I11).
@Suite("Repair on real disks", .enabled(if: SmallDisk.isPossible, "mounting a tmpfs needs root and CAP_SYS_ADMIN"))
struct RepairDiskTests {
    private let upstream = ScriptedUpstream()
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        upstream.publish(try Self.projects())
    }

    /// Six projects with an sdist of 200 kB each, which nothing compresses.
    private static func projects() throws -> [ScriptedProject] {
        try (0..<6).map { number in
            var project = try ScriptedProject("disk-\(number)")
            var state = UInt64(number + 1)
            let bytes = (0..<200_000).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 33)
            }
            project.files.append(try .init(filename: "disk_\(number)-1.0.tar.gz", bytes: bytes))
            return project
        }
    }

    private func sdist(_ number: Int, of mirror: TestMirror) throws -> FilePath {
        try mirror.object(of: "disk_\(number)-1.0.tar.gz", in: "disk-\(number)")
    }

    private func wheel(_ number: Int, of mirror: TestMirror) throws -> FilePath {
        try mirror.object(of: "disk_\(number)-1.0-py3-none-any.whl", in: "disk-\(number)")
    }

    @Test("A full disk stops it without a loss, and the next one with room heals", arguments: [false, true])
    func full(withRecord: Bool) throws {
        let disk = try SmallDisk(folder.path.appending("disk"), kibibytes: 262_144)
        let mirror = try TestMirror(
            of: upstream.url,
            at: disk.path.appending("mirror"),
            configuration: ["retries": "0", "free-space": "\"4KiB\""]
        )
        let first = try mirror.sync()
        #expect(first.exitCode == 0, "\(first)")
        let good = try mirror.objectBytes()
        let digest = try mirror.treeDigest
        var stopped = 0
        for kibibytes in [4, 500, 1_100] {
            var wrong: [FilePath: [UInt8]] = [:]
            for number in 0..<5 {
                let path = try sdist(number, of: mirror)
                try rewrite(path) { $0[kibibytes + number] ^= 0x10 }
                wrong[path] = Array(try Data(contentsOf: URL(fileURLWithPath: path.string)))
            }
            if withRecord { try rewrite(try mirror.record(of: "disk-0")) { $0.removeLast(9) } }
            let kept = try mirror.quarantined.count
            try disk.resize(kibibytes: disk.used + kibibytes)
            let result = try mirror.verify("--repair")
            if result.exitCode == 74 {
                stopped += 1
                #expect(result.report.text("outcome") == "failed")
                #expect(result.report.text("error")?.contains("space") == true, "\(kibibytes): \(result)")
                #expect(try mirror.treeDigest == digest, "\(kibibytes)")
                for (path, bytes) in wrong {
                    let found = Array(try Data(contentsOf: URL(fileURLWithPath: path.string)))
                    let name = String(path.string.dropFirst(mirror.root.string.utf8.count + "/objects/".utf8.count))
                    // What is right by now is in quarantine as it was.
                    #expect(found == bytes || found == good[name], "\(kibibytes): \(path)")
                }
                for number in 0..<6 { #expect(try mirror.filenames("disk-\(number)").count == 2, "\(kibibytes)") }
            } else {
                #expect(result.exitCode == 8, "\(kibibytes): \(result)")
            }
            try disk.resize(kibibytes: 262_144)
            let next = try mirror.verify("--repair")
            #expect(next.exitCode == (result.exitCode == 74 ? 8 : 0), "\(kibibytes): \(next)")
            #expect(try mirror.objectBytes() == good, "\(kibibytes)")
            #expect(try mirror.treeDigest == digest, "\(kibibytes)")
            let all = try mirror.verify()
            #expect(all.exitCode == 0, "\(kibibytes): \(all)")
            // Each of what was wrong, once.
            #expect(try mirror.quarantined.count == kept + (withRecord ? 6 : 5), "\(kibibytes)")
            #expect(try mirror.stories.count == kept + (withRecord ? 6 : 5), "\(kibibytes)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: mirror.root.appending("tmp").string) == [])
        }
        #expect(stopped >= 2)
    }

    @Test("Another mirror's root on another disk, and a quarantine on a third") func otherDisks() throws {
        let elsewhere = try SmallDisk(folder.path.appending("disk"), kibibytes: 65_536)
        let other = try TestMirror(of: upstream.url, at: elsewhere.path.appending("mirror"))
        #expect(try other.sync().exitCode == 0)
        let mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        #expect(try mirror.sync().exitCode == 0)
        let good = try mirror.objectBytes()
        let digest = try mirror.treeDigest
        for path in upstream.requestedPaths where path.hasPrefix("/files/") { upstream.remove(path) }
        // Mounted over the folder; link(2) fails with EXDEV from here on.
        let quarantine = mirror.root.appending("quarantine")
        let third = try SmallDisk(quarantine, kibibytes: 65_536)
        var wrong: [String: [UInt8]] = [:]
        for path in [try sdist(0, of: mirror), try wheel(1, of: mirror), try sdist(2, of: mirror)] {
            try rewrite(path) { $0[3] ^= 0x20 }
            wrong[path.lastComponent?.string ?? ""] = Array(try Data(contentsOf: URL(fileURLWithPath: path.string)))
        }
        try rewrite(try mirror.record(of: "disk-4")) { $0.removeLast(2) }
        let result = try mirror.verify("--repair", "--from", other.root.string)
        #expect(result.exitCode == 8, "\(result)")
        #expect(result.report.objects("findings").allSatisfy { $0.text("outcome") == "repaired" }, "\(result)")
        #expect(try mirror.objectBytes() == good)
        #expect(try mirror.treeDigest == digest)
        #expect(try mirror.quarantined.count == 4)
        for name in try mirror.quarantined where !name.hasSuffix("disk-4") {
            let kept = Array(try Data(contentsOf: URL(fileURLWithPath: quarantine.appending(name).string)))
            #expect(wrong[String(name.suffix(64))] == kept, "\(name)")
        }
        #expect(try mirror.stories.count == 4)
        let after = try mirror.verify()
        #expect(after.exitCode == 0, "\(after)")

        // A quarantine without room: nothing may take the place of what cannot be kept.
        let path = try sdist(3, of: mirror)
        try rewrite(path) { $0[3] ^= 0x20 }
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path.string))
        try third.resize(kibibytes: third.used + 40)
        let stopped = try mirror.verify("--repair", "--from", other.root.string)
        #expect(stopped.exitCode == 74, "\(stopped)")
        #expect(stopped.report.text("error")?.contains("quarantine") == true, "\(stopped)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: path.string)) == bytes)
        #expect(try mirror.quarantined.count == 4 && mirror.stories.count == 4)
        try third.resize(kibibytes: 65_536)
        #expect(try mirror.verify("--repair", "--from", other.root.string).exitCode == 8)
        #expect(try mirror.objectBytes() == good)
        #expect(try mirror.quarantined.count == 5)
        #expect(try mirror.verify().exitCode == 0)
        withExtendedLifetime((elsewhere, third)) {}
    }
}
