import Testing
import Transfer

@Suite("Content-Range")
struct ContentRangeTests {
    @Test(
        "50: a part says its first and last byte, and the size of the whole if it is known",
        arguments: [
            ("bytes 5-9/10", 5, 9, 10), ("bytes 0-0/1", 0, 0, 1), ("BYTES 0-4/*", 0, 4, nil),
            ("bytes 0-18446744073709551614/18446744073709551615", 0, .max - 1, .max),
            ("bytes 007-8/0010", 7, 8, 10),
        ] as [(String, UInt64, UInt64, UInt64?)]
    )
    func good(text: String, first: UInt64, last: UInt64, size: UInt64?) throws {
        let range = try #require(ContentRange(text))
        #expect(range.first == first && range.last == last && range.size == size)
    }

    @Test(
        "50: what is no part, or contradicts itself, is none",
        arguments: [
            "", " ", "bytes", "bytes ", "bytes */10", "bytes 5-9", "bytes 5-9/", "bytes 5-/10", "bytes -9/10",
            "bytes 9-5/10", "bytes 5-10/10", "bytes 5-9/5", "items 5-9/10", "5-9/10", "bytes 5-9/10/11",
            "bytes 5-9-10/11", "bytes 5 - 9/10", "bytes 5-9 /10", "bytes 5-9/ 10", "bytes=5-9/10", "bytes 0x5-9/10",
            "bytes 5-18446744073709551616/*", "bytes -5--1/10", "bytes 5-9/**", "bytes ٥-٩/١٠", "bytes 5-9/10,bytes",
            "bytes 5-9/-10",
        ]
    )
    func bad(text: String) {
        #expect(ContentRange(text) == nil)
    }

    @Test("50: a sign is no digit", arguments: ["bytes +5-9/10", "bytes 5-+9/10", "bytes 5-9/+10"])
    func signs(text: String) {
        #expect(ContentRange(text) == nil)
    }

    @Test("50: any part that can be written is read as it was written; any bytes are read or refused")
    func random() {
        var generator = SeededGenerator(state: 9)
        for _ in 0..<5_000 {
            let first = UInt64.random(in: 0...(.max >> UInt64.random(in: 1..<64, using: &generator)), using: &generator)
            let last = first + UInt64.random(in: 0...1_000, using: &generator)
            let size = Bool.random(using: &generator) ? last + UInt64.random(in: 1...1_000, using: &generator) : nil
            let text = "bytes \(first)-\(last)/\(size.map(String.init) ?? "*")"
            let range = ContentRange(text)
            #expect(range?.first == first && range?.last == last && range?.size == size)

            var bytes = Array(text.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            guard let other = ContentRange(String(decoding: bytes, as: UTF8.self)) else { continue }
            #expect(other.first <= other.last && other.size.map { other.last < $0 } ?? true)
        }
    }
}
