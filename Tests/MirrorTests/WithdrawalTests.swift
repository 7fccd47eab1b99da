import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// What nobody has any more is off the pages, answers 404, and is told until it is healed.
@Suite("Withdrawal of damaged objects") struct WithdrawalTests {
    private let upstream = ScriptedUpstream()
    private let mirror: TestMirror
    private let wheel = "good_01-1.0-py3-none-any.whl"

    init() throws {
        upstream.publish(try .good(4))
        mirror = try TestMirror(of: upstream.url, configuration: ["retries": "0"])
        let result = try mirror.sync()
        try #require(result.exitCode == 0, "\(result)")
    }

    /// Damages the wheel, lets upstream have no file, and repairs.
    private func withdraw() throws -> (object: FilePath, link: FilePath, digest: String?) {
        let object = try mirror.object(of: wheel, in: "good-01")
        let link = try mirror.link(of: wheel)
        let digest = try mirror.treeDigest
        try rewrite(object) { $0[0] ^= 1 }
        upstream.set("/files/\(wheel)", .failing("404 Not Found"))
        let result = try mirror.verify("--repair")
        #expect(result.exitCode == 1, "\(result)")
        #expect(result.report.objects("findings").map { $0.text("outcome") } == ["withdrawn"])
        return (object, link, digest)
    }

    private func expectGone(_ object: FilePath, _ link: FilePath) throws {
        #expect(try mirror.filenames("good-01") == [])
        #expect(!FileManager.default.fileExists(atPath: object.string))
        #expect(throws: (any Error).self) { try FileManager.default.destinationOfSymbolicLink(atPath: link.string) }
        let name = try #require(try mirror.quarantined.first)
        #expect(name.hasSuffix(object.lastComponent?.string ?? "-"))
        let story = try #require(try mirror.stories.first)
        #expect(story.text("outcome") == "withdrawn")
        #expect(story.text("class") == "digest-mismatch")
        #expect(story.text("file") == wheel)
        #expect(story.text("project") == "good-01")
        #expect(story.int("time") ?? 0 > 1_700_000_000)
    }

    @Test("It stays in the exit code until a sync has it again, though nothing changed upstream")
    func healedBySync() throws {
        let (object, link, digest) = try withdraw()
        try expectGone(object, link)
        for arguments in [[], ["--quick"], ["--content"]] {
            let result = try Larder.run(["verify", "--json", "--root", mirror.root.string] + arguments)
            #expect(result.exitCode == 1, "\(result)")
            #expect(result.report.objects("findings").map { $0.text("class") } == ["missing"])
            #expect(result.report.objects("findings").first?.text("file") == wheel)
        }
        // Still nobody has it, and nothing more is put into quarantine.
        let again = try mirror.verify("--repair")
        #expect(again.exitCode == 1, "\(again)")
        #expect(try mirror.stories.count == 1)
        #expect(try mirror.sync().exitCode == 3)
        upstream.publish(try .good(4))
        let sync = try mirror.sync()
        #expect(sync.exitCode == 0, "\(sync)")
        #expect(try mirror.treeDigest == digest)
        #expect(try mirror.filenames("good-01") == [wheel])
        let after = try mirror.verify()
        #expect(after.exitCode == 0, "\(after)")
        #expect(try mirror.quarantined.count == 1)
    }

    @Test("A later repair puts it back when a source has it") func restored() throws {
        let other = try TestMirror(of: upstream.url)
        #expect(try other.sync().exitCode == 0)
        let (_, _, digest) = try withdraw()
        let result = try mirror.verify("--repair", "--from", other.root.string)
        #expect(result.exitCode == 8, "\(result)")
        #expect(try mirror.treeDigest == digest)
        let after = try mirror.verify()
        #expect(after.exitCode == 0, "\(after)")
    }

    @Test("A story that cannot be read hides no other finding") func unreadableStory() throws {
        let (object, _, _) = try withdraw()
        let hex = String(repeating: "0123456789abcdef", count: 4)
        let story = try mirror.folder.write("mirror/quarantine/20240203T040506Z-\(hex).json", "")
        // More than any story has.
        try #require(truncate(story.string, 1 << 25) == 0)
        let result = try mirror.verify()
        #expect(result.exitCode == 5, "\(result)")
        let findings = result.report.objects("findings")
        #expect(findings.map { $0.text("class") } == ["io-error", "missing"], "\(result)")
        #expect(findings.first?.text("path") == "quarantine/20240203T040506Z-\(hex).json")
        #expect(findings.last?.text("object") == object.lastComponent?.string)
    }

    @Test("A client of the old page gets 404", .enabled(if: NginxServer.program != nil)) func notFound() throws {
        let server = try NginxServer.serving(mirror)
        let url = try #require(try mirror.page("good-01").objects("files").first?.text("url"))
        let path = url.replacing("../..", with: "")
        #expect(try server.get(path).status == 200)
        let (object, link, _) = try withdraw()
        try expectGone(object, link)
        #expect(try server.get(path).status == 404)
        #expect(try server.get("/simple/good-01/").status == 200)
    }

