import Foundation
import SystemPackage
import TestSupport
import Testing

/// The room that an import takes: that of what lacks, known before anything is read, also when it goes on.
@Suite("Room for imports", .enabled(if: SmallDisk.isPossible, "mounting a tmpfs needs root and CAP_SYS_ADMIN"))
struct ImportRoomTests {
    @Test("Media that cannot be written are read where they are")
    func readOnlyMedium() throws {
        let gap = try AirGap([ScriptedProject("demo"), .large("large", bytes: 1 << 20)])
        let disk = try SmallDisk(gap.medium("disk"), kibibytes: 8_192)
        try gap.export(to: disk.path.appending("bundle"), [])
        try disk.remount("ro")
        let imported = try gap.import("disk/bundle")
        #expect(imported.exitCode == 0, "\(imported)")
        try gap.expectSame()
    }

    @Test("A disk that is too small is told at once; what was written before a run was cut off is not counted again")
    func room() throws {
        let gap = try AirGap((0..<12).map { try .large("large-\($0)", bytes: 1 << 20) } + [ScriptedProject("demo")])
        try gap.export("all")
        let disk = try SmallDisk(gap.inside.folder.path.appending("disk"), kibibytes: 64 << 10)
        let mirror = TestMirror(at: disk.path.appending("mirror"), folder: gap.inside.folder)
        try gap.inside.root.copy(to: mirror.root)
        try mirror.configure("free-space", "\"1KiB\"")
        let command = ["import", gap.medium("all").string, "--trust", gap.key + ".pub", "--json"]
        try disk.resize(kibibytes: disk.used + (6 << 10))
        let before = disk.used
        let full = try mirror.run(arguments: command)
        #expect(full.exitCode == 74 && full.report.text("error")?.contains("no space left") == true, "\(full)")
        #expect(disk.used - before < 512, "\(disk.used) KiB, \(before) before")
        #expect(!FileManager.default.fileExists(atPath: mirror.root.appending("import").string))

        // Room for all of it, and not for a second copy of what a run leaves that meets a bad byte near the end.
        try disk.resize(kibibytes: before + (18 << 10))
        let volume = gap.medium("all").appending("volume-0002.tar")
        try rewrite(volume) { $0[$0.count - 200_000] ^= 1 }
        let cut = try mirror.run(arguments: command)
        #expect(cut.exitCode == 65, "\(cut)")
        let kept = disk.used
        #expect(kept - before > 8 << 10, "\(kept) KiB, \(before) before")
        try rewrite(volume) { $0[$0.count - 200_000] ^= 1 }
        let done = try mirror.run(arguments: command)
        #expect(done.exitCode == 0, "\(done)")
        #expect(try mirror.treeDigest == gap.outside.treeDigest)
    }
}
