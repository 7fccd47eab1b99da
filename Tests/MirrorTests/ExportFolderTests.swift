import Foundation
import SystemPackage
import TestSupport
import Testing

/// The folder of an export: one export at a time, the same one when it goes on, and a medium that may be full.
@Suite("Folders of exports") struct ExportFolderTests {
    private let gap: AirGap

    init() throws {
        gap = try AirGap([ScriptedProject("demo"), .large("large", bytes: 3 << 20)])
    }

    @Test("A second export keeps away from the folder of the first")
    func locked() throws {
        let medium = gap.medium("busy").string
        try FileManager.default.createDirectory(atPath: medium, withIntermediateDirectories: false)
        let holder = try BackgroundProgram(
            ["/usr/bin/flock", "-F", medium, "/bin/sh", "-c", "echo held; exec sleep 60"],
            environment: Larder.environment,
            output: gap.medium("held")
        )
        defer { holder.stop() }
        let deadline = Date(timeIntervalSinceNow: 30)
        while try String(contentsOfFile: gap.medium("held").string, encoding: .utf8).isEmpty, Date() < deadline {
            usleep(10_000)
        }
        let refused = try gap.outside.run("export", medium)
        #expect(refused.exitCode == 75, "\(refused)")
        holder.stop()
        #expect(try gap.outside.run("export", medium).exitCode == 0)
    }

    @Test("An export that was cut off goes on with the same options only")
    func otherOptions() throws {
        let object = try gap.outside.object(of: "large-1.0.tar.gz", in: "large")
        try rewrite(object) { $0[5] ^= 1 }
        let medium = gap.medium("cut").string
        #expect(try gap.outside.run("export", medium, "--expires", "1d").exitCode == 3)
        for other in [["--expires", "2d"], ["--expires", "1d", "--volume-size", "2MiB"], []] {
            let refused = try gap.outside.run(arguments: ["export", medium] + other)
            #expect(refused.exitCode == 64 && refused.errors.contains("was begun otherwise"), "\(other): \(refused)")
        }
        try rewrite(object) { $0[5] ^= 1 }
        let done = try gap.outside.run("export", medium, "--expires", "1d", "--json")
        #expect(done.exitCode == 0, "\(done)")
        let text = try String(contentsOfFile: medium + "/bundle.json", encoding: .utf8)
        #expect(text.contains(#""expires":"#))
    }

    @Test(
        "A full medium is an error of the disk, and no bundle",
        .enabled(if: SmallDisk.isPossible, "mounting a tmpfs needs root and CAP_SYS_ADMIN")
    )
    func fullMedium() throws {
        let disk = try SmallDisk(gap.medium("disk"), kibibytes: 1_024)
        let medium = disk.path.appending("bundle")
        let full = try gap.outside.run("export", medium.string, "--json")
        #expect(full.exitCode == 74 && full.report.text("error")?.contains("space") == true, "\(full)")
        #expect(!FileManager.default.fileExists(atPath: medium.appending("bundle.json").string))
        try disk.resize(kibibytes: 16_384)
        let done = try gap.outside.run("export", medium.string, "--json")
        #expect(done.exitCode == 0, "\(done)")
        let imported = try gap.inside.run("import", medium.string, "--allow-unsigned")
        #expect(imported.exitCode == 0, "\(imported)")
        try gap.expectSame()
    }

    @Test("A record that no medium has room for is told")
    func largeRecord() throws {
        var project = try ScriptedProject("many", versions: [])
        let place = gap.upstream.url + String(repeating: "a-long-way/", count: 350)
        project.files = try (0..<300).map { number in
            var file = try ScriptedProject.File(filename: "many-1.\(number).tar.gz", bytes: Array("\(number)".utf8))
            file.provenance = place + "\(number)"
            return file
        }
        try gap.sync([project])
        let refused = try gap.outside.run("export", gap.medium("small").string, "--volume-size", "1MiB")
        #expect(refused.exitCode == 64 && refused.errors.contains("a larger --volume-size"), "\(refused)")
        #expect(try gap.outside.run("export", gap.medium("small").string, "--volume-size", "8MiB").exitCode == 0)
    }
}
