import Digest
import Foundation
import SystemPackage
import TestSupport
import Testing

/// A damaged index is reported as damage, never as a crash, and never without an end.
@Suite("Damaged indexes") struct VerifyIndexTests {
    private let upstream = ScriptedUpstream()
    private let mirror: TestMirror
    private let file: FilePath
    private let original: [UInt8]

    init() throws {
        upstream.publish(try .good(40))
        mirror = try TestMirror(of: upstream.url)
        let result = try mirror.sync()
        try #require(result.exitCode == 0, "\(result)")
        file = mirror.root.appending("index/data.mdb")
        original = Array(try Data(contentsOf: URL(fileURLWithPath: file.string)))
    }

    private func write(_ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: file.string))
    }

    /// Verifies, and expects a report that fits its exit code.
    @discardableResult
    private func verify(_ what: String, _ arguments: String...) throws -> CommandResult {
        let result = try Larder.run(["verify", "--json", "--root", mirror.root.string] + arguments)
        let found = result.report.object["found"] as? [String: Int]
        let code = try #require(result.exitCode, "\(what): \(result)")
        #expect((0...7).contains(code), "\(what): \(result)")
        #expect((code == 0) == (found?.isEmpty == true), "\(what): \(result)")
        // All are counted, and the first 10,000 are listed; noise in a page can be any number of damaged rows.
        let total = try #require(found?.values.reduce(0, +), "\(what): \(result)")
        #expect(min(total, 10_000) == result.report.objects("findings").count, "\(what): exit code \(code)")
        return result
    }

    private func details(_ result: CommandResult) -> [String] {
        result.report.objects("findings").compactMap { $0.text("detail") }
    }

    @Test("Pages that are zeroed, flipped or noise")
    func pages() throws {
        var random = SystemRandomNumberGenerator()
        let pageSize = 4_096
        var found = 0
        for page in 0..<(original.count / pageSize) {
            var bytes = original
            let range = page * pageSize..<(page + 1) * pageSize
            let kind = page % 3
            switch kind {
            case 0: bytes.replaceSubrange(range, with: [UInt8](repeating: 0, count: pageSize))
            case 1: bytes[range.lowerBound + Int.random(in: 0..<64, using: &random)] ^= 0x11
            default: bytes.replaceSubrange(range, with: (0..<pageSize).map { _ in UInt8.random(in: 0...255) })
            }
            try write(bytes)
            let result = try verify("page \(page), damage \(kind)", "--index")
            if result.exitCode != 0 { found += 1 }
        }
        // What a repair withdrew is looked for in the index as well.
        let hex = String(repeating: "0123456789abcdef", count: 4)
        try mirror.folder.write("mirror/quarantine/20240203T040506Z-\(hex).json", "{}")
        for page in 0..<(original.count / pageSize) {
            var bytes = original
            bytes.replaceSubrange(
                page * pageSize..<(page + 1) * pageSize,
                with: [UInt8](repeating: 0, count: pageSize)
            )
            try write(bytes)
            try verify("page \(page), zeroed", "--quick", "--project", "good-00")
            try verify("page \(page), zeroed", "--quick")
        }
        // Some pages are free, or of the older of two states.
        #expect(found >= original.count / pageSize / 3)
        try write(original)
        #expect(try verify("mended").exitCode == 0)
    }

    @Test("Files that are cut short, empty or gone")
    func truncated() throws {
        for size in [0, 1, 100, 4_096, 8_192, 12_288, 20_480] {
            try write(Array(original[..<size]))
            let result = try verify("\(size) bytes")
            #expect((result.exitCode ?? 0) & 6 == 6, "\(size): \(result)")
            #expect(result.report.int("found.index-corrupt") ?? 0 > 0, "\(size): \(result)")
            #expect(details(result).contains { $0.hasSuffix("run larder rebuild") }, "\(size): \(result)")
        }
        try FileManager.default.removeItem(atPath: file.string)
        let gone = try verify("no file")
        #expect(gone.exitCode == 6, "\(gone)")
        // Nobody makes a new index in the place of a lost one.
        #expect(!FileManager.default.fileExists(atPath: file.string))
        try write(original)
        #expect(try verify("mended").exitCode == 0)
    }

    @Test("A page of any table whose rows seem to end behind the end of the file")
    func endlessRows() throws {
        // Something that nothing refers to, so that each table has rows.
        try mirror.configure("keep-generations", "0", in: "[publish]")
        for number in 30..<40 { upstream.remove("/simple/good-\(number)/") }
        upstream.list(try .good(30))
        #expect(try mirror.sync("--accept-removals").exitCode == 0)
        let collection = try mirror.run("gc", "--json")
        #expect(collection.report.int("marked.objects") == 20, "\(collection)")
        #expect(try mirror.sync("--no-publish").exitCode == 0)
        let original = Array(try Data(contentsOf: URL(fileURLWithPath: file.string)))
        // Reading further than this page goes ends a process.
        try #require(original.count < 1 << 20)
        var (found, dead) = (0, 0)
        for page in stride(from: 2 * 4_096, to: original.count, by: 4_096) {
            var bytes = original
            // Leaf pages; each row has its length first, then flags and the length of the key (mdb.c, MDB_node).
            guard bytes[page + 10] == 0x02 else { continue }
            let upper = Int(bytes[page + 12]) | Int(bytes[page + 13]) << 8
            for place in stride(from: page + 16, to: page + upper, by: 2) {
                let node = page + (Int(bytes[place]) | Int(bytes[place + 1]) << 8)
                guard bytes[node + 4] == 0 else { continue }
                bytes.replaceSubrange(node..<node + 4, with: [0xff, 0xff, 0x0f, 0x00])
            }
            guard bytes != original else { continue }
            try write(bytes)
            let number = page / 4_096
            let result = try verify("page \(number)", "--index")
            if result.exitCode != 0 {
                found += 1
                #expect(result.exitCode == 6 && details(result).count == 1, "\(result)")
                #expect(details(result).allSatisfy { $0.hasPrefix("page \(number): ") }, "\(result)")
            }
            // Without a look at the pages LMDB reads on to its end; some pages only another command reads.
            let quick = try verify("page \(number)", "--quick", "--publication")
            if details(quick).contains(where: { $0.contains("ended the program") && $0.contains("page \(number): ") }) {
                dead += 1
            }
        }
        // At least one page of each of projects, objects, published, views, meta and condemned; of projects, objects,
        // published and views.
        #expect(found >= 6)
        #expect(dead >= 4)
        try write(original)
    }

    @Test("A damaged row that a repair comes upon while it publishes is told among the findings")
    func damagedRowWithinRepair() throws {
        let name = Array("good-07".utf8)
        let key = try SHA256Digest.hash(name).bytes.prefix(16)
        // The key of the project in one table after the other, until it is that of what is published.
        for place in original.indices.dropLast(key.count) where original[place..<place + key.count].elementsEqual(key) {
            var bytes = original
            bytes[place + key.count - 1] ^= 1
            try write(bytes)
            guard
                details(try verify("byte \(place)", "--index")).contains(where: {
                    $0.contains("of table published is damaged")
                })
            else { continue }
            // So its link is one of nobody, and can be mended only by publishing again.
            let result = try verify("repair", "--repair")
            #expect(result.exitCode == 6, "\(result)")
            #expect(details(result).contains { $0.contains("of table published is damaged") }, "\(result)")
            return
        }
        Issue.record("no row of what is published")
    }

    @Test("A verification that dies of something else is no damage of the index", arguments: [SIGCONT, SIGKILL])
    func otherDeath(_ signal: Int32) throws {
        var held: HeldLock? = try HeldLock(mirror.root.appending("lock.index"))
        let verification = try mirror.start(["verify", "--json"])
        let worker = try #require(try child(of: verification, other: nil))
        while held?.isWaitedFor != true { usleep(10_000) }
        kill(worker, SIGSEGV)
        let probe = try #require(try child(of: verification, other: worker))
        kill(probe, signal)
        held = nil
        #expect(verification.wait() == 70)
        let errors = try mirror.startedErrors
        #expect(errors.contains(signal == SIGKILL ? "could not be told" : "the index is sound"), "\(errors)")
    }

    /// The process that another one started, once there is one; `nil` when it ended without.
    private func child(of parent: BackgroundProgram, other: Int32?) throws -> Int32? {
        while parent.isRunning {
            for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/\(parent.id)/task") {
                let path = "/proc/\(parent.id)/task/\(name)/children"
                let children = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
                if let child = children.split(separator: " ").compactMap({ Int32($0) }).first(where: { $0 != other }) {
                    return child
                }
            }
            usleep(10_000)
        }
        return nil
    }

    @Test("A mirror in which nothing is yet has nothing to lose")
    func fresh() throws {
        let fresh = try TestMirror(of: upstream.url)
        let result = try fresh.verify()
        #expect(result.exitCode == 0, "\(result)")
    }

    @Test("Damage is told to people as well")
    func text() throws {
        try write(Array(original[..<20_480]))
        let result = try mirror.run("verify", "--quiet")
        #expect(result.exitCode == 6)
        #expect(result.output.isEmpty)
        #expect(result.errors.contains("larder verify: index-corrupt: index"))
    }

    @Test("A record that the index does not know")
    func unknownRecord() throws {
        let records = mirror.root.appending("records").string
        let path = try #require(
            FileManager.default.subpathsOfDirectory(atPath: records).first { $0.hasSuffix(".json") }
        )
        // The project of the same digits, for which there is no row.
        try mirror.folder.write("mirror/records/\(path.prefix(2))/unheard-of.json", "{}")
        let result = try verify("a record", "--index")
        #expect(result.exitCode == 2, "\(result)")
        #expect(result.report.objects("findings").map { $0.text("project") } == ["unheard-of"])
    }
}
