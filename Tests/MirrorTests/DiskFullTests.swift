import Foundation
import SystemPackage
import TestSupport
import Testing

/// A full disk ends a sync with 74, leaves the published tree whole, and is no reason to begin anew (I4, I5).
@Suite("A full disk", .enabled(if: SmallDisk.isPossible, "mounting a tmpfs needs root and CAP_SYS_ADMIN"))
struct DiskFullTests {
    private let upstream = ScriptedUpstream()

    /// Forty projects with files of some size and pages of some length, so that every phase needs room.
    private static func projects(_ count: Int, releases: Int, serial: Int) throws -> [ScriptedProject] {
        try (0..<count).map { number in
            var project = try ScriptedProject("full-\(number)", versions: (0..<releases).map { "1.\($0)" })
            project.serial = serial
            return project
        }
    }

    @Test("Wherever the room ends") func everyPhase() throws {
        let before = try Self.projects(10, releases: 2, serial: 1)
        let after = try Self.projects(40, releases: 4, serial: 2)
        let folder = try TemporaryFolder()
        upstream.publish(before)
        let base = try TestMirror(of: upstream.url)
        #expect(try base.sync().exitCode == 0)
        upstream.publish(after)
        // What it takes, and what it comes to.
        let (needed, digest) = try growth(of: base, in: folder)
        let live = try base.treeDigest
        var failures = 0
        for share in [0, 15, 30, 45, 60, 75, 90, 97] {
            let disk = try SmallDisk(folder.path.appending("disk-\(share)"), kibibytes: 262_144)
            let mirror = TestMirror(at: disk.path.appending("mirror"), folder: folder)
            try base.root.copy(to: mirror.root)
            try disk.resize(kibibytes: disk.used + needed * share / 100 + 4)
            let full = try mirror.sync()
            // With almost enough room it may just do.
            if share <= 90 { #expect(full.exitCode == 74, "\(share)%: \(full)") }
            guard full.exitCode != 0 else { continue }
            failures += 1
            #expect(full.exitCode == 74, "\(share)%: \(full)")
            #expect(full.report.text("outcome") == "failed")
            #expect(full.report.text("error")?.contains("space") == true, "\(full)")
            #expect(try mirror.treeDigest == live, "\(share)%")
            try expectWhole(mirror, before, "\(share)%")

            try disk.resize(kibibytes: 262_144)
            let verification = try mirror.verify("--publication")
            #expect(verification.exitCode == 0, "\(share)%: \(verification)")
            let next = try mirror.sync()
            #expect(next.exitCode == 0, "\(share)%: \(next)")
            #expect(try mirror.treeDigest == digest, "\(share)%")
            let all = try mirror.verify("--content", "--index", "--publication")
            #expect(all.exitCode == 0, "\(share)%: \(all)")
        }
        #expect(failures >= 7)
    }

    /// How many KiB the second sync needs on such a disk, and the digest that it comes to.
    private func growth(of base: TestMirror, in folder: TemporaryFolder) throws -> (Int, String?) {
        let disk = try SmallDisk(folder.path.appending("large"), kibibytes: 262_144)
        let mirror = TestMirror(at: disk.path.appending("mirror"), folder: folder)
        try base.root.copy(to: mirror.root)
        let before = disk.used
        #expect(try mirror.sync().exitCode == 0)
        return (disk.used - before, try mirror.treeDigest)
    }

    /// Every page and file that was published before can be had, and nothing else.
    private func expectWhole(_ mirror: TestMirror, _ projects: [ScriptedProject], _ comment: Comment) throws {
        #expect(try mirror.listedProjects().sorted() == projects.map(\.name).sorted(), comment)
        for project in projects {
            let files = try mirror.page(project.name).objects("files")
            #expect(files.compactMap { $0.text("filename") } == project.files.map(\.filename), comment)
            for (file, expected) in zip(files, project.files) {
                let url = file.text("url") ?? ""
                #expect(try mirror.contents("simple/\(project.name)/\(url)") == expected.bytes, comment)
                #expect(try mirror.contents("simple/\(project.name)/\(url).metadata") == expected.metadata, comment)
            }
        }
    }
}
