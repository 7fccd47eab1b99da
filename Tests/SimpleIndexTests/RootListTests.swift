import Packaging
import SimpleIndex
import Testing

@Suite struct RootListTests {
    private func parse(
        _ text: String,
        type: String? = nil,
        base: String = "https://index.example/simple/"
    ) throws -> RootList {
        try RootList.parse(Array(text.utf8), contentType: type, base: base)
    }

    private func lines(_ list: RootList) -> [String] {
        list.map { "\($0.name) \($0.displayName ?? "-") \($0.serial.map(String.init) ?? "-")" }
    }

    @Test func json() throws {
        let list = try parse(
            #"""
            {"meta":{"_last-serial":99,"api-version":"1.4"},"projects":[{"name":"Zope.Interface","_last-serial":3},
            {"name":"b"},{"name":"0-._.-._.-0","_last-serial":1},{"name":"zope_interface","_last-serial":4},{"name":"_x"},
            {"name":"\u212a"},{},{"name":"a","_last-serial":"7"}]}
            """#
        )
        #expect(lines(list) == ["0-0 0-._.-._.-0 1", "a - 7", "b - -", "zope-interface Zope.Interface 3"])
        #expect(list.lastSerial == 99 && list.duplicateCount == 1 && list.invalidCount == 3)
        #expect(list.invalidNames == ["_x", "\u{212a}", "(an entry without a name)"])
        #expect(throws: PageError.unsupportedVersion("2.0")) {
            try parse(#"{"meta":{"api-version":"2.0"},"projects":[]}"#)
        }
        #expect(throws: PageError.self) { try parse(#"{"message":"no"}"#) }
        #expect(throws: PageError.self) { try parse(#"{"projects":[{"name":"a"}"#) }
        #expect(throws: PageError.emptyBody) { try parse("") }
        #expect(try parse(#"{"projects":[]}"#).isEmpty)
    }

    @Test func html() throws {
        let list = try parse(
            """
            <!DOCTYPE html><html><head><title>Simple index</title></head><body>
            <a href="/simple/b/">B</a> <a href="Foo.Bar/">Foo.Bar</a><a href="https://index.example/simple/c">c</a>
            <a href="../">up</a><a href="?C=N;O=D">sort</a><a href="https://elsewhere.example/d/">d</a>
            <a href="a/index.html">a</a><a href="e/f/">deep</a><a href="%ff/">bad</a><a href="index.html">self</a></body></html>
            """
        )
        #expect(lines(list) == ["a - -", "b - -", "c - -", "foo-bar Foo.Bar -"])
        #expect(list.invalidCount == 1)
        #expect(throws: PageError.self) { try parse("<html><a href='/login'>log in</a></html>") }
        #expect(try parse("<meta name='pypi:repository-version' content='1.0'>").isEmpty)
        let files = try parse("<a href='x/index.html'>", base: "file:///srv/simple/index.html")
        #expect(lines(files) == ["x - -"])
    }
}
