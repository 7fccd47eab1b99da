import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// The flags of `larder verify`, and how it ends early.
@Suite("Flags of verify") struct VerifyFlagTests {
    private let upstream = ScriptedUpstream()
    private let mirror: TestMirror

    init() throws {
        upstream.publish(try .good(8))
        mirror = try TestMirror(of: upstream.url)
        let result = try mirror.sync()
        try #require(result.exitCode == 0, "\(result)")
    }

    private func object(_ number: Int) throws -> FilePath {
        try mirror.object(of: "good_0\(number)-1.0-py3-none-any.whl", in: "good-0\(number)")
    }

    @Test("Only what some projects refer to is looked at, in every mode")
    func projects() throws {
        try FileManager.default.removeItem(atPath: try object(1).string)
        try mirror.folder.write("mirror/objects/01/notes", "nobody's")
        for mode in ["--quick", "--content", "--publication", "--index"] {
            let other = try mirror.verify(mode, "--project", "good-02", "--project", "Good_03")
            #expect(other.exitCode == 0, "\(mode): \(other)")
        }
        let both = try mirror.verify("--project", "good-02", "--project", "good-03")
        #expect(both.exitCode == 0, "\(both)")
        #expect(both.report.int("checked.objects") == 4)
        #expect(both.report.int("checked.hashed") == 4)
        let damaged = try mirror.verify("--quick", "--project", "good-01")
        #expect(damaged.exitCode == 1, "\(damaged)")
        #expect(damaged.report.int("found.missing") == 1)
        let all = try mirror.verify("--quick")
        #expect(all.exitCode == 3, "\(all)")
        #expect(all.report.int("found.orphan") == 1)
    }

    @Test("A record of another time than the index is told by the mode that looks at the index, and no other fails")
    func otherRecord() throws {
        let path = try mirror.record(of: "good-01")
        let other = try TestMirror(of: upstream.url)
        upstream.publish(try .good(8) + [ScriptedProject("good-01", versions: ["1.0", "2.0"])])
        #expect(try other.sync().exitCode == 0)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: try other.record(of: "good-01").string))
        try rewrite(path) { $0 = Array(bytes) }
        for (modes, count) in [(["--quick", "--content"], 0), (["--publication"], 0), (["--index"], 1), ([], 1)] {
            let arguments = ["verify", "--json", "--root", mirror.root.string, "--project", "good-01"] + modes
            let result = try Larder.run(arguments)
            #expect(result.exitCode == (count == 0 ? 0 : 2), "\(modes): \(result)")
            #expect(result.report.objects("findings").compactMap { $0.text("class") }.count == count)
            #expect(result.report.objects("findings").allSatisfy { $0.text("class") == "index-dangling" })
        }
    }

    @Test("No mode passes over a project whose record cannot be used", arguments: ["damaged", "gone"])
    func uselessRecord(damage: String) throws {
        let path = try mirror.record(of: "good-01")
        switch damage {
        case "damaged": try rewrite(path) { $0.replace("good_01".utf8, with: "good_02".utf8) }
        default: try FileManager.default.removeItem(atPath: path.string)
        }
        let kind = "record-corrupt"
        for modes in [["--content"], ["--quick"], ["--publication"], ["--quick", "--content", "--publication"], []] {
            let arguments = ["verify", "--json", "--root", mirror.root.string, "--project", "good-01"] + modes
            let result = try Larder.run(arguments)
            #expect(result.exitCode == 1, "\(modes): \(result)")
            let findings = result.report.objects("findings")
            // Once, whatever comes across it.
            #expect(findings.map { $0.text("class") } == [kind], "\(modes): \(result)")
            #expect(findings.first?.text("project") == "good-01")
        }
        let all = try mirror.verify("--publication")
        #expect(all.report.objects("findings").map { $0.text("class") } == [kind], "\(all)")
    }

    @Test("Nothing is published of a project when the document root is gone") func noDocumentRoot() throws {
        try FileManager.default.removeItem(atPath: mirror.root.appending("web").string)
        let result = try mirror.verify("--publication", "--project", "good-01")
        #expect(result.exitCode == 2, "\(result)")
        #expect(result.report.objects("findings").map { $0.text("path") } == ["web"])
    }

