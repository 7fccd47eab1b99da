import Gzip
import Testing

@Suite struct GzipTests {
    @Test(arguments: [0, 1, 6, 9])
    func everythingComesBack(level: Int) throws {
        var compressor = try GzipCompressor(level: level)
        let large = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        for bytes in [Array("a page".utf8), [], large, [0]] {
            let compressed = try compressor.compress(bytes)
            #expect(try decompress(compressed, limit: bytes.count) == bytes)
        }
    }

    @Test func sameBytesSameOutput() throws {
        let page = Array(String(repeating: "<a href=\"x\">x</a>", count: 5000).utf8)
        var used = try GzipCompressor(level: 6)
        _ = try used.compress(Array("something before".utf8))
        var fresh = try GzipCompressor(level: 6)
        let compressed = try fresh.compress(page)
        #expect(try used.compress(page) == compressed)
        #expect(compressed.count < page.count / 20)
        // RFC 1952, 2.3: magic, deflate, no flags, no time; then the system, Unix.
        #expect(Array(compressed.prefix(8)) == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0])
        #expect(compressed[9] == 3)
    }

    @Test func bombIsRefused() throws {
        var compressor = try GzipCompressor(level: 9)
        let bomb = try compressor.compress([UInt8](repeating: 0, count: 10_000_000))
        #expect(throws: GzipError.tooLarge(limit: 9_999_999)) { try decompress(bomb, limit: 9_999_999) }
        #expect(throws: GzipError.tooLarge(limit: 0)) { try decompress(bomb, limit: 0) }
        #expect(try decompress(bomb, limit: 10_000_000).count == 10_000_000)
    }

    @Test func limitHoldsAcrossMembers() throws {
        var compressor = try GzipCompressor(level: 6)
        let members = try compressor.compress([1, 2]) + compressor.compress([3])
        #expect(try decompress(members, limit: 3) == [1, 2, 3])
        #expect(throws: GzipError.tooLarge(limit: 2)) { try decompress(members, limit: 2) }
    }

    @Test func damageIsNamed() throws {
        var compressor = try GzipCompressor(level: 6)
        let good = try compressor.compress(Array("some text, some text".utf8))
        #expect(throws: GzipError.truncated) { try decompress(Array(good.dropLast()), limit: 100) }
        #expect(throws: GzipError.truncated) { try decompress([], limit: 100) }
        #expect(throws: GzipError.corrupt("incorrect header check")) { try decompress([80, 75, 3, 4], limit: 100) }
        #expect(throws: GzipError.corrupt("incorrect header check")) { try decompress(good + [80, 75], limit: 100) }
        var flipped = good
        flipped[flipped.count - 6] ^= 1
        #expect(throws: GzipError.corrupt("incorrect data check")) { try decompress(flipped, limit: 100) }
    }

    @Test(arguments: [-1, 10, Int.min])
    func unknownLevelIsRefused(level: Int) {
        #expect(throws: GzipError.unsupportedLevel(level)) { _ = try GzipCompressor(level: level) }
    }
}
