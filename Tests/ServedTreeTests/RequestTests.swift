import ServedTree
import Testing

@Suite("Paths and headers of requests") struct RequestTests {
    @Test(
        "A path is taken apart",
        arguments: [
            ("/", []), ("/simple/", ["simple", ""]), ("/simple/six", ["simple", "six"]), ("/a%20b?x=/y", ["a b"]),
            ("/%e2%82%ac/%2B+", ["€", "++"]), ("http://mirror.example:80/simple/?q", ["simple", ""]),
            ("/a#b", ["a"]), ("/%41", ["A"]),
        ]
    )
    func target(text: String, parts: [String]) {
        #expect(RequestTarget(text)?.parts == parts)
    }

    @Test(
        "A path that could lead elsewhere is none",
        arguments: [
            "", "*", "simple", "http://mirror.example", "/..", "/../x", "/a/./b", "/a//b", "//a", "/%2e%2e/x", "/a%2fb",
            "/a%00", "/%", "/%4", "/%4g", "/%c0%ae", "/%ff", "/a/%2E", "mirror.example:443",
        ]
    )
    func noTarget(text: String) {
        #expect(RequestTarget(text) == nil)
    }

    @Test("What a path is made of is what is found in it again")
    func written() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let parts = (0..<Int.random(in: 1...4)).map { _ in
                String(
                    String.UnicodeScalarView(
                        (0..<Int.random(in: 1...6)).map { _ in
                            Unicode.Scalar(UInt32.random(in: 1...0x2ff, using: &generator)) ?? "x"
                        }
                    )
                )
            }
            guard parts.allSatisfy({ !$0.contains("/") && $0 != "." && $0 != ".." }) else { continue }
            #expect(RequestTarget(RequestTarget.text(parts))?.parts == parts, "\(parts)")
        }
    }

    @Test(
        "The part of a file that a header asks for",
        arguments: [
            (nil, .whole), ("bytes=0-9", .part(0..<10)), ("bytes=5-", .part(5..<100)), ("bytes=-5", .part(95..<100)),
            ("bytes=-500", .part(0..<100)), ("bytes=99-99", .part(99..<100)), ("bytes=90-1000", .part(90..<100)),
            ("bytes=100-", .unsatisfiable), ("bytes=-0", .unsatisfiable), ("bytes=200-300", .unsatisfiable),
            ("bytes=9-5", .whole), ("bytes=1-2,4-5", .whole), ("bytes=-", .whole), ("items=0-1", .whole),
            ("bytes=a-b", .whole), ("bytes=99999999999999999999-", .unsatisfiable),
            ("bytes=0-99999999999999999999", .part(0..<100)), ("BYTES= 1 - 2 ", .part(1..<3)), ("bytes=--1", .whole),
        ] as [(String?, ByteRange)]
    )
    func range(header: String?, range: ByteRange) {
        #expect(ByteRange(header, of: 100) == range)
    }

    @Test("Of an empty file there is no part")
    func empty() {
        #expect(ByteRange("bytes=0-", of: 0) == .unsatisfiable)
        #expect(ByteRange("bytes=-1", of: 0) == .unsatisfiable)
        #expect(ByteRange(nil, of: 0) == .whole)
    }

    @Test(
        "Times are written as HTTP has them, and read back",
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (1_795_228_526, "Sat, 21 Nov 2026 02:35:26 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        ]
    )
    func date(seconds: Int64, text: String) {
        #expect(HTTPDate(seconds: seconds).text == text)
        #expect(HTTPDate(text)?.seconds == seconds)
    }

    @Test("Every day is read back")
    func days() {
        for day in stride(from: Int64(-20_000), through: 60_000, by: 7) {
            let date = HTTPDate(seconds: day * 86_400 + 12_345)
            #expect(HTTPDate(date.text) == date)
        }
    }

    @Test(
        "What is no time is ignored",
        arguments: [
            "", "yesterday", "Sun, 06 Nov 1994 08:49:37", "Sun, 32 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 25:00:00 GMT",
        ]
    )
    func noDate(text: String) {
        #expect(HTTPDate(text) == nil)
    }
}
