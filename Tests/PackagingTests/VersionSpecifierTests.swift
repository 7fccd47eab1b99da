import Packaging
import Testing

@Suite struct VersionSpecifierTests {
    private func contains(_ specifiers: String, _ version: String, prereleases: Bool? = nil) throws -> Bool {
        try VersionSpecifiers.parse(specifiers).contains(SpelledVersion(version), prereleases: prereleases)
    }

    /// The examples of PEP 440, and those of the documentation of `packaging`.
    @Test(arguments: [
        ("~=2.2", "2.2", true), ("~=2.2", "2.3.1", true), ("~=2.2", "3.0", false), ("~=1.4.5", "1.5", false),
        ("~=2.2.post3", "2.2", false), ("~=2.2.post3", "2.2.post4", true), ("~=1.4.5a4", "1.4.5a4", true),
        ("~=1.4.5a4", "1.4.5a3", false), ("~=2.2.0", "2.2.9", true), ("~=2.2.0", "2.3", false),
        ("==1.1", "1.1.post1", false), ("==1.1", "1.1a1", false), ("==1.1.*", "1.1.post1", true),
        ("==1.1.*", "1.1a1", true), ("==1.1", "1.1.0", true), ("==1.1.*", "1.1.dev0", true), ("==1.0.*", "1", true),
        ("==1.0.*", "1!1.0", false), ("!=1.1", "1.1.post1", true), ("!=1.1.*", "1.1.post1", false),
        ("==1.0", "1.0+local", true), ("==1.0+local", "1.0", false), ("==1.0+local", "1.0+LOCAL", true),
        ("!=1.0+local", "1.0", true), ("<=1.0", "1.0+local", true), (">1.0", "1.0+local", false),
        (">1.7", "1.7.0.post1", false), (">1.7", "1.7.1", true), (">1.7.post2", "1.7.post3", true),
        (">1.7.post2", "1.7.0", false), (">1.0a1", "1.0a1.post1", false), (">1.0a1", "1.0a2", true),
        ("<1.0", "1.0.dev1", false), ("<1.0", "1.0rc1", false), ("<1.0rc1", "1.0b1", true), ("<1.0", "0.9", true),
        ("<1.0.post1", "1.0.post1.dev0", false), ("<1.0.post1", "1.0+x", true), (">=1.0", "1.0+x", true),
        ("~=0.9, >=1.0, !=1.3.4.*, <2.0", "1.3.4", false), ("~=1.1,>=1.0,!=1.3.4.*,<2.0", "1.3.5", true),
        ("===foobar", "FooBar", true), ("===1.0", "1.0.0", false), ("===1.0", "1.0", true), ("===1.0", " 1.0", false),
        (">=0", "foobar", false), ("", "foobar", true), ("", "1.0", true), (" , ,", "1.0a1", true),
    ])
    func contains(_ specifiers: String, _ version: String, _ expected: Bool) throws {
        #expect(try contains(specifiers, version) == expected)
        #expect(try contains(specifiers, version, prereleases: true) == expected)
    }

    @Test func prereleasesOfOneVersion() throws {
        #expect(try contains(">=1.0", "1.1a1"))
        #expect(try !contains(">=1.0", "1.1a1", prereleases: false))
        #expect(try !contains(">=1.0a1", "1.1a1", prereleases: false))
        #expect(try !contains("", "1.1a1", prereleases: false))
        #expect(try !contains("===1.1a1", "1.1a1", prereleases: false))
        #expect(try contains("===any", "any", prereleases: false))
    }

    @Test(
        arguments: [
            (">=1.2.3", nil, ["1.2", "1.3", "1.5a1"], ["1.3"]), (">=1.2.3", nil, ["1.2", "1.5a1"], ["1.5a1"]),
            (">=1.2.3", true, ["1.3", "1.5a1"], ["1.3", "1.5a1"]), (">=1.2.3", false, ["1.2", "1.5a1"], []),
            (">=1.2.3a1", nil, ["1.3", "1.5a1"], ["1.3", "1.5a1"]), ("!=1.2.3a1", nil, ["1.3", "1.5a1"], ["1.3"]),
            ("", nil, ["1.3", "1.5a1"], ["1.3"]), ("", nil, ["1.5a1"], ["1.5a1"]),
            ("", nil, ["odd", "1.5a1", "1.0", "other"], ["odd", "1.0", "other"]),
            (">0", nil, ["odd", "1.5a1"], ["1.5a1"]),
            ("", nil, ["odd", "1.5a1"], ["odd", "1.5a1"]), ("===odd", nil, ["odd", "1.0"], ["odd"]),
        ] as [(String, Bool?, [String], [String])]
    )
    func filter(_ specifiers: String, _ prereleases: Bool?, _ versions: [String], _ expected: [String]) throws {
        let kept = try VersionSpecifiers.parse(specifiers).filter(
            versions.map(SpelledVersion.init),
            prereleases: prereleases
        )
        #expect(kept.map(\.spelling) == expected)
    }

    @Test(arguments: [
        (">=1.0.*", VersionSpecifierError.Reason.wildcardNotAllowed), ("~=1", .compatibleNeedsTwoNumbers),
        ("==1.0a1.*", .wildcardAfterSuffix), (">=1.0+x", .localNotAllowed), ("1.0", .noOperator),
        ("=1.0", .noOperator), ("==", .noVersion("")), ("=> 1.0", .noOperator), ("==1.0 .*", .noVersion("1.0 ")),
        ("== three", .noVersion("three")), ("===a b", .textNotAllowed), ("===a;b", .textNotAllowed),
        ("==*", .noVersion("*")), ("~=1.0+x", .localNotAllowed), ("", .noOperator),
    ])
    func refused(_ clause: String, _ reason: VersionSpecifierError.Reason) {
        let error = #expect(throws: VersionSpecifierError.self) { try VersionSpecifier.parse(clause) }
        #expect(error?.reason == reason && error?.clause == clause)
        #expect(error?.description.contains("'\(clause)' is no version specifier: ") == true)
    }

    @Test func formsAndEquality() throws {
        let specifiers = try VersionSpecifiers.parse(" != 1.0.0RC1 ,>=v1.0,, == 1.0.* , >=1.0 ")
        #expect(specifiers.description == "!=1.0.0rc1,==1.0.*,>=1.0")
        #expect(specifiers.clauses.map(\.spelling) == ["!=1.0.0RC1", ">=v1.0", "==1.0.*", ">=1.0"])
        #expect(try specifiers == VersionSpecifiers.parse("==1.0.*,>=1,!=1rc1"))
        #expect(try VersionSpecifier.parse("==1.0") == VersionSpecifier.parse("== 1.0.0"))
        #expect(try VersionSpecifier.parse("~=1.0") != VersionSpecifier.parse("~=1.0.0"))
        #expect(try VersionSpecifier.parse("==1.*") != VersionSpecifier.parse("==1.0.*"))
        #expect(VersionSpecifiers(specifiers.clauses) == specifiers)
        #expect(VersionSpecifiers.any.contains(SpelledVersion("2004d")))
    }
}
