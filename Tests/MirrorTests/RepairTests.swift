import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Damaged objects are repaired to the same bytes, from wherever they can be had (I11).
@Suite("Repair of objects") struct RepairTests {
    /// Where good bytes come from.
    enum Source: String, CaseIterable {
        case upstream
        case root
        case url
    }

    private let upstream = ScriptedUpstream()
    private let mirror: TestMirror

    init() throws {
        mirror = try .ofGoodProjects(from: upstream)
    }

    private func wheel(_ number: Int) -> String { "good_0\(number)-1.0-py3-none-any.whl" }

    private func object(_ number: Int) throws -> FilePath {
        try mirror.object(of: wheel(number), in: "good-0\(number)")
    }

    /// Damages five objects, one in each way.
    private func damage() throws {
        try FileManager.default.removeItem(atPath: try object(0).string)
        try rewrite(try object(1)) { $0.removeLast() }
        try rewrite(try object(2)) { $0.append(0) }
        try rewrite(try object(3)) { $0[$0.count / 2] ^= 1 }
        try #require(chmod(try object(4).string, 0o644) == 0)
        try rewrite(try mirror.sidecar(of: wheel(5))) { $0[0] ^= 1 }
    }

    private func takeUpstreamAway() {
        for number in 0..<8 {
            upstream.remove("/files/\(wheel(number))")
            upstream.remove("/files/\(wheel(number)).metadata")
        }
    }

    @Test("Every class of damage, from each source", arguments: Source.allCases) func repaired(source: Source) throws {
        let good = try mirror.objectBytes()
        let digest = try mirror.treeDigest
        let other = try TestMirror(of: upstream.url)
        #expect(try other.sync().exitCode == 0)
        var arguments = ["--repair"]
        var server: NginxServer?
        switch source {
        case .upstream: break
        case .root:
            takeUpstreamAway()
            arguments += ["--from", other.root.string]
        case .url:
            guard NginxServer.program != nil else { return }
            takeUpstreamAway()
            let nginx = try NginxServer.serving(other)
            arguments += ["--from", nginx.url("/simple/")]
            server = nginx
        }
        try damage()
        let plan = try Larder.run(["verify", "--json", "--root", mirror.root.string] + arguments + ["--dry-run"])
        #expect(plan.exitCode == 1, "\(plan)")
        #expect(plan.report.objects("findings").allSatisfy { $0.text("outcome") == "left" && $0.has("repair") })
        #expect(try mirror.quarantined == [])
        let result = try Larder.run(["verify", "--json", "--root", mirror.root.string] + arguments)
        #expect(result.exitCode == 8, "\(result)")
        #expect(result.report.text("outcome") == "complete")
        let findings = result.report.objects("findings")
        #expect(findings.allSatisfy { $0.text("outcome") == "repaired" }, "\(result)")
        #expect(result.report.int("repaired") == findings.count)
        let kinds = Set(findings.map { $0.text("class") ?? "" })
        #expect(kinds.isSuperset(of: ["missing", "short", "long", "digest-mismatch", "bad-mode"]))
        #expect(try mirror.objectBytes() == good)
        #expect(try mirror.treeDigest == digest)
        // What was there is kept, but for what was missing; each has its story.
        #expect(try mirror.quarantined.count == 4)
        let stories = try mirror.stories
        #expect(stories.count == 4)
        #expect(stories.allSatisfy { $0.text("outcome") == "repaired" && $0.text("object")?.count == 64 })
        #expect(Set(stories.map { $0.text("project") }) == ["good-01", "good-02", "good-03", "good-05"])
        let next = try mirror.verify()
        #expect(next.exitCode == 0, "\(next)")
        #expect(try mirror.run("status", "--json").report.int("verify.findings") == 0)
        if source != .upstream { #expect(upstream.requestedPaths.count { $0.hasPrefix("/files/") } == 32) }
        withExtendedLifetime(server) {}
    }

    @Test("Bytes that have another digest are never placed, whoever gives them") func lies() throws {
        let other = try TestMirror(of: upstream.url)
        #expect(try other.sync().exitCode == 0)
        let path = try object(3)
        let name = path.string.replacing(mirror.root.string, with: "")
        try rewrite(FilePath(other.root.string + name)) { $0[1] ^= 1 }
        upstream.set("/files/\(wheel(3))", .init(body: Array("not what it should be".utf8)))
        try rewrite(path) { $0[0] ^= 1 }
        let result = try mirror.verify("--repair", "--from", other.root.string)
        #expect(result.exitCode == 1, "\(result)")
        #expect(result.report.objects("findings").map { $0.text("outcome") } == ["withdrawn"])
        #expect(!FileManager.default.fileExists(atPath: path.string))
        #expect(try mirror.filenames("good-03") == [])
    }

    @Test("A sidecar is had from its wheel when nobody else has it") func sidecarFromWheel() throws {
        takeUpstreamAway()
        let good = try mirror.objectBytes()
        try rewrite(try mirror.sidecar(of: wheel(1))) { $0 = [] }
        let result = try mirror.verify("--repair")
        #expect(result.exitCode == 8, "\(result)")
        #expect(try mirror.objectBytes() == good)
    }

    @Test("Readers of an object see old bytes or new ones, and never none") func readers() throws {
        let path = try object(2).string
        let good = try Data(contentsOf: URL(fileURLWithPath: path))
        try rewrite(FilePath(path)) { $0[0] ^= 0xFF }
        let bad = try Data(contentsOf: URL(fileURLWithPath: path))
        let program = try mirror.start(["verify", "--repair", "--json"])
        var reads = 0
        while program.isRunning {
            let found = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(found == good || found == bad)
            reads += 1
        }
        program.wait()
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == good)
        #expect(reads > 0)
    }