    @Test("An object of two projects leaves the pages of both") func shared() throws {
        var twin = try ScriptedProject("twin-b")
        var first = try ScriptedProject("twin-a")
        let bytes = Array("the same archive".utf8)
        first.files = [try .init(filename: "twin_a-1.0.tar.gz", bytes: bytes)]
        twin.files = [try .init(filename: "twin_b-1.0.tar.gz", bytes: bytes)]
        let all = try .good(4) + [first, twin]
        upstream.publish(all)
        #expect(try mirror.sync().exitCode == 0)
        let digest = try mirror.treeDigest
        let object = try mirror.object(of: "twin_a-1.0.tar.gz", in: "twin-a")
        #expect(try mirror.object(of: "twin_b-1.0.tar.gz", in: "twin-b") == object)
        try rewrite(object) { $0.append(0) }
        for file in ["twin_a-1.0.tar.gz", "twin_b-1.0.tar.gz"] {
            upstream.set("/files/\(file)", .failing("404 Not Found"))
        }
        let result = try mirror.verify("--repair")
        #expect(result.exitCode == 1, "\(result)")
        #expect(try mirror.filenames("twin-a") == [] && mirror.filenames("twin-b") == [])
        let next = try mirror.verify()
        #expect(next.exitCode == 1, "\(next)")
        #expect(
            Set(next.report.objects("findings").map { $0.text("file") }) == ["twin_a-1.0.tar.gz", "twin_b-1.0.tar.gz"]
        )
        upstream.publish(all)
        #expect(try mirror.sync().exitCode == 0)
        #expect(try mirror.treeDigest == digest)
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("A sidecar whose wheel is gone as well leaves with it, and both come back") func sidecarToo() throws {
        let digest = try mirror.treeDigest
        try rewrite(try mirror.sidecar(of: wheel)) { $0[0] ^= 1 }
        let (_, _, _) = try withdraw1(also: wheel + ".metadata")
        #expect(try mirror.filenames("good-01") == [])
        upstream.publish(try .good(4))
        #expect(try mirror.sync().exitCode == 0)
        #expect(try mirror.treeDigest == digest)
        #expect(try mirror.verify().exitCode == 0)
    }

    private func withdraw1(also path: String) throws -> (Int, Int, Int) {
        upstream.set("/files/\(path)", .failing("404 Not Found"))
        upstream.set("/files/\(wheel)", .failing("404 Not Found"))
        try rewrite(try mirror.object(of: wheel, in: "good-01")) { $0[0] ^= 1 }
        let result = try mirror.verify("--repair")
        #expect(result.exitCode == 1, "\(result)")
        #expect(result.report.objects("findings").map { $0.text("outcome") } == ["withdrawn", "withdrawn"])
        #expect(try mirror.stories.count == 2)
        return (0, 0, 0)
    }

    @Test("Nothing of a project that was taken off is published or asked for") func takenOff() throws {
        let object = try mirror.object(of: wheel, in: "good-01")
        upstream.remove("/simple/good-01/")
        upstream.list(try .good(4).filter { $0.name != "good-01" })
        #expect(try mirror.sync().exitCode == 0)
        upstream.remove("/files/\(wheel)")
        try rewrite(object) { $0[0] ^= 1 }
        let result = try mirror.verify("--repair")
        #expect(result.exitCode == 1, "\(result)")
        #expect(!(try mirror.listedProjects().contains("good-01")))
        let next = try mirror.verify()
        #expect(next.exitCode == 0, "\(next)")
        #expect(try mirror.run("status", "--json").report.int("lag.projects") == 0)
        // It comes back whole when upstream has it again.
        upstream.publish(try .good(4))
        #expect(try mirror.sync().exitCode == 0)
        #expect(try mirror.filenames("good-01") == [wheel])
        #expect(try mirror.verify().exitCode == 0)
    }

    @Test("An upstream that is down is no reason to go on serving wrong bytes") func upstreamDown() throws {
        let other = try TestMirror(of: "http://127.0.0.1:9/simple/")
        let folder = mirror.root
        try rewrite(try mirror.object(of: wheel, in: "good-01")) { $0[0] ^= 1 }
        let text = try String(contentsOfFile: folder.appending("larder.toml").string, encoding: .utf8)
        try text.replacing(upstream.url, with: "http://127.0.0.1:9/simple/")
            .write(toFile: folder.appending("larder.toml").string, atomically: true, encoding: .utf8)
        for number in 0..<4 { upstream.set("/files/good_0\(number)-1.0-py3-none-any.whl", .failing("503 Down")) }
        let result = try mirror.verify("--repair", "--from", other.root.string)
        #expect(result.exitCode == 1, "\(result)")
        #expect(result.report.objects("findings").first?.text("repair")?.contains("503") == true, "\(result)")
        #expect(try mirror.filenames("good-01") == [])
    }
}
