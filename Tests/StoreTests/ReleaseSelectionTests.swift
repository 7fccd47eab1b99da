import Packaging
import Selection
import SimpleIndex
import Testing

struct ReleaseSelectionTests {
    /// The names of the files that are kept of a project `demo`; a name that starts with `!` is yanked.
    private func kept(_ latest: Int?, _ names: String...) throws -> [String] {
        let files = names.map { name in
            PageFile(
                filename: name.hasPrefix("!") ? String(name.dropFirst()) : name,
                url: "https://index.example/\(name)",
                yanked: name.hasPrefix("!") ? Yank() : nil
            )
        }
        let decisions = ReleaseSelection(latest: latest).decide(files, of: try project("demo"))
        #expect(decisions.count == files.count)
        return zip(files, decisions).filter { $0.1 == .selected }.map(\.0.filename)
    }

    private func sdist(_ version: String) -> String { "demo-\(version).tar.gz" }

    @Test func withoutALimitEverythingIsKept() throws {
        #expect(try kept(nil, sdist("1.0"), "!demo-0.9.tar.gz", "odd.exe").count == 3)
    }

    @Test func versionsAreComparedAsPEP440Says() throws {
        #expect(try kept(2, sdist("1.9"), sdist("1.10"), sdist("1.2")) == [sdist("1.9"), sdist("1.10")])
        #expect(try kept(1, sdist("1!0.1"), sdist("2024.1")) == [sdist("1!0.1")])
        #expect(try kept(1, sdist("1.0.post1"), sdist("1.0")) == [sdist("1.0.post1")])
    }

    @Test func allFilesOfAReleaseAreKeptHoweverItIsSpelled() throws {
        let wheel = "demo-1.0.0-py3-none-any.whl"
        #expect(try kept(1, sdist("1.0"), wheel, sdist("0.9")) == [sdist("1.0"), wheel])
        #expect(try kept(1, sdist("1.0"), "!demo-1.0.0-py3-none-any.whl", sdist("0.9")) == [sdist("1.0"), wheel])
    }

    @Test func finalReleasesComeBeforePrereleases() throws {
        #expect(try kept(1, sdist("2.0a1"), sdist("1.0")) == [sdist("1.0")])
        #expect(try kept(2, sdist("2.0a1"), sdist("2.0.dev1"), sdist("1.0")) == [sdist("2.0a1"), sdist("1.0")])
        #expect(try kept(1, sdist("2.0a1"), sdist("2.0b1")) == [sdist("2.0b1")])
    }

    @Test func whatIsYankedComesLast() throws {
        #expect(try kept(1, "!demo-2.0.tar.gz", sdist("1.0")) == [sdist("1.0")])
        #expect(try kept(1, "!demo-2.0.tar.gz", sdist("1.0a1")) == [sdist("1.0a1")])
        #expect(try kept(1, "!demo-2.0.tar.gz", "!demo-1.0.tar.gz") == [sdist("2.0")])
    }

    @Test func aVersionThatNobodyKnowsNeverMakesAProjectVanish() throws {
        #expect(try kept(1, sdist("1.0"), "odd.exe") == [sdist("1.0")])
        #expect(try kept(1, sdist("1.0a1"), "odd.exe") == [sdist("1.0a1")])
        #expect(try kept(2, sdist("1.0a1"), "odd.exe", "strange.exe") == [sdist("1.0a1"), "odd.exe", "strange.exe"])
        #expect(try kept(1, "odd.exe") == ["odd.exe"])
    }

    @Test func theOrderOfThePageDoesNotMatter() throws {
        let versions = ["1.0", "2.0rc1", "0.1", "1.5", "1.5.post1", "3.0.dev2", "0.9"]
        var random = SeededGenerator(9)
        for _ in 0..<50 {
            let shuffled = versions.shuffled(using: &random)
            let files = shuffled.map { PageFile(filename: sdist($0), url: "https://index.example/") }
            let decisions = ReleaseSelection(latest: 3).decide(files, of: try project("demo"))
            let kept = zip(shuffled, decisions).filter { $0.1 == .selected }.map(\.0)
            #expect(Set(kept) == ["1.5.post1", "1.5", "1.0"])
        }
    }

    @Test func moreThanThereAreKeepsAllAndNoneKeepsNothing() throws {
        #expect(try kept(5, sdist("1.0")) == [sdist("1.0")])
        #expect(try kept(0, sdist("1.0")).isEmpty)
    }
}
