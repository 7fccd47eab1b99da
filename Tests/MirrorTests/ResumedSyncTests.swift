import Digest
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// Large files whose download breaks off: the sync goes on with them, now or later.
@Suite("Syncs that go on with parts of files") struct ResumedSyncTests {
    private static let half = 2 << 20

    private let upstream = ScriptedUpstream()
    private let file: ScriptedProject.File

    init() throws {
        let bytes = (0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        file = try ScriptedProject.File(filename: "large-1.0.tar.gz", bytes: bytes)
        var project = try ScriptedProject("large")
        project.files = [file]
        upstream.publish([project])
    }

    private func mirror(retries: Int) throws -> TestMirror {
        try TestMirror(of: upstream.url, projects: ["large"], configuration: ["retries": "\(retries)"])
    }

    private var broken: ScriptedUpstream.Reply { .init(body: file.bytes, breaksAfter: Self.half) }
    private var whole: ScriptedUpstream.Reply { .init(body: file.bytes, servesRanges: true) }

    /// The names in `tmp/`.
    private func staged(_ mirror: TestMirror) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: mirror.root.appending("tmp").string).sorted()
    }

    /// The requests for the file.
    private var requests: [ServerRequest] { upstream.requests.filter { $0.path.hasSuffix(file.filename) } }

    private func expectWhole(_ mirror: TestMirror) throws {
        #expect(try mirror.filenames("large") == [file.filename])
        let object = try mirror.object(of: file.filename, in: "large")
        #expect(try Data(contentsOf: URL(fileURLWithPath: object.string)) == Data(file.bytes))
        #expect(try staged(mirror).isEmpty)
        let verification = try mirror.verify()
        #expect(verification.exitCode == 0, "\(verification)")
    }

    @Test("50: in the same sync") func sameSync() throws {
        upstream.set("/files/\(file.path)", broken, whole)
        let mirror = try mirror(retries: 2)
        let sync = try mirror.sync()
        #expect(sync.exitCode == 0, "\(sync)")
        #expect(sync.report.int("transfer.resumptions") == 1)
        #expect(sync.report.int("transfer.retriesByCause.broken") == 1)
        #expect(requests.map { $0.header("Range") } == [nil, "bytes=\(Self.half)-"])
        #expect(requests.last?.header("If-Range") == ScriptedUpstream.tag(of: file.bytes))
        try expectWhole(mirror)
    }

    @Test("50: in the next sync, after the part was hashed again") func nextSync() throws {
        upstream.set("/files/\(file.path)", broken, whole)
        let mirror = try mirror(retries: 0)
        #expect(try mirror.sync().exitCode == 3)
        let part = file.claimedDigest + ".partial"
        #expect(try staged(mirror) == [part, part + ".validator"])
        #expect(FileManager.default.contents(atPath: mirror.root.appending("tmp/\(part)").string)?.count == Self.half)
        let sync = try mirror.sync()
        #expect(sync.exitCode == 0, "\(sync)")
        #expect(requests.map { $0.header("Range") } == [nil, "bytes=\(Self.half)-"])
        #expect(requests.last?.header("If-Range") == ScriptedUpstream.tag(of: file.bytes))
        try expectWhole(mirror)
    }

    @Test("13, 50: a part that was damaged meanwhile is found out, and the file is fetched anew") func damaged() throws
    {
        upstream.set("/files/\(file.path)", broken, whole)
        let mirror = try mirror(retries: 1)
        try mirror.configure("retries", "0")
        #expect(try mirror.sync().exitCode == 3)
        let part = mirror.root.appending("tmp").appending(file.claimedDigest + ".partial")
        let handle = try #require(FileHandle(forUpdatingAtPath: part.string))
        try handle.seek(toOffset: 1_000)
        try handle.write(contentsOf: Data("damaged".utf8))
        try handle.close()
        try mirror.configure("retries", "1")
        let sync = try mirror.sync()
        #expect(sync.exitCode == 0, "\(sync)")
        #expect(requests.map { $0.header("Range") } == [nil, "bytes=\(Self.half)-", nil])
        try expectWhole(mirror)
    }

    @Test("5, 50: killed while the file comes") func killed() throws {
        upstream.set("/files/\(file.path)", .init(body: file.bytes, stallsAfter: Self.half), whole)
        let mirror = try mirror(retries: 0)
        let program = try mirror.start(["sync"])
        let part = mirror.root.appending("tmp").appending(file.claimedDigest + ".partial").string
        var size = 0
        for _ in 0..<20_000 where size < 1 << 20 {
            size = (try? FileManager.default.attributesOfItem(atPath: part)[.size] as? Int) ?? 0
            usleep(1_000)
        }
        program.signal(SIGKILL)
        program.wait()
        #expect(size >= 1 << 20)
        let sync = try mirror.sync()
        #expect(sync.exitCode == 0, "\(sync)")
        let range = try #require(requests.last?.header("Range"))
        #expect(try #require(Int(range.dropFirst("bytes=".count).dropLast())) >= 1 << 20)
        try expectWhole(mirror)
    }

    @Test("32: interrupted while the file comes, a sync keeps the part; nobody's part is swept after seven days")
    func interrupted() throws {
        upstream.set("/files/\(file.path)", .init(body: file.bytes, stallsAfter: Self.half), whole)
        let mirror = try mirror(retries: 0)
        let program = try mirror.start(["sync"])
        let tmp = mirror.root.appending("tmp")
        let part = tmp.appending(file.claimedDigest + ".partial").string
        for _ in 0..<20_000 where !FileManager.default.fileExists(atPath: part) { usleep(1_000) }
        program.signal(SIGINT)
        #expect(program.wait() == 130)
        #expect(try staged(mirror).first == file.claimedDigest + ".partial")
        for (letter, age) in [("a", 6.0), ("b", 8.0)] {
            let path = tmp.appending(String(repeating: letter, count: 64) + ".partial").string
            try Data("part".utf8).write(to: URL(fileURLWithPath: path))
            let date = Date(timeIntervalSinceNow: -age * 86_400)
            try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: path)
        }
        #expect(try mirror.sync().exitCode == 0)
        #expect(try staged(mirror) == [String(repeating: "a", count: 64) + ".partial"])
    }

    @Test("50: two projects that have the same file do not write to the same part") func shared() throws {
        var other = try ScriptedProject("other")
        other.files = [try ScriptedProject.File(filename: "other-1.0.tar.gz", bytes: file.bytes)]
        upstream.publish(other)
        upstream.set("/files/\(file.path)", .init(body: file.bytes, delay: 300_000))
        upstream.set("/files/other-1.0.tar.gz", .init(body: file.bytes, delay: 300_000))
        let mirror = try TestMirror(of: upstream.url, projects: ["large", "other"])
        let sync = try mirror.sync()
        #expect(sync.exitCode == 0, "\(sync)")
        try expectWhole(mirror)
    }

    @Test("50: what is about to be committed is nobody's part any more", arguments: [50_000, 150_000, 250_000])
    func committing(delay: UInt32) throws {
        var other = try ScriptedProject("other")
        other.files = [try ScriptedProject.File(filename: "other-1.0.tar.gz", bytes: Array(file.bytes.dropLast()))]
        // Another page says that the same bytes are one less: that part is not what it has.
        other.files[0].claimedDigest = file.claimedDigest
        upstream.publish(other)
        var page = other.page
        page.delay = delay
        upstream.set("/simple/other/", page)
        let mirror = try TestMirror(of: upstream.url, projects: ["large", "other"])
        let sync = try mirror.sync()
        #expect(sync.exitCode == 3 && sync.report.int("files.failed") == 1, "\(sync)")
        try expectWhole(mirror)
    }
}
