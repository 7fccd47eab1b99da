import Packaging
import Requirements
import Testing

/// Which files of a page a lock file means.
@Suite struct LockedProjectTests {
    /// The project `a` of a `uv.lock` with these packages.
    private func locked(_ packages: String...) throws -> LockedProject {
        let heads = packages.map {
            "[[package]]\nname = \"a\"\nsource = { registry = \"https://index.example/simple/\" }\n\($0)\n"
        }
        return try #require(try lock("version = 1\n" + heads.joined())[project("a")])
    }

    private func wheel(_ name: String, _ digit: Character?) -> String {
        "{ url = \"https://files.example/\(name)\"\(digit.map { ", hash = \"sha256:\(digest($0))\"" } ?? "") }"
    }

    @Test func aFilenameNeverMeansAnotherDigest() throws {
        let one = try locked("version = \"1\"\nwheels = [\(wheel("a.whl", "1")), \(wheel("b.whl", "2"))]")
        #expect(one.selects(filename: "a.whl", version: "1", digests: ["sha256": digest("1")]))
        #expect(!one.selects(filename: "a.whl", version: "1", digests: ["sha256": digest("2")]))
        #expect(one.selects(filename: "other.whl", version: "1", digests: ["sha256": digest("2")]))
        #expect(!one.selects(filename: "other.whl", version: "1", digests: [:]))
        // Nothing contradicts where there is nothing to compare.
        #expect(one.selects(filename: "a.whl", version: "1", digests: ["md5": "0"]))
    }

    @Test func aFileWithoutDigestIsMeantByItsFilename() throws {
        let one = try locked("version = \"1\"\nwheels = [\(wheel("a.whl", nil))]")
        #expect(one.selects(filename: "a.whl", version: "1", digests: ["sha256": digest("2")]))
        #expect(!one.selects(filename: "b.whl", version: "1", digests: ["sha256": digest("2")]))
    }

    @Test func packagesOfOneVersionAreJoined() throws {
        let one = try locked(
            "version = \"1.0\"\nwheels = [\(wheel("a.whl", "1")), \(wheel("b.whl", "2"))]",
            "version = \"1\"\nwheels = [\(wheel("b.whl", "2")), \(wheel("b.whl", "3"))]"
        )
        #expect(one.packages.count == 1)
        #expect(one.packages.first?.files.map(\.filename) == ["a.whl", "b.whl", "b.whl"])
        #expect(one.packages.first?.line == 2)
        for digit in "23" {
            #expect(one.selects(filename: "b.whl", version: "1", digests: ["sha256": digest(digit)]))
        }
        #expect(!one.selects(filename: "b.whl", version: "1", digests: ["sha256": digest("1")]))
    }

    @Test func aReleaseWithoutFilesMeansAllOfThem() throws {
        let one = try locked("version = \"1.0\"", "version = \"2\"\nwheels = [\(wheel("a.whl", "1"))]")
        #expect(one.selects(filename: "x.tar.gz", version: "1", digests: ["sha256": digest("9")]))
        #expect(!one.selects(filename: "x.tar.gz", version: "2", digests: ["sha256": digest("9")]))
        let odd = try locked("version = \"banana\"")
        #expect(odd.selects(filename: "x.tar.gz", version: "banana", digests: [:]))
        #expect(!odd.selects(filename: "x.tar.gz", version: "Banana", digests: [:]))
    }

    @Test func anIndexOfItsOwnStaysApart() throws {
        let text = """
            version = 1
            [[package]]
            name = "a"
            version = "1"
            source = { registry = "https://index.example/simple/" }
            [[package]]
            name = "a"
            version = "1"
            source = { registry = "https://cpu.example/simple/" }
            """
        let one = try #require(try lock(text)[project("a")])
        #expect(one.packages.map(\.index) == ["https://index.example/simple/", "https://cpu.example/simple/"])
    }
}
