import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// A repair that is cut off anywhere leaves what the next one ends, and keeps nothing twice (I5, I11).
@Suite("Interrupted repairs") struct InterruptedRepairTests {
    /// Where a repair is cut off.
    enum Stage: String, CaseIterable {
        /// A damaged record is in quarantine, and its page was asked for.
        case page
        /// The record is there again, and some objects came of which none is replaced yet.
        case file
        /// All bytes came, and are about to take the places of the wrong ones.
        case commit
    }

    private let upstream = ScriptedUpstream()
    private let mirror: TestMirror

    init() throws {
        mirror = try .ofGoodProjects(from: upstream)
    }

    private func wheel(_ number: Int) -> String { "good_0\(number)-1.0-py3-none-any.whl" }

    /// Waits until something is so; a minute at most.
    private func wait(until condition: () throws -> Bool) throws {
        for _ in 0..<6_000 {
            if try condition() { return }
            usleep(10_000)
        }
        Issue.record("it was waited for in vain")
    }

    @Test("It is ended by the next one", arguments: Stage.allCases, [SIGTERM, SIGKILL])
    func interrupted(stage: Stage, signal: Int32) throws {
        let good = try mirror.objectBytes()
        let digest = try mirror.treeDigest
        // Four objects, two of them of projects whose records are damaged as well.
        for number in 0..<4 { try rewrite(try mirror.object(of: wheel(number), in: "good-0\(number)")) { $0[9] ^= 1 } }
        for number in [3, 4] { try rewrite(try mirror.record(of: "good-0\(number)")) { $0.removeLast(5) } }
        let gate = ScriptedUpstream.Gate()
        let project = try ScriptedProject("good-04")
        var page = project.page
        page.gate = gate
        let path: String
        switch stage {
        case .page:
            path = "/simple/good-04/"
            upstream.set(path, page)
        case .file, .commit:
            path = "/files/\(wheel(1))"
            upstream.set(path, .init(body: try ScriptedProject("good-01").files[0].bytes, gate: gate))
        }
        let before = upstream.requestedPaths.count { $0 == path }
        let program = try mirror.start(["verify", "--repair", "--json"])
        try wait { upstream.requestedPaths.count { $0 == path } > before }
        var held: HeldLock?
        if stage == .commit {
            held = try HeldLock(mirror.root.appending("lock.commit"))
            gate.open()
            try wait { held?.isWaitedFor ?? true }
        }
        program.signal(signal)
        // What waits for a lock is not interrupted, it is only the last thing that is done.
        if signal == SIGTERM { held = nil }
        let code = program.wait()
        let output = try mirror.startedOutput + mirror.startedErrors
        // What was found decides, since something was: damage is left, and perhaps something was repaired already.
        let codes: Set<Int32> = signal == SIGKILL ? [-1] : stage == .commit ? [8] : [1, 9]
        #expect(codes.contains(code), "\(code): \(output)")
        if signal == SIGTERM { #expect(output.contains("\"outcome\":\"interrupted\""), "\(output)") }
        gate.open()
        held = nil
        withExtendedLifetime(held) {}
        // The process that did the work is gone as well.
        withExtendedLifetime(try HeldLock(mirror.root.appending("lock"))) {}

        upstream.publish(try .good(8))
        let again = try mirror.verify("--repair")
        #expect([0, 8].contains(again.exitCode), "\(again)")
        #expect(again.report.objects("findings").allSatisfy { $0.text("outcome") == "repaired" }, "\(again)")
        #expect(try mirror.objectBytes() == good)
        #expect(try mirror.treeDigest == digest)
        let after = try mirror.verify()
        #expect(after.exitCode == 0, "\(after)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: mirror.root.appending("tmp").string) == [])
        // Each of the objects and records once, with one story.
        let kept = try mirror.quarantined.map { $0.drop { $0 != "-" }.dropFirst() }
        #expect(kept.count == 6 && Set(kept).count == 6, "\(kept)")
        #expect(kept.contains("good-03") && kept.contains("good-04"), "\(kept)")
        #expect(try mirror.stories.count == 6)
        #expect(try mirror.stories.allSatisfy { $0.text("outcome") == "repaired" })
    }
}