    @Test(
        "What makes no sense ends with 64",
        arguments: [
            ["--project", "nobody"], ["--project", "-"], ["--max-time", "soon"], ["--max-age", "1y"],
            ["--max-rate", "fast"], ["--sample", "5"], ["--sample", "101%"],
        ]
    )
    func nonsense(arguments: [String]) throws {
        let result = try Larder.run(["verify", "--root", mirror.root.string] + arguments)
        #expect(result.exitCode == 64, "\(result)")
        #expect(!result.errors.isEmpty)
    }

    @Test("A run whose time is up says so, ends with 0, and the next one goes on")
    func maximumTime() throws {
        var hashed = 0
        var runs = 0
        repeat {
            // Objects of some 1 kB: the burst of a second and what comes in another.
            let result = try mirror.verify("--content", "--max-rate", "2kB", "--max-time", "1", "--max-age", "0")
            #expect(result.exitCode == 0, "\(result)")
            #expect(result.report.text("outcome") == "complete")
            hashed += result.report.int("checked.hashed") ?? 0
            runs += 1
            if result.report.object["stopped"] as? Bool == false { break }
        } while runs < 3
        #expect(hashed > 0)
        let all = try mirror.verify("--content", "--max-age", "0")
        #expect(all.report.int("checked.hashed") == 16)
        #expect(all.report.object["stopped"] as? Bool == false)
        #expect(all.report.int("coverage.percent") == 100)
        #expect(try mirror.run("status", "--json").report.int("verify.percent") == 100)
    }

    @Test("Age, rate and share from the command line and from larder.toml")
    func bounds() throws {
        #expect(try mirror.verify("--content", "--max-age", "1d").report.int("checked.hashed") == 0)
        #expect(try mirror.verify("--content", "--sample", "0%").report.int("checked.hashed") == 0)
        #expect(try mirror.verify("--content", "--sample", "100%").report.int("checked.hashed") == 16)
        try mirror.configure("max-age", "\"1d\"")
        let result = try mirror.verify()
        #expect(result.report.int("checked.hashed") == 0)
        #expect(result.report.int("checked.objects") == 16)
        #expect(result.report.int("coverage.percent") == 100)
        #expect(try mirror.verify("--content", "--max-age", "0").report.int("checked.hashed") == 16)
    }

    /// Starts a verification that takes long, and waits until it has begun to hash.
    private func startLong() throws -> BackgroundProgram {
        let program = try mirror.start(["verify", "--json", "--content", "--max-rate", "500B"])
        let deadline = ContinuousClock.now + .seconds(120)
        while try children(of: program.id).isEmpty, ContinuousClock.now < deadline { usleep(20_000) }
        return program
    }

    private func children(of id: pid_t) throws -> [pid_t] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter { child in
            let status = (try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)) ?? ""
            // The parent is the second field behind the name, which is in parentheses.
            return status.split(separator: ")").last?.split(separator: " ").dropFirst().first == "\(id)"
        }
    }

    private func exists(_ id: pid_t) -> Bool {
        let status = (try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)) ?? ""
        return !status.isEmpty && !status.contains(") Z ")
    }

    @Test("An interruption reaches the one who works, and ends with a report and 130")
    func interrupted() throws {
        for signal in [SIGINT, SIGTERM] {
            let program = try startLong()
            usleep(500_000)
            program.signal(signal)
            #expect(program.wait() == 130)
            let text = try mirror.startedOutput
            // Before it has opened the mirror it has nothing to tell.
            if !text.isEmpty { #expect(text.contains("\"outcome\":\"interrupted\"")) }
        }
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("Nobody goes on working when the one who was started is killed")
    func killed() throws {
        let program = try startLong()
        let workers = try children(of: program.id)
        #expect(workers.count == 1)
        program.signal(SIGKILL)
        program.wait()
        let deadline = ContinuousClock.now + .seconds(60)
        while workers.contains(where: exists), ContinuousClock.now < deadline { usleep(10_000) }
        #expect(!workers.contains(where: exists))
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("Nothing that a sync does meanwhile is a finding")
    func concurrentSyncs() throws {
        var projects = try [ScriptedProject].good(8)
        for round in 1...4 {
            projects[0] = try ScriptedProject("good-00", versions: (0...round).map { "1.\($0)" })
            projects[0].serial = 10 + round
            projects += try .good(4, prefix: "more-\(round)")
            upstream.publish(projects)
            let sync = try mirror.start(["sync"])
            while sync.isRunning {
                let result = try mirror.verify()
                #expect(result.exitCode == 0, "\(result)")
            }
            #expect(sync.wait() == 0)
        }
        #expect(try mirror.verify().exitCode == 0)
    }
}
