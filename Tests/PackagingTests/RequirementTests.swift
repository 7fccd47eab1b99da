import Packaging
import Testing

@Suite struct RequirementTests {
    /// The examples of PEP 508 and other shapes that are in use, with their normal forms.
    @Test(arguments: [
        ("A", "a"), ("A.B-C_D", "a-b-c-d"), ("aa", "aa"), ("name", "name"), ("name<=1", "name<=1"),
        ("name>=3", "name>=3"),
        ("name>=3,<2", "name<2,>=3"), ("name@http://foo.example", "name @ http://foo.example"),
        (
            "name [fred,bar] @ http://foo.example ; python_version=='2.7'",
            "name[bar,fred] @ http://foo.example ; python_version == \"2.7\""
        ),
        (
            "name[quux, strange];python_version<'2.7' and platform_version=='2'",
            "name[quux,strange]; python_version < \"2.7\" and platform_version == \"2\""
        ),
        (
            "requests [security,tests] >= 2.8.1, == 2.8.* ; python_version < \"2.7\"",
            "requests[security,tests]==2.8.*,>=2.8.1; python_version < \"2.7\""
        ),
        (
            "pip @ https://files.example/pip-1.3.1.zip#sha1=da9234ee",
            "pip @ https://files.example/pip-1.3.1.zip#sha1=da9234ee"
        ),
        ("foo (>=1,<2)", "foo<2,>=1"), ("foo(>=1,)", "foo>=1"), ("foo ()", "foo"), ("foo[]", "foo"),
        ("foo >=1,", "foo>=1"),
        ("foo===1.0,>=2", "foo===1.0,>=2"), (" foo ( === odd ) ", "foo===odd"), ("foo~=1.0", "foo~=1.0"),
        ("foo====1", "foo====1"),
        ("foo;os_name=='a'", "foo; os_name == \"a\""), ("foo @ ../path;x", "foo @ ../path;x"),
        ("zope.interface[Test_Extra]>=v3.0", "zope-interface[test-extra]>=3.0"), ("foo ==\n1.0", "foo==1.0"),
    ])
    func reads(_ text: String, _ normal: String) throws {
        let requirement = try Requirement.parse(text)
        #expect(requirement.description == normal)
        #expect(try Requirement.parse(normal) == requirement)
    }

    @Test func parts() throws {
        let text = "Requests[socks] >=2.8.1,<3; python_version < '3.13'"
        let requirement = try Requirement.parse(text)
        #expect(requirement.name.normalized == "requests" && requirement.extras == [ExtraName("socks")])
        #expect(requirement.specifiers.clauses.count == 2 && requirement.url == nil)
        #expect(requirement.specifiers.contains(SpelledVersion("2.9")))
        #expect(requirement.marker?.variables == [.pythonVersion])
    }

    @Test(arguments: [
        "", "  ", "-e .", "foo bar", "foo>1 bar", "foo,", "foo>=1,,<2", "foo,>=1", "foo[a b]", "foo[a,]", "foo[a",
        "foo (>=1",
        "foo >=1)", "foo @", "foo @ https://a.example os_name=='a'", "foo; ", "foo; python_version", "foo>=1.*",
        "foo>=1+x", "foo>=three", "foo== =1", "foo>=1\n", "foo\n", "_foo", "foo-", "foo_", "föö", "foo===1,bar",
        "foo=1",
        "foo >= 1; os_name == 'a' junk",
    ])
    func refused(_ text: String) {
        let error = #expect(throws: RequirementError.self) { try Requirement.parse(text) }
        #expect(error?.description.hasPrefix("'\(text.printable)'") == true)
    }
}
