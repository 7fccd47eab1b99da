import Packaging
import Testing

@Suite struct VersionTests {
    @Test(arguments: [
        ("1.0", "1.0"), ("v1.0", "1.0"), (" 1.0\n", "1.0"), ("\u{2003}1.0\u{a0}", "1.0"), ("1.0ALPHA1", "1.0a1"),
        ("1.0-beta.2", "1.0b2"), ("1.0_c3", "1.0rc3"), ("1.0preview", "1.0rc0"), ("1.0-1", "1.0.post1"),
        ("1.0.rev-4", "1.0.post4"), ("1.0r", "1.0.post0"), ("1.0DEV", "1.0.dev0"), ("1!02.003", "1!2.3"),
        ("1.0+CPU_02-a.3", "1.0+cpu.2.a.3"), ("1.0+cpu.2", "1.0+cpu.2"), ("2026.11.20.dev1", "2026.11.20.dev1"),
        ("1.0a1.post2.dev3+x", "1.0a1.post2.dev3+x"), ("0", "0"), ("00", "0"), ("1.0a.", "1.0a0"),
    ])
    func normalForm(_ spelling: String, _ normal: String) {
        #expect(Version(spelling)?.description == normal)
    }

    @Test(arguments: [
        "", " ", "2004d", "1.", ".1", "1..2", "1.0+", "1.0+a..b", "1.0+a+b", "1!", "!1", "v", "1.0--1", "1.0 1",
        "1.0.post1.post2", "1.0.dev1.post1", "1.0\u{0}", "\u{661}.0", "french toast", "1.0é", "1.0po\u{17f}t1",
    ])
    func refused(_ spelling: String) {
        #expect(Version(spelling) == nil)
    }

    /// The order where numbers outgrow the key that most versions are compared by.
    @Test func orderOfLargeNumbers() throws {
        let spellings = [
            "0.dev0", "0.dev32767", "0.dev32768", "0a0", "0", "0.post32767", "0.post32768", "0.0.0.255",
            "0.0.0.256.dev1",
            "0.0.0.256", "0.0.0.256.1", "0.0.1", "0.0.4095", "0.0.4096", "0.4095", "0.4096", "16383", "16383.0.0.0.1",
            "16384a1",
            "16384", "18446744073709551615", "18446744073709551616", "1!0.dev0",
        ]
        let versions = try spellings.map { try #require(Version($0)) }
        for (place, version) in versions.enumerated() {
            let local = try #require(Version("\(spellings[place])+x"))
            #expect(version < local && !(local < version), "\(version) \(local)")
            for later in versions[(place + 1)...] {
                #expect(version < later && !(later < version) && version != later, "\(version) \(later)")
            }
        }
        #expect(Version("1.0.0.0.0") == Version("1") && Version("1.0.0.0.0")?.hashValue == Version("1")?.hashValue)
    }

    @Test func orderOfPEP440() throws {
        let spellings = [
            "1.dev0", "1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456", "1.0b2",
            "1.0b2.post345.dev456", "1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0", "1.0+abc.5", "1.0+abc.7",
            "1.0+5", "1.0.post456.dev34", "1.0.post456", "1.0.15", "1.1.dev1", "1!0.1",
        ]
        // The first, `1.dev0`, is below `1.0.dev456`: both are developmental releases of 1.
        let versions = try spellings.map { try #require(Version($0)) }
        for (index, left) in versions.enumerated() {
            for (other, right) in versions.enumerated() {
                #expect((left < right) == (index < other), "\(left) < \(right)")
                #expect((left == right) == (index == other), "\(left) == \(right)")
            }
        }
    }

    @Test func equalInSpiteOfSpelling() throws {
        let equal = try ["1.0", "1.0.0", "v1", "1.0.0.0"].map { try #require(Version($0)) }
        #expect(Set(equal).count == 1)
        #expect(Version("0.0") == Version("0"))
        #expect(Version("1.0") != Version("1.0+0"))
        #expect(Version("1.0a") == Version("1alpha0"))
    }

    @Test func properties() throws {
        let version = try #require(Version("3!1.2.0rc4.post5.dev6+Ubuntu.7"))
        #expect(version.epoch == 3 && version.release == [1, 2, 0] && version.local == "ubuntu.7")
        #expect(version.isPrerelease && version.isPostrelease && version.isDevelopment)
        let final = try #require(Version("1.0"))
        #expect(!final.isPrerelease && !final.isPostrelease && !final.isDevelopment && final.local == nil)
        #expect(Version("1.0.post1")?.isPrerelease == false)
    }

    @Test func numbersBeyond64Bits() throws {
        let huge = try #require(Version("0.1." + String(repeating: "40", count: 500)))
        let largest = try #require(Version("0.1.18446744073709551615"))
        let larger = try #require(Version("0.1.0018446744073709551616"))
        let tens = try #require(Version("0.1.100000000000000000000"))
        #expect([tens, huge, larger, largest].sorted() == [largest, larger, tens, huge])
        #expect(larger == Version("0.1.18446744073709551616") && larger != tens)
        #expect(larger.description == "0.1.18446744073709551616")
    }

    @Test func spelledVersionsSortTotally() {
        let sorted = ["1.0", "2004d", "1.0.0", "10", "9", "", "1.0rc1", "2004.4"].map(SpelledVersion.init).sorted()
        #expect(sorted.map(\.spelling) == ["", "2004d", "1.0rc1", "1.0", "1.0.0", "9", "10", "2004.4"])
        #expect(SpelledVersion("1.0") != SpelledVersion("1.0.0"))
    }
}

@Suite struct ProjectNameTests {
    @Test(arguments: [
        ("0-._.-._.-._.-._.-._.-._.-0", "0-0"), ("0", "0"), ("0.0.1", "0-0-1"), ("0.618", "0-618"),
        ("zope.interface", "zope-interface"), ("Zope-Interface", "zope-interface"), ("ACMPlus", "acmplus"),
        ("index", "index"), ("json", "json"), ("simple", "simple"),
        (String(repeating: "aB", count: 46), String(repeating: "ab", count: 46)),
    ])
    func normalizes(_ name: String, _ normal: String) {
        #expect(ProjectName(name)?.normalized == normal)
        #expect(ProjectName(normal)?.normalized == normal)
    }

    @Test(arguments: ["", "a\n", "\u{212a}", "\u{17f}", "_x", "x-", "a b", "a/b", "..", "é"])
    func refuses(_ name: String) {
        #expect(ProjectName(name) == nil)
    }
}
