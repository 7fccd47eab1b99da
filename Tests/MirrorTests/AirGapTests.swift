import ChildProcess
import DemoUpstream
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Mirrors carried across an air gap, with a folder as the medium.
@Suite("Air gap") struct AirGapTests {
    @Test("Bundles carry everything, then what changed, then what was lost; both sides show the same at every step")
    func story() throws {
        var projects = try [ScriptedProject]([
            ScriptedProject("demo", versions: ["1.0", "2.0"], kinds: [.wheel, .sdist]), .large("large", bytes: 900_000),
            ScriptedProject("leaving"),
        ])
        let gap = try AirGap(projects)
        let full = try gap.export("full")
        #expect(full.report.int("sequence") == 1 && full.report.int("changed") == 3)
        try checkWithoutLarder(gap, "full")
        let first = try gap.import("full")
        #expect(first.exitCode == 0, "\(first)")
        #expect(first.report.text("treeDigest") == full.report.text("treeDigest"))
        try gap.expectSame()
        #expect(try gap.inside.contents("simple/demo/index.html") == gap.outside.contents("simple/demo/index.html"))

        try checkInstall(gap, "2.0")

        // The same once more does no harm.
        let again = try gap.import("full")
        #expect(
            again.exitCode == 0 && again.report.int("changed") == 0 && again.output.contains(#""known":true"#),
            "\(again)"
        )

        // Upstream changes: a release more, one less, a project gone, a new one.
        projects[0] = try ScriptedProject("demo", versions: ["2.0", "3.0"], kinds: [.wheel, .sdist]).stating(serial: 2)
        projects[2] = try ScriptedProject("arriving")
        gap.upstream.remove("/simple/leaving/")
        try gap.sync(projects)
        let next = try gap.export("next", "--since", "last")
        #expect(next.report.int("changed") == 3, "\(next)")
        #expect((next.report.int("objects") ?? 99) < 6, "\(next)")
        let known = try gap.import("next", arguments: ["--dry-run"])
        #expect(known.report.int("changed") == 3 && known.report.has("dryRun"), "\(known)")
        #expect(try gap.inside.listedProjects().sorted() == ["demo", "large", "leaving"])
        try checkLostVolume(gap, "next")
        #expect(try gap.import("next").exitCode == 0)
        try gap.expectSame()
        #expect(try gap.inside.listedProjects().sorted() == ["arriving", "demo", "large"])
        #expect(try gap.inside.filenames("demo") == gap.outside.filenames("demo"))
        try checkInstall(gap, "3.0")

        // An older one never wins.
        try gap.expectRefusal("number 1", "full")

        // What is lost inside is asked for by an inventory.
        try gap.inside.object(of: "large-1.0.tar.gz", in: "large").removeAll()
        let wanted = try gap.export("wanted", "--have", try gap.have("inventory"))
        #expect(wanted.report.int("objects") == 1 && wanted.report.int("changed") == 0, "\(wanted)")
        #expect(try gap.import("wanted").exitCode == 0)
        try gap.expectSame()

        // A full mirror: it exports onward, and follows nobody else.
        let onward = try gap.inside.run("export", gap.medium("onward").string, "--json")
        #expect(onward.exitCode == 0, "\(onward)")
        let third = try TestMirror(of: "http://127.0.0.1:9/simple/")
        let arrived = try third.run("import", gap.medium("onward").string, "--allow-unsigned", "--json")
        #expect(arrived.exitCode == 0, "\(arrived)")
        #expect(try third.treeDigest == gap.outside.treeDigest)
        // So is a mirror that follows its tree as any other upstream.
        let chained = try TestMirror(of: "file://\(third.root)/web/simple/")
        #expect(try chained.sync().exitCode == 0)
        #expect(try chained.treeDigest == gap.outside.treeDigest)
        #expect(try gap.inside.sync().exitCode == 64)
        #expect(try gap.inside.run("snapshot", "create", "kept").exitCode == 0)
        #expect(try gap.inside.run("rollback", "--json").exitCode == 0)
        #expect(try gap.inside.run("publish").exitCode == 0)
        try gap.expectSame()
    }

