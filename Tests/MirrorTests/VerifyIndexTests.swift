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
            let details = result.report.objects("findings").compactMap { $0.text("detail") }
            #expect(details.contains { $0.hasSuffix("run larder rebuild") }, "\(size): \(result)")
        }
        try FileManager.default.removeItem(atPath: file.string)
        let gone = try verify("no file")
        #expect(gone.exitCode == 6, "\(gone)")
        // Nobody makes a new index in the place of a lost one.
        #expect(!FileManager.default.fileExists(atPath: file.string))
        try write(original)
        #expect(try verify("mended").exitCode == 0)
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
