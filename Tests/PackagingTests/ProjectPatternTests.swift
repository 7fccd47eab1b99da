import Packaging
import Testing

@Suite("Patterns of project names")
struct ProjectPatternTests {
    @Test(
        "what matches",
        arguments: [
            ("six", "six"), ("Zope.Interface", "zope-interface"), ("company-*", "company-web"),
            ("Company_*", "company-web"),
            ("*", "a"), ("**", "abc"), ("torch*", "torch"), ("torch*", "torchvision"), ("*-stubs", "pandas-stubs"),
            ("a?c", "abc"), ("a*b*c", "a-xb-bxc"), ("*a*a*a*", "aaa"), ("x.*.y", "x-1-y"),
        ]
    )
    func matching(pattern: String, name: String) throws {
        let pattern = try #require(ProjectPattern(pattern))
        #expect(try pattern.matches(#require(ProjectName(name))))
    }

    @Test(
        "what does not match",
        arguments: [
            ("six", "sixer"), ("company-*", "company"), ("company-*", "mycompany-web"), ("a?c", "ac"),
            ("*-stubs", "stubs"),
            ("a*b", "abc"), ("?", "ab"), ("*a*a*a*a*", "aaa"),
        ]
    )
    func notMatching(pattern: String, name: String) throws {
        let pattern = try #require(ProjectPattern(pattern))
        #expect(try !pattern.matches(#require(ProjectName(name))))
    }

    @Test("what is no pattern", arguments: ["", "-*", "*-", ".", "a b*", "ä*", "[ab]", "a\u{0}*", "six>=1", "!x"])
    func refused(text: String) {
        #expect(ProjectPattern(text) == nil)
    }

    @Test("a pattern that takes back much ends soon")
    func hostile() throws {
        let pattern = try #require(ProjectPattern(String(repeating: "a*", count: 99) + "b"))
        let name = try #require(ProjectName(String(repeating: "a", count: 200)))
        #expect(!pattern.matches(name))
    }

    @Test("a pattern of one project knows its name, and all is all")
    func names() throws {
        #expect(ProjectPattern("Foo.Bar")?.name?.normalized == "foo-bar")
        #expect(ProjectPattern("foo*")?.name == nil)
        #expect(ProjectPattern("**")?.isAll == true)
        #expect(ProjectPattern("*a")?.isAll == false)
    }
}
