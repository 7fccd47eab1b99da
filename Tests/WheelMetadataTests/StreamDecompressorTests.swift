import Gzip
import Testing

@Suite("gzip that comes in pieces") struct StreamDecompressorTests {
    private let text = Array(String(repeating: "<a href=\"x\">x</a>\n", count: 60).utf8)

    /// Unpacks pieces: what came out, and whether it was at an end.
    private func unpack(_ pieces: [ArraySlice<UInt8>]) throws(GzipError) -> (bytes: [UInt8], isAtEnd: Bool) {
        var decompressor = try StreamDecompressor(.gzip)
        var bytes: [UInt8] = []
        for piece in pieces {
            // Typed throws do not go through withUnsafeBytes of a slice.
            let result = Array(piece).withUnsafeBytes { (buffer) -> Result<[UInt8], GzipError> in
                var part: [UInt8] = []
                do throws(GzipError) {
                    try decompressor.unpack(buffer) { (out) throws(GzipError) in part += Array(out) }
                    return .success(part)
                } catch {
                    return .failure(error)
                }
            }
            bytes += try result.get()
        }
        return (bytes, decompressor.isAtEnd)
    }

    @Test("52: cut in two at every byte, of one member and of several, the same comes out")
    func everySplit() throws {
        var compressor = try GzipCompressor(level: 6)
        let one = try compressor.compress(text)
        let several = try compressor.compress(Array("ab".utf8)) + compressor.compress([]) + one
        for (packed, plain) in [(one, text), (several, Array("ab".utf8) + text)] {
            for position in 0...packed.count {
                let (bytes, isAtEnd) = try unpack([packed[..<position], packed[position...]])
                #expect(bytes == plain && isAtEnd, "cut at \(position)")
            }
            let (bytes, isAtEnd) = try unpack(packed.indices.map { packed[$0...$0] })
            #expect(bytes == plain && isAtEnd)
        }
    }

    @Test("52: whatever ends before its end is known to")
    func everyEnd() throws {
        var compressor = try GzipCompressor(level: 6)
        let packed = try compressor.compress(text)
        for count in 0..<packed.count {
            let (bytes, isAtEnd) = try unpack([packed[..<count]])
            #expect(!isAtEnd && text.starts(with: bytes), "cut at \(count)")
        }
    }

    @Test("52: damaged bytes never become another text")
    func damage() throws {
        var compressor = try GzipCompressor(level: 6)
        let packed = try compressor.compress(text)
        var state: UInt64 = 17
        for round in 0..<20_000 {
            var bytes = packed
            for _ in 0...round % 3 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes[Int(state >> 33) % bytes.count] ^= UInt8(truncatingIfNeeded: state >> 25) | 1
            }
            // What is changed in the header's time or system may well pass; the text may not.
            guard let (found, isAtEnd) = try? unpack([bytes[...]]), isAtEnd else { continue }
            #expect(found == text, "round \(round)")
        }
    }
}