    /// A volume is lost, and damaged when it is found; then it is whole again.
    private func checkLostVolume(_ gap: AirGap, _ name: String) throws {
        let volume = gap.medium(name).appending("volume-0002.tar")
        try FileManager.default.moveItem(atPath: volume.string, toPath: volume.string + ".lost")
        try gap.expectRefusal("there is no volume-0002.tar", name)
        try FileManager.default.moveItem(atPath: volume.string + ".lost", toPath: volume.string)
        try rewrite(volume) { $0[$0.count / 3] ^= 16 }
        try gap.expectRefusal("volume-0002.tar", name)
        try rewrite(volume) { $0[$0.count / 3] ^= 16 }
    }

    /// Clients inside need no web server.
    private func checkInstall(_ gap: AirGap, _ version: String) throws {
        guard Python.environment != nil else { return }
        for (number, install) in Python.installers.enumerated() {
            let target = gap.inside.folder.path.appending("installed-\(version)-\(number)")
            try install(["demo==\(version)"], "file://\(gap.inside.root)/web/simple/", target)
            #expect(try Python.run("import demo; print(demo.__version__)", with: target) == "\(version)\n")
        }
    }

    /// Has other people's programs look at a bundle.
    private func checkWithoutLarder(_ gap: AirGap, _ name: String) throws {
        func run(_ program: String, _ arguments: [String]) throws -> ChildProcess {
            try ChildProcess(
                "/usr/bin/env",
                ["-C", gap.medium(name).string, program] + arguments,
                environment: ["PATH": "/usr/bin:/bin"],
                limit: 1 << 20,
                timeout: .seconds(60)
            )
        }
        #expect(try run("sha256sum", ["--strict", "-c", "SHA256SUMS"]).exitCode == 0)
        let listed = try run("tar", ["-tf", "volume-0002.tar"])
        #expect(listed.exitCode == 0)
        #expect(
            String(decoding: listed.output, as: UTF8.self).split(separator: "\n").allSatisfy {
                $0.hasPrefix("objects/")
            }
        )
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/minisign") else { return }
        let signed = try run("minisign", ["-V", "-p", gap.key + ".pub", "-m", "bundle.json"])
        #expect(signed.exitCode == 0)
        #expect(String(decoding: signed.output, as: UTF8.self).contains("sequence 1 time "))
    }

    @Test("Volumes come in any order and from several media, and objects larger than one in parts")
    func volumes() throws {
        let gap = try AirGap([
            .large("huge", bytes: 2_600_000), .large("middle", bytes: 700_000), .large("small", bytes: 300_000),
            ScriptedProject("demo"),
        ])
        let full = try gap.export("all", "--volume-size", "1MiB")
        let count = try #require(full.report.int("volumes"))
        #expect(count >= 5, "\(full)")
        let all = gap.medium("all")
        try checkMedia(full.report, all)
        for number in 1...count {
            let sizes = try ["tar", "jsonl"].map { suffix in
                let file = all.appending("volume-000\(number).\(suffix)").string
                return try #require(try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int)
            }
            #expect(sizes.reduce(0, +) <= 1 << 20)
        }
        // Each volume on a medium of its own, the last one first; the description on the first one alone.
        for number in 2...count {
            let medium = gap.medium("medium-\(number)")
            try FileManager.default.createDirectory(atPath: medium.string, withIntermediateDirectories: false)
            for suffix in ["tar", "jsonl"] {
                let name = "volume-000\(number).\(suffix)"
                try FileManager.default.moveItem(
                    atPath: all.appending(name).string,
                    toPath: medium.appending(name).string
                )
            }
        }
        try gap.expectRefusal("volume-0002.tar", "all", "medium-\(count)")
        for number in stride(from: count - 1, through: 3, by: -1) {
            try gap.expectRefusal("volume-0002.tar", "medium-\(number)", arguments: [])
        }
        let last = try gap.import("medium-2")
        #expect(last.exitCode == 0, "\(last)")
        try gap.expectSame()
        #expect(!FileManager.default.fileExists(atPath: gap.inside.root.appending("import").string))
    }

    /// Each medium has room for what is said to lie on it, and every file lies on one.
    private func checkMedia(_ report: Report, _ folder: FilePath) throws {
        let media = report.lists("media")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.string)
        let volumes = media.flatMap { $0 }
        #expect(Set(volumes).count == volumes.count && Set(volumes).isSubset(of: names))
        let others = names.filter { !$0.hasPrefix("volume-") }
        #expect(volumes.count + others.count == names.count)
        for (index, files) in media.enumerated() {
            let sizes = try (index == 0 ? files + others : files).map { name in
                let attributes = try FileManager.default.attributesOfItem(atPath: folder.appending(name).string)
                return try #require(attributes[.size] as? Int)
            }
            #expect(sizes.reduce(0, +) <= 1 << 20, "medium \(index + 1): \(files)")
        }
        let readme = try String(contentsOfFile: folder.appending("README.txt").string, encoding: .utf8)
        #expect(readme.contains("medium \(media.count): "))
    }

    @Test("A list of projects has its room on the first medium, beside the volumes that lie there")
    func largeList() throws {
        // Long names make long lines.
        let prefix = String(repeating: "project-", count: 24)
        let gap = try AirGap((0..<250).map { try .large("\(prefix)\($0)", bytes: 2_000) })
        let bundle = try gap.export("all", "--volume-size", "1MiB")
        try checkMedia(bundle.report, gap.medium("all"))
        let size = try FileManager.default.attributesOfItem(
            atPath: gap.medium("all").appending("projects.jsonl").string
        )
        #expect(try #require(size[.size] as? Int) > 90_000)
        #expect(try gap.import("all").exitCode == 0)
        try gap.expectSame()
    }

    @Test("An export that is cut off goes on, and keeps the volumes that it finished")
    func resumedExport() throws {
        let gap = try AirGap([
            .large("one", bytes: 800_000), .large("two", bytes: 800_000), .large("three", bytes: 800_000),
        ])
        try gap.export("whole", "--volume-size", "1MiB")
        // As a run leaves it that was killed in the second volume with objects.
        let damaged = try gap.outside.object(of: "two-1.0.tar.gz", in: "two")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: damaged.string))
        try rewrite(damaged) { $0[5] ^= 1 }
        let medium = gap.medium("cut")
        let arguments = ["export", medium.string, "--json", "--sign", gap.key, "--volume-size", "1MiB"]
        let cut = try gap.outside.run(arguments: arguments)
        #expect(cut.exitCode == 3, "\(cut)")
        #expect(cut.report.failures.map { $0.text("project") } == ["two"], "\(cut)")
        #expect(!FileManager.default.fileExists(atPath: medium.appending("bundle.json").string))
        try rewrite(damaged) { $0 = Array(bytes) }
        // The mirror goes on meanwhile; the export is of what readers saw when it began.
        let digest = try gap.outside.treeDigest
        try gap.sync([.large("one", bytes: 800_000), .large("two", bytes: 800_000), ScriptedProject("new")])
        let done = try gap.outside.run(arguments: arguments)
        #expect(done.exitCode == 0 && (done.report.int("kept") ?? 0) >= 1, "\(done)")
        #expect(try gap.import("cut").exitCode == 0)
        #expect(try gap.inside.treeDigest == digest)
        let other = try gap.outside.run("export", medium.string)
        #expect(other.exitCode == 64, "\(other)")
    }

    @Test("An export that is cut off and cannot go on, since what it planned is not kept any more, says so")
    func collectedExport() throws {
        let gap = try AirGap([.large("one", bytes: 800_000), .large("two", bytes: 800_000)])
        try gap.outside.configure("keep-generations", "0")
        let medium = gap.medium("cut")
        try rewrite(try gap.outside.object(of: "two-1.0.tar.gz", in: "two")) { $0[5] ^= 1 }
        let arguments = ["export", medium.string, "--json", "--volume-size", "1MiB"]
        func reason(_ result: CommandResult) -> String { result.report.failures.first?.text("reason") ?? "" }
        let cut = try gap.outside.run(arguments: arguments)
        #expect(cut.exitCode == 3 && reason(cut).contains("verify --repair"), "\(cut)")
        gap.upstream.remove("/simple/two/")
        try gap.sync([.large("one", bytes: 800_000)])
        #expect(try gap.outside.run("gc", "--grace", "0s").exitCode == 0)
        let again = try gap.outside.run(arguments: arguments)
        #expect(again.exitCode == 3 && reason(again).contains("remove what is in \(medium)"), "\(again)")
        try FileManager.default.removeItem(atPath: medium.string)
        #expect(try gap.outside.run(arguments: arguments).exitCode == 0)
    }

    @Test("A generation can be what the other side has, and readers who are held are what is carried")
    func generations() throws {
        let gap = try AirGap([ScriptedProject("demo"), ScriptedProject("other")])
        try gap.export("one")
        #expect(try gap.import("one").exitCode == 0)
        let first = try gap.outside.treeDigest
        try gap.sync([ScriptedProject("demo", versions: ["1.0", "2.0"]).stating(serial: 2), ScriptedProject("other")])
        let second = try gap.export("two", "--since", "1")
        #expect(second.report.int("changed") == 1 && second.report.text("base.treeDigest") == first, "\(second)")
        #expect(try gap.import("two").exitCode == 0)
        try gap.expectSame()
        #expect(try gap.outside.run("rollback", "1").exitCode == 0)
        let third = try gap.export("three", "--since", "last")
        #expect(third.report.text("treeDigest") == first && third.report.int("changed") == 1, "\(third)")
        #expect(try gap.import("three").exitCode == 0)
        #expect(try gap.inside.treeDigest == first)
        #expect(try gap.inside.filenames("demo") == ["demo-1.0-py3-none-any.whl"])
        try gap.expectSame()
    }

    @Test("What is blocked inside stays blocked, whatever a bundle brings")
    func blocked() throws {
        let gap = try AirGap([ScriptedProject("demo", versions: ["1.0", "2.0"]), ScriptedProject("bad")])
        try gap.export("one")
        #expect(try gap.import("one").exitCode == 0)
        #expect(try gap.inside.run("block", "bad", "demo==2.0").exitCode == 0)
        try gap.sync([
            ScriptedProject("demo", versions: ["1.0", "2.0", "3.0"]).stating(serial: 2),
            ScriptedProject("bad", versions: ["1.0", "1.1"]).stating(serial: 2),
        ])
        try gap.export("two", "--since", "last")
        let second = try gap.import("two")
        #expect(second.exitCode == 0, "\(second)")
        #expect(try gap.inside.filenames("demo") == ["demo-1.0-py3-none-any.whl", "demo-3.0-py3-none-any.whl"])
        #expect(try !gap.inside.listedProjects().contains("bad"))
        #expect(try gap.inside.verify().exitCode == 0)
    }

    @Test("A damaged record is carried again, and goes as well when its project does")
    func damagedRecords() throws {
        let gap = try AirGap([ScriptedProject("demo"), ScriptedProject("leaving")])
        // Blocked before anything is here, which is nothing of its own.
        #expect(try gap.inside.run("block", "evil").exitCode == 0)
        try gap.export("one")
        #expect(try gap.import("one").exitCode == 0)
        for name in ["demo", "leaving"] { try rewrite(try gap.inside.record(of: name)) { $0[40] ^= 1 } }
        let inventory = gap.medium("inventory.json")
        let have = try gap.inside.run("have", "--json")
        try have.output.write(toFile: inventory.string, atomically: true, encoding: .utf8)
        gap.upstream.remove("/simple/leaving/")
        try gap.sync([ScriptedProject("demo")])
        let wanted = try gap.export("two", "--have", inventory.string)
        #expect(wanted.report.int("changed") == 2, "\(wanted)")
        let second = try gap.import("two")
        #expect(second.exitCode == 0, "\(second)")
        try gap.expectSame()
        // Only told, though something waits for a publication.
        #expect(try gap.import("two", arguments: ["--dry-run"]).report.has("dryRun"))
    }
}
