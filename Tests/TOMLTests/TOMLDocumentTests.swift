import TOML
import Testing

/// What a document holds, and where.
@Suite struct TOMLDocumentTests {
    /// A place as `line:column`.
    private func place(_ position: TOMLPosition) -> String { "\(position.line):\(position.column)" }

    @Test func everyKindOfValueIsRead() throws {
        let root = try TOMLDocument(
            #"""
            string = "a\tü\u0021"
            literal = 'C:\x'
            lines = """
            one
            two"""
            integer = -9_223_372_036_854_775_808
            hexadecimal = 0xFF
            float = -1.5e3
            infinite = inf
            yes = true
            no = false
            array = [1, "two", [3.0]]
            inline = { a = 1, b.c = 2 }
            """#
        ).root
        #expect(root["string"]?.string == "a\tü!")
        #expect(root["literal"]?.string == #"C:\x"#)
        #expect(root["lines"]?.string == "one\ntwo")
        #expect(root["integer"]?.integer == .min)
        #expect(root["hexadecimal"]?.integer == 255)
        #expect(root["float"]?.float == -1_500)
        #expect(root["infinite"]?.float == .infinity)
        #expect(root["yes"]?.bool == true && root["no"]?.bool == false)
        let array = try #require(root["array"]?.array)
        #expect(array.map(\.kind) == [.integer, .string, .array])
        #expect(array.last?.array?.first?.float == 3)
        let inline = try #require(root["inline"]?.table)
        #expect(inline.keys == ["a", "b"] && inline["b"]?.table?["c"]?.integer == 2)
        #expect(root["none"] == nil && root.member("none") == nil)
    }

    @Test func aValueOfAnotherKindIsNone() throws {
        let root = try TOMLDocument("string = '1'\ninteger = 1\nfloat = 1.0\nbool = true\narray = []\ntable = {}").root
        for member in root.members {
            let value = member.value
            #expect((value.string != nil) == (member.key == "string"))
            #expect((value.integer != nil) == (member.key == "integer"))
            #expect((value.float != nil) == (member.key == "float"))
            #expect((value.bool != nil) == (member.key == "bool"))
            #expect((value.array != nil) == (member.key == "array"))
            #expect((value.table != nil) == (member.key == "table"))
            #expect(value.moment == nil)
        }
    }

    @Test func momentsAreRead() throws {
        let root = try TOMLDocument(
            """
            day = 1979-05-27
            time = 07:32:00.123456789999
            local = 1979-05-27 07:32:00
            utc = 1979-05-27T07:32:00Z
            west = 1979-05-27T00:32:00.5-07:30
            """
        ).root
        #expect(root.members.map(\.value.kind) == [.date, .dateTime, .time, .dateTime, .dateTime])
        let day = try #require(root["day"]?.moment?.day)
        #expect(day.year == 1979 && day.month == 5 && day.day == 27)
        #expect(root["day"]?.moment?.time == nil)
        let time = try #require(root["time"]?.moment?.time)
        #expect(time.hour == 7 && time.minute == 32 && time.second == 0 && time.nanosecond == 123_456_789)
        #expect(root["time"]?.moment?.day == nil)
        #expect(root["local"]?.moment?.day == day && root["local"]?.moment?.offset == nil)
        #expect(root["utc"]?.moment?.offset == 0)
        let west = try #require(root["west"]?.moment)
        #expect(west.offset == -450 && west.time?.nanosecond == 500_000_000)
    }

    @Test func keysAndValuesHavePlaces() throws {
        let root = try TOMLDocument(
            """
            plain = 1 # comment
              "quo\\u0074ed"   =   "ü"
            'é' . "ü" = 1
            strings = [
              "a", 'b',

              # c
              { name = "c",   size = 1 },
            ]
            text = '''
            no = 1
            ''' # no = 2
            [server.inner]
            x.y.z = 1979-05-27
            [[list]]
            [[ list ]]
              one = 1
            """
        ).root
        func key(_ path: String...) throws -> String {
            var table = root
            for step in path.dropLast() { table = try #require(table[step]?.table) }
            let last = try #require(path.last)
            return try place(#require(table.member(last)).position)
        }
        #expect(try key("plain") == "1:1" && place(#require(root["plain"]).position) == "1:9")
        #expect(try key("quoted") == "2:3" && place(#require(root["quoted"]).position) == "2:23")
        #expect(try key("é") == "3:1" && key("é", "ü") == "3:7")
        let strings = try #require(root["strings"]?.array)
        #expect(place(try #require(root["strings"]).position) == "4:11")
        #expect(strings.map { place($0.position) } == ["5:3", "5:8", "8:3"])
        let inline = try #require(strings.last?.table)
        #expect(inline.members.map { place($0.position) } == ["8:5", "8:19"])
        #expect(inline.members.map { place($0.value.position) } == ["8:12", "8:26"])
        #expect(try key("text") == "10:1")
        #expect(try key("server") == "13:2" && key("server", "inner") == "13:9")
        #expect(place(try #require(root["server"]?.table?["inner"]).position) == "13:1")
        #expect(try key("server", "inner", "x", "y", "z") == "14:5")
        let list = try #require(root["list"]?.array)
        #expect(try key("list") == "15:3" && list.map { place($0.position) } == ["15:1", "16:1"])
        #expect(place(try #require(list.last?.table?.member("one")).position) == "17:3")
    }

    @Test func keysCompareByCodePoints() throws {
        let root = try TOMLDocument("\"\u{E9}\" = 1\n\"e\u{301}\" = 2\n\"\" = 3").root
        #expect(root.count == 3 && root.keys.map(\.unicodeScalars.count) == [0, 2, 1])
        #expect(root["\u{E9}"]?.integer == 1 && root["e\u{301}"]?.integer == 2 && root[""]?.integer == 3)
    }

    @Test func linesOfWindowsAndAMarkAreRead() throws {
        let root = try TOMLDocument("\u{FEFF}a = 1\r\nb = 2\r\n").root
        #expect(root.members.map { place($0.position) } == ["1:1", "2:1"])
        #expect(try TOMLDocument("").root.count == 0 && TOMLDocument("# nothing").root.keys.isEmpty)
    }

    @Test func valuesKeepTheirDocument() throws {
        func value() throws -> TOMLValue {
            try #require(TOMLDocument("a = [{ b = 'long enough for the heap' }]").root["a"])
        }
        #expect(try value().array?.first?.table?["b"]?.string == "long enough for the heap")
    }

    @Test(arguments: [
        "", "plain", "say \"x\" \\ y", "a\nb\r\n\tc", "\0\u{1}\u{8}\u{C}\u{1F}\u{7F}\u{80}", "é ü 文 👍🏽", "'''", "\"\"\"",
        "\u{FEFF}\u{2028}",
    ])
    func aLiteralReadsAsItsText(_ text: String) throws {
        let literal = tomlLiteral(text)
        #expect(!literal.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F })
        let read = try #require(TOMLDocument("v = \(literal) # end").root["v"]?.string)
        #expect(read.utf8.elementsEqual(text.utf8))
    }
}
