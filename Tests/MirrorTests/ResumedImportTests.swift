import Foundation
import SystemPackage
import TestSupport
import Testing

/// Imports that end before all is done, and what becomes of them.
@Suite("Resumed imports") struct ResumedImportTests {
    private let gap: AirGap

    init() throws {
        gap = try AirGap([
            ScriptedProject("demo"), .large("first", bytes: 700_000), .large("second", bytes: 700_000),
        ])
    }

    @Test("One goes on with the description that it was begun with, and with no other")
    func anotherDescription() throws {
        let result = try gap.outside.run("export", gap.medium("all").string, "--volume-size", "1MiB")
        #expect(result.exitCode == 0, "\(result)")
        let volume = gap.medium("all").appending("volume-0003.tar")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: volume.string))
        try FileManager.default.removeItem(atPath: volume.string)
        try gap.expectRefusal("there is no volume-0003.tar", "all", arguments: ["--allow-unsigned"])
        let path = gap.medium("all").appending("bundle.json")
        let text = try String(contentsOfFile: path.string, encoding: .utf8)
        try text.replacingOccurrences(of: #""exporter":"larder"#, with: #""exporter":"burglar"#)
            .write(toFile: path.string, atomically: false, encoding: .utf8)
        try bytes.write(to: URL(fileURLWithPath: volume.string))
        try gap.expectRefusal("with another bundle.json", "all", arguments: ["--allow-unsigned"])
        try text.write(toFile: path.string, atomically: false, encoding: .utf8)
        let done = try gap.import("all", arguments: ["--allow-unsigned"])
        #expect(done.exitCode == 0, "\(done)")
        try gap.expectSame()
    }

    @Test("One that is proven is never given up, and what a crash leaves of one that is done is no import")
    func proven() throws {
        try gap.export("zero")
        #expect(try gap.import("zero").exitCode == 0)
        try gap.sync([ScriptedProject("demo"), ScriptedProject("fresh")])
        try gap.export("one", "--since", "last")
        // A directory in the place of a record keeps it from getting there.
        let obstacle = try obstruct("fresh")
        let stopped = try gap.import("one")
        #expect(stopped.exitCode == 70, "\(stopped)")
        let stage = gap.inside.root.appending("import")
        let aside = gap.inside.folder.path.appending("aside")
        try stage.copy(to: aside)
        #expect(FileManager.default.fileExists(atPath: aside.appending("ready").string))
        try FileManager.default.removeItem(atPath: obstacle.string)
        let discarded = try gap.inside.run("import", "--discard")
        #expect(discarded.exitCode == 0 && discarded.output.contains("was proven already"), "\(discarded)")
        #expect(try gap.inside.run("publish").exitCode == 0)
        try gap.expectSame()
        // As a power cut leaves it that came before the rest of the stage was removed.
        try FileManager.default.removeItem(atPath: aside.appending("ready").string)
        try aside.copy(to: stage)
        #expect(try gap.import("one").report.text("known") == nil)
        #expect(!FileManager.default.fileExists(atPath: stage.string))
        try gap.expectSame()
        let nothing = try gap.inside.run("import", "--discard")
        #expect(nothing.exitCode == 0 && nothing.output.contains("no import was begun"), "\(nothing)")
    }

    @Test(
        "The command that was cut off after the proof shows everything when it is given again, whatever is blocked since"
    )
    func givenAgain() throws {
        try gap.inside.configure("keep-generations", "0")
        try gap.export("zero")
        #expect(try gap.import("zero").exitCode == 0)
        #expect(try gap.inside.run("block", "demo==1.0").exitCode == 0)
        #expect(try gap.inside.run("gc", "--grace", "0s").exitCode == 0)
        try gap.sync([ScriptedProject("demo", versions: ["1.0", "2.0"]).stating(serial: 2), ScriptedProject("fresh")])
        try gap.export("one", "--since", "last")
        let obstacle = try obstruct("fresh")
        #expect(try gap.import("one").exitCode == 70)
        // The block is lifted between the proof and the rest of it, and the last medium has no description.
        #expect(try gap.inside.run("unblock", "demo==1.0").exitCode != 0)
        try FileManager.default.removeItem(atPath: obstacle.string)
        let rest = gap.medium("rest").string
        try FileManager.default.createDirectory(atPath: rest, withIntermediateDirectories: false)
        let again = try gap.import("rest")
        #expect(again.exitCode == 3 && again.report.failures.map { $0.text("project") } == ["demo"], "\(again)")
        #expect(try gap.inside.filenames("demo") == ["demo-2.0-py3-none-any.whl"])
        #expect(try gap.inside.listedProjects() == gap.outside.listedProjects())
        let verified = try gap.inside.verify()
        #expect(verified.exitCode == 0, "\(verified)")
        try gap.roundTrip("wanted")
        try gap.expectSame()
    }

    /// Puts a directory in the place of a record, so that the record cannot get there.
    private func obstruct(_ project: String) throws -> FilePath {
        let place = try #require(gap.outside.record(of: project).string.split(separator: "/mirror/").last)
        let obstacle = gap.inside.root.pushing(FilePath(String(place)))
        let inTheWay = obstacle.appending("in-the-way").string
        try FileManager.default.createDirectory(atPath: inTheWay, withIntermediateDirectories: true)
        return obstacle
    }

    @Test("A first medium without volumes is kept, and so is one that a link leads to")
    func withoutVolumes() throws {
        try gap.export("all")
        let first = gap.medium("first").string
        let link = gap.medium("link").string
        try FileManager.default.createDirectory(atPath: first, withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: first)
        for name in ["bundle.json", "bundle.json.minisig", "projects.jsonl"] {
            let file = gap.medium("all").appending(name).string
            try FileManager.default.moveItem(atPath: file, toPath: "\(first)/\(name)")
        }
        try gap.expectRefusal("there is no volume-0001.tar", "link")
        let done = try gap.import("all")
        #expect(done.exitCode == 0, "\(done)")
        try gap.expectSame()
    }

    @Test("What is damaged here is replaced by what a bundle carries")
    func damagedObject() throws {
        try gap.export("one")
        #expect(try gap.import("one").exitCode == 0)
        let object = try gap.inside.object(of: "first-1.0.tar.gz", in: "first")
        try rewrite(object) { $0[7] ^= 1 }
        // Nothing asks for it, as nobody looked at its bytes; a whole bundle carries it all the same.
        try gap.export("two")
        let second = try gap.import("two")
        #expect(second.exitCode == 0, "\(second)")
        try gap.expectSame()
        let content = try gap.inside.verify("--content")
        #expect(content.exitCode == 0, "\(content)")
    }

    @Test("Whoever waits for a medium can be stopped, and goes on from there")
    func stoppedAtThePrompt() throws {
        let volume = try exportWithout(volume: 3)
        try atThePrompt { program, _ in
            program.signal(SIGINT)
            #expect(program.wait() == 130)
        }
        try FileManager.default.moveItem(atPath: volume + ".later", toPath: volume)
        let done = try gap.import("all")
        #expect(done.exitCode == 0, "\(done)")
        try gap.expectSame()
    }

    @Test("Whoever waits for a medium gets it, and ends when the input does")
    func nextMedium() throws {
        let volume = try exportWithout(volume: 3)
        // The input ends.
        try atThePrompt { program, input in
            #expect(close(input) == 0)
            #expect(program.wait() == 65)
        }
        try atThePrompt { program, input in
            try FileManager.default.moveItem(atPath: volume + ".later", toPath: volume)
            #expect(write(input, "\n", 1) == 1)
            #expect(program.wait() == 0)
            close(input)
        }
        try gap.expectSame()
    }

    /// Exports, and takes a volume away.
    ///
    /// - Returns: Its path.
    private func exportWithout(volume number: Int) throws -> String {
        try gap.export("all", "--volume-size", "1MiB")
        let volume = gap.medium("all").appending("volume-000\(number).tar").string
        try FileManager.default.moveItem(atPath: volume, toPath: volume + ".later")
        return volume
    }

    /// Imports with `--wait`, and does something when it asks.
    ///
    /// - Parameter body: Gets the program, and what writes to its input, which it closes or leaves open.
    /// - Throws: What `body` throws, or what keeps the program from being started.
    private func atThePrompt(_ body: (BackgroundProgram, Int32) throws -> Void) throws {
        let folder = try TemporaryFolder()
        let input = folder.path.appending("input").string
        try #require(mkfifo(input, 0o600) == 0)
        let command = "exec \"$0\" import \"$1\" --wait --trust \"$2\" --root \"$3\" < \"$4\""
        let arguments = [gap.medium("all").string, gap.key + ".pub", gap.inside.root.string, input]
        let errors = folder.path.appending("errors")
        // Both ends of it are opened by whoever comes first, so that neither waits for the other.
        let holder = open(input, O_RDWR | O_CLOEXEC)
        let program = try BackgroundProgram(
            ["/bin/sh", "-c", command, Larder.path.string] + arguments,
            environment: Larder.environment,
            output: folder.path.appending("output"),
            errors: errors
        )
        defer { program.stop() }
        let writer = open(input, O_WRONLY | O_CLOEXEC)
        let deadline = Date(timeIntervalSinceNow: 60)
        while try !String(contentsOfFile: errors.string, encoding: .utf8).contains("press Enter"), Date() < deadline {
            usleep(20_000)
        }
        close(holder)
        try body(program, writer)
    }
}