    @Test("Nothing is repaired while another command changes the mirror") func locked() throws {
        try rewrite(try object(2)) { $0[0] ^= 1 }
        upstream.set("/simple/good-07/", .init(delay: 3_000_000))
        try mirror.configure("connections", "10")
        let sync = try mirror.start(["sync", "good-07"])
        while !upstream.requestedPaths.suffix(1).contains("/simple/good-07/") { usleep(10_000) }
        let result = try mirror.verify("--repair")
        #expect(result.exitCode == 75, "\(result)")
        #expect(try mirror.quarantined == [])
        sync.wait()
        #expect(try mirror.verify("--repair").exitCode == 8)
    }

    @Test("What stops a repair hides neither what was found nor what was done") func stopped() throws {
        try #require(chmod(try object(4).string, 0o644) == 0)
        try rewrite(try object(2)) { $0[0] ^= 1 }
        let quarantine = mirror.root.appending("quarantine").string
        try FileManager.default.removeItem(atPath: quarantine)
        try Data().write(to: URL(fileURLWithPath: quarantine))
        let result = try mirror.verify("--repair")
        #expect(result.exitCode == 74, "\(result)")
        #expect(result.report.text("outcome") == "failed")
        #expect(result.report.text("error")?.contains("quarantine") == true, "\(result)")
        #expect(result.report.int("repaired") == 1)
        let findings = result.report.objects("findings")
        #expect(findings.map { $0.text("class") } == ["bad-mode", "digest-mismatch"])
        #expect(findings.map { $0.text("outcome") } == ["repaired", "left"])
        #expect(findings.last?.text("repair")?.contains("stopped") == true, "\(result)")
        let text = try mirror.run("verify", "--repair")
        #expect(text.exitCode == 74, "\(text)")
        #expect(text.errors.contains("digest-mismatch") && text.output.contains("coverage: 93.7 %"), "\(text)")
        #expect(try mirror.run("status").output.contains("checked     93.7 % of the objects, the oldest check"))
        try FileManager.default.removeItem(atPath: quarantine)
        #expect(try mirror.verify("--repair").exitCode == 8)
    }

    @Test("A source that is no mirror or no URL is refused before anything is looked at") func wrongSource() throws {
        #expect(try mirror.verify("--repair", "--from", "/nowhere/at/all").exitCode == 66)
        #expect(try mirror.verify("--repair", "--from", "gopher://index.example/").exitCode == 64)
        #expect(try mirror.verify("--from", "/nowhere").exitCode == 64)
        #expect(try mirror.verify("--dry-run").exitCode == 64)
    }
}
