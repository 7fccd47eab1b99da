import JSON
import Testing

@Suite struct JSONDocumentTests {
    @Test func valuesOfEachKind() throws {
        let text =
            #"{"s":"a\u00e9\n","i":7,"n":-7,"b":18446744073709551615,"d":12.0,"t":true,"z":null,"a":[1,[2]],"o":{}}"#
        let root = try JSONDocument(Array(text.utf8)).root
        #expect(root.kind == .object)
        #expect(root.count == 9)
        #expect(root["s"]?.string == "a\u{e9}\n")
        #expect(root["i"]?.unsigned == 7 && root["i"]?.integer == 7 && root["i"]?.double == 7)
        #expect(root["n"]?.unsigned == nil && root["n"]?.integer == -7)
        #expect(root["b"]?.unsigned == .max && root["b"]?.integer == nil)
        #expect(root["d"]?.unsigned == nil && root["d"]?.kind == .number && root["d"]?.double == 12)
        #expect(root["t"]?.bool == true && root["i"]?.bool == nil)
        #expect(root["z"]?.isNull == true && root["t"]?.isNull == false)
        #expect(root["a"]?.array.map(\.kind) == [.integer, .array])
        #expect(root["o"]?.object.map(\.key) == [])
        #expect(root["absent"] == nil && root["i"]?["x"] == nil)
        #expect(root["i"]?.array.map(\.kind) == [] && root["i"]?.count == 0)
    }

    @Test func firstOfDoubledNamesCounts() throws {
        let root = try JSONDocument(Array(#"{"a":1,"a":2}"#.utf8)).root
        #expect(root["a"]?.integer == 1)
        #expect(root.object.map { $0.value.integer } == [1, 2])
    }

    @Test func valueOutlivesItsDocument() throws {
        func value() throws -> JSONValue? {
            try JSONDocument(Array(#"["\#(String(repeating: "x", count: 100))"]"#.utf8)).root.array.first { _ in true }
        }
        #expect(try value()?.string?.count == 100)
    }

    @Test(arguments: [
        "", " ", "{", "[1,]", "{\"a\":1}x", "\"\u{1}\"", "nul", "01", "[1 2]", "{\"a\" 1}", "1e999",
        "99999999999999999999",
    ])
    func refuses(_ text: String) {
        #expect(throws: JSONError.self) { try JSONDocument(Array(text.utf8)) }
    }

    @Test func refusesBadUTF8AndDeepNesting() throws {
        #expect(throws: JSONError.self) { try JSONDocument([0x22, 0xFF, 0x22]) }
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        _ = try JSONDocument(nested(JSONDocument.maximumDepth - 1))
        #expect(throws: JSONError.self) { try JSONDocument(nested(JSONDocument.maximumDepth + 1)) }
        #expect(throws: JSONError.self) { try JSONDocument(nested(1_000_000)) }
    }
}

@Suite struct JSONWriterTests {
    @Test func writesCompactly() {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("a")
            writer.array { writer in
                writer.integer(0)
                writer.integer(UInt64.max)
                writer.integer(Int64.min)
                writer.bool(true)
                writer.null()
                writer.array { _ in }
            }
            writer.key("b")
            writer.object { _ in }
            writer.key("c")
            writer.string("")
        }
        let text = String(decoding: writer.bytes, as: UTF8.self)
        #expect(text == #"{"a":[0,18446744073709551615,-9223372036854775808,true,null,[]],"b":{},"c":""}"#)
    }

    @Test func escapesWhatMustBe() throws {
        let all = (0..<0x80).compactMap { Unicode.Scalar($0) }.map(Character.init)
        let text = String(all) + "é\u{2028}😀"
        var writer = JSONWriter()
        writer.string(text)
        #expect(try JSONDocument(writer.bytes).root.string == text)
        writer = JSONWriter()
        writer.string("/<\u{7f}é\u{1f}\t\"\\")
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "\"/<\u{7f}é\\u001f\\t\\\"\\\\\"")
    }
}

@Suite struct JSONRootListTests {
    private func read(_ text: String) throws -> (entries: [String], meta: JSONRootList.Meta) {
        var entries: [String] = []
        let meta = try JSONRootList.forEachProject(in: Array(text.utf8)) { project in
            let name = project.name.map { String(decoding: $0, as: UTF8.self) } ?? "-"
            entries.append("\(name) \(project.serial.map(String.init) ?? "-")")
            return true
        }
        return (entries, meta)
    }

    @Test func readsNamesAndSerials() throws {
        let list = try read(
            #"""
            {"x":{"projects":[1]},"meta":{"_last-serial":9,"api-version":"1.4","y":[{}]},"projects":[
            {"name":"a","_last-serial":1},{"_last-serial":"22","name":"b","more":{"name":"no"}},{"name":"\u0063"},
            {"name":"d","_last-serial":1.5},{"name":"e","_last-serial":null},{"name":"f","_last-serial":"x"},
            {"name":1},{"name":null},"g",null,7,[],{}]}
            """#
        )
        #expect(
            list.entries == [
                "a 1", "b 22", "c -", "d -", "e -", "f -", "- -", "- -", "- -", "- -", "- -", "- -", "- -",
            ]
        )
        #expect(list.meta.apiVersion == "1.4" && list.meta.serial == 9)
    }

    @Test func metaMayFollowAndHoldDigits() throws {
        let list = try read(#"{"projects":[],"meta":{"_last-serial":"19","api-version":"1.0"}}"#)
        #expect(list.entries == [])
        #expect(list.meta.apiVersion == "1.0" && list.meta.serial == 19)
        let bare = try read(#"{"projects":[]}"#).meta
        #expect(bare.apiVersion == nil && bare.serial == nil)
    }

    @Test func everyTruncationIsAnError() throws {
        let text =
            #"{"meta":{"_last-serial":9,"api-version":"1.4"},"projects":[{"name":"a","_last-serial":1},{"name":"b"}]}"#
        _ = try read(text)
        for length in 0..<text.utf8.count {
            #expect(throws: JSONError.self, "cut after \(length)") { try read(String(text.prefix(length))) }
        }
        #expect(throws: JSONError.self) { try read(text + "x") }
        #expect(throws: JSONError.self) { try read(#"{"meta":{}}"#) }
        #expect(throws: JSONError.self) { try read(#"{"projects":{}}"#) }
        #expect(throws: JSONError.self) { try read("[]") }
    }

    @Test func stopsWhenAsked() throws {
        var count = 0
        _ = try JSONRootList.forEachProject(in: Array(#"{"projects":[{"name":"a"},{"name":"b"}]}"#.utf8)) { _ in
            count += 1
            return false
        }
        #expect(count == 1)
    }
}
