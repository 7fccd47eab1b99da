import TOML
import Testing

/// What is refused, whatever it is, with its place.
@Suite struct TOMLErrorTests {
    private func failure(_ bytes: [UInt8]) -> TOMLError? {
        do throws(TOMLError) {
            _ = try TOMLDocument(bytes)
            return nil
        } catch {
            return error
        }
    }

    private func place(_ text: String) -> String? {
        failure(Array(text.utf8)).map { "\($0.position.line):\($0.position.column)" }
    }

    @Test func whatIsWrongIsTold() throws {
        let error = try #require(failure(Array("a = 1\nb = 7d\n".utf8)))
        #expect(error.message == "in decimal integer: expected digit, saw 'd'")
        #expect(error.description == "not TOML that can be read: \(error.message) (line 2, column 6)")
    }

    /// Input that set off assertions of toml++.
    @Test(arguments: [
        ("[é]", "1:2"), ("[.x]", "1:2"), ("[ é ]", "1:3"), ("[#", "1:2"), ("a = [}", "1:6"),
        ("a = 1\n\n  [[ é ]]", "3:6"),
        ("a = [1, # x\n}", "2:1"), ("[\r\n]", "1:2"), ("x = 1979-05-27Tx", "1:5"), ("é = 1", "1:1"), ("a = é", "1:5"),
        ("a = ҙ", "1:5"), ("[[[", "1:3"), ("x = 1979-05-27T", "1:5"),
    ])
    func assertionsAreErrors(_ text: String, place expected: String) {
        #expect(place(text) == expected)
    }

    @Test(arguments: [
        ("a", "1:2"), ("a =", "1:4"), ("a = \n", "1:5"), ("a = \"x", "1:7"), ("[a", "1:3"), ("a = 1\na = 2", "2:5"),
        ("a = 1\n[a]", "2:1"), ("a = { b = 1,\n }", "1:13"), ("a = 9223372036854775808", "1:24"),
        ("a = 1979-02-30", "1:15"),
        ("a = 01", "1:7"), ("a = \"\\q\"", "1:7"), ("a = 'x\0'", "1:7"), ("a = {}\n[a.b]", "2:6"),
    ])
    func whatTheFormatForbidsIsRefused(_ text: String, place expected: String) {
        #expect(place(text) == expected)
    }

    @Test(
        arguments: [
            [0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
            [0xFE, 0xFF, 0x00, 0x61],
        ] as [[UInt8]]
    )
    func whatIsNotUTF8IsRefused(_ bytes: [UInt8]) {
        #expect(failure(bytes)?.position.line == 1)
        #expect(failure(Array("a = 1\nb = \"".utf8) + bytes + Array("\"\n".utf8))?.position.line == 2)
        #expect(failure(Array("a = 1\n# ".utf8) + bytes)?.position.line == 2)
    }

    @Test func valuesNestUpToABound() throws {
        func nested(_ open: String, _ inner: String, _ close: String, _ count: Int) -> String {
            "a = " + String(repeating: open, count: count) + inner + String(repeating: close, count: count)
        }
        let depth = TOMLDocument.maximumDepth
        #expect(place(nested("[", "1", "]", depth - 1)) == nil)
        #expect(place(nested("[", "1", "]", depth)) == "1:\(depth + 5)")
        #expect(place(nested("{ a = ", "1", " }", depth - 1)) == nil)
        for count in [depth, 200, 100_000] {
            #expect(place(nested("[", "", "]", count + 1)) != nil)
            #expect(place(nested("{ a = ", "1", " }", count)) != nil)
            #expect(place(nested("[", "", "", count)) != nil)
            #expect(place(String(repeating: "[", count: count)) != nil)
        }
    }

    /// Their tables are freed by recursion, so that without a bound a long key would take the whole stack.
    @Test func keysHaveABoundedNumberOfParts() throws {
        func key(_ count: Int) -> String { String(repeating: "a.", count: count - 1) + "a" }
        let most = TOMLDocument.maximumKeyPartCount
        #expect(place("\(key(most)) = 1") == nil && place("[\(key(most))]") == nil)
        #expect(place("x = { \(key(most)) = 1 }") == nil && place("'a b'.\"\(key(500))\" = 1") == nil)
        for count in [most + 1, 500_000] {
            for text in [
                "\(key(count)) = 1", "[\(key(count))]\n!", "[[\(key(count))]]", "x = { \(key(count)) = 1, ", key(count),
            ] {
                let error = try #require(failure(Array(text.utf8)))
                #expect(error.message == "the key has too many parts" && error.position.line == 1)
            }
        }
        let count = TOMLDocument.maximumDepth - 1
        let open = String(repeating: "\(key(most)) = { ", count: count)
        let deepest = "[\(key(most))]\n\(open)\(key(most)) = 1\(String(repeating: " }", count: count))"
        #expect(place(deepest) == nil)
    }

    /// A mebibyte of bytes from a generator with a fixed seed, in several alphabets, and of one line.
    @Test func garbageIsRefused() {
        var state: UInt64 = 7
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        let alphabets: [[UInt8]] = [
            Array(0...255), Array("[]{}=.,\"'\n a1#\\-:TZe_é".utf8), Array("[=.\n a".utf8), Array("\"'\\\n".utf8),
        ]
        for alphabet in alphabets {
            let bytes = (0..<1 << 20).map { _ in alphabet[Int(next() % UInt64(alphabet.count))] }
            #expect(failure(bytes) != nil)
            #expect(failure(Array("a = \"\"\"".utf8) + bytes) != nil)
        }
        for byte in UInt8.min...UInt8.max where !" \t\n#".utf8.contains(byte) {
            #expect(failure([UInt8](repeating: byte, count: 1 << 12)) != nil, "\(byte)")
        }
        #expect(failure([UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20))?.position.column == 1 << 20 + 1)
    }
}
