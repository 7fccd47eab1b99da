import ChildProcess
import Foundation
import SystemPackage
import TestSupport
import Testing

/// What `larder have` lists, and what an export makes of it.
@Suite("Inventories") struct InventoryTests {
    @Test("What is blocked here is not asked for, and comes back with what is listed once the block is lifted")
    func blockedObjects() throws {
        let gap = try AirGap([ScriptedProject("demo", versions: ["1.0", "2.0"]), ScriptedProject("bad")])
        try gap.inside.configure("keep-generations", "0")
        try gap.export("one")
        #expect(try gap.import("one").exitCode == 0)
        #expect(try gap.inside.run("block", "demo==2.0", "bad").exitCode == 0)
        let freed = try gap.inside.run("gc", "--grace", "0s", "--json")
        #expect(freed.exitCode == 0 && (freed.report.int("removed") ?? 1) > 0, "\(freed)")
        // The mirror outside knows nothing of that.
        try gap.sync([
            ScriptedProject("demo", versions: ["1.0", "2.0", "3.0"]).stating(serial: 2),
            ScriptedProject("bad", versions: ["1.0", "1.1"]).stating(serial: 2),
        ])
        try gap.export("two", "--since", "last")
        let second = try gap.import("two")
        #expect(second.exitCode == 0, "\(second)")
        #expect(try gap.inside.filenames("demo") == ["demo-1.0-py3-none-any.whl", "demo-3.0-py3-none-any.whl"])
        let verified = try gap.inside.verify()
        #expect(verified.exitCode == 0, "\(verified)")
        let lifted = try gap.inside.run("unblock", "demo==2.0", "bad")
        #expect(lifted.exitCode == 0 && lifted.output.contains("`larder have`"), "\(lifted)")
        // Neither the next bundle nor a lie about what is here brings back what nobody carries.
        try gap.sync([
            ScriptedProject("demo", versions: ["1.0", "2.0", "3.0", "4.0"]).stating(serial: 3),
            ScriptedProject("bad", versions: ["1.0", "1.1"]).stating(serial: 2),
        ])
        try gap.export("three", "--since", "last")
        try gap.expectRefusal("larder have", "three")
        try gap.roundTrip("wanted")
        try gap.expectSame()
        #expect(try gap.inside.filenames("demo") == gap.outside.filenames("demo"))
    }

    @Test("What was taken off is not listed, since gc may take it before the bundle comes")
    func removedProjects() throws {
        let both = try [ScriptedProject("demo"), ScriptedProject("leaving")]
        let gap = try AirGap(both)
        try gap.inside.configure("keep-generations", "0")
        try gap.export("one")
        #expect(try gap.import("one").exitCode == 0)
        gap.upstream.remove("/simple/leaving/")
        try gap.sync([both[0]])
        try gap.export("two", "--since", "last")
        #expect(try gap.import("two").exitCode == 0)
        let listed = try gap.have("before")
        try gap.sync([both[0], both[1].stating(serial: 2)])
        #expect(try gap.inside.run("gc", "--grace", "0s").exitCode == 0)
        let wanted = try gap.export("wanted", "--have", listed)
        #expect(wanted.report.int("changed") == 1 && (wanted.report.int("objects") ?? 0) > 0, "\(wanted)")
        let imported = try gap.import("wanted")
        #expect(imported.exitCode == 0, "\(imported)")
        try gap.expectSame()
    }

    @Test("One that was cut short is refused, wherever that was, and a disk that takes no more of it is an error")
    func cutShort() throws {
        let gap = try AirGap([ScriptedProject("demo"), ScriptedProject("other")])
        try gap.export("one")
        #expect(try gap.import("one").exitCode == 0)
        let whole = try String(contentsOfFile: gap.have("whole"), encoding: .utf8)
        let lines = whole.split(separator: "\n").map(String.init)
        try #require(lines.count == 4)
        let path = gap.medium("cut.jsonl").string
        let middle = lines[1].prefix(30)
        for text in [lines[0], lines[...1].joined(separator: "\n"), lines[0] + "\n" + middle] {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            try refuse(gap, path)
        }
        // A line that got lost, and something behind the end.
        for rest in [[lines[0], lines[1], lines[3]], lines + [lines[1]]] {
            try rest.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
            try refuse(gap, path)
        }
        let command = "exec \"$0\" have --root \"$1\" > /dev/full"
        let full = try ChildProcess(
            "/bin/sh",
            ["-c", command, Larder.path.string, gap.inside.root.string],
            environment: Larder.environment,
            limit: 1 << 20,
            timeout: .seconds(60)
        )
        let errors = String(decoding: full.errors, as: UTF8.self)
        #expect(full.exitCode == 74 && errors.contains("standard output"), "\(errors)")
    }

    private func refuse(_ gap: AirGap, _ path: String) throws {
        let refused = try gap.outside.run("export", gap.medium("refused").string, "--have", path, "--dry-run")
        #expect(refused.exitCode == 65 && refused.errors.contains(path), "\(refused)")
    }
}
