import Packaging
import RegularExpression
import Requirements
import Selection
import SimpleIndex
import Testing

struct FileSelectionTests {
    /// The names of the files that are kept of a project `demo`; a name that starts with `!` is yanked.
    private func kept(_ latest: Int?, _ names: String...) throws -> [String] {
        let files = names.map { name in
            PageFile(
                filename: name.hasPrefix("!") ? String(name.dropFirst()) : name,
                url: "https://index.example/\(name)",
                yanked: name.hasPrefix("!") ? Yank() : nil
            )
        }
        let decisions = FileSelection(latest: latest).decide(files, of: try project("demo"), now: 0)
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
            let decisions = FileSelection(latest: 3).decide(files, of: try project("demo"), now: 0)
            let kept = zip(shuffled, decisions).filter { $0.1 == .selected }.map(\.0)
            #expect(Set(kept) == ["1.5.post1", "1.5", "1.0"])
        }
    }

    @Test func moreThanThereAreKeepsAllAndNoneKeepsNothing() throws {
        #expect(try kept(5, sdist("1.0")) == [sdist("1.0")])
        #expect(try kept(0, sdist("1.0")).isEmpty)
    }
}

/// The rules one by one, and together.
struct FileRuleTests {
    private func file(
        _ name: String,
        size: UInt64? = 10,
        uploaded: String? = "2024-01-01T00:00:00Z",
        requires: String? = nil,
        isYanked: Bool = false
    ) -> PageFile {
        PageFile(
            filename: name,
            url: "https://index.example/\(name)",
            hashes: ["sha256": String(repeating: "a", count: 63) + "\(name.utf8.count % 10)"],
            size: size,
            uploadTime: uploaded,
            requiresPython: requires,
            yanked: isYanked ? Yank() : nil
        )
    }

    private func wheel(_ tags: String, _ version: String = "1.0") -> String { "demo-\(version)-\(tags).whl" }

    /// The names of the files that rules keep.
    private func kept(
        _ files: [PageFile],
        demands: [Demand] = [],
        now: Int64 = 1_800_000_000,
        _ change: (inout FileSelection) throws -> Void
    ) throws -> [String] {
        var selection = FileSelection()
        try change(&selection)
        let decisions = selection.decide(files, of: try project("demo"), demands: demands, now: now)
        #expect(decisions.count == files.count)
        return zip(files, decisions).filter { $0.1 == .selected }.map(\.0.filename)
    }

    private let rule = Rule(key: "rule", place: "larder.toml:1")

    private func without(_ criterion: Exclusion.Criterion, _ files: PageFile...) throws -> [String] {
        try kept(files) { $0.exclusions = [Exclusion(criterion, by: rule)] }
    }

    @Test func kinds() throws {
        let (wheel, sdist, egg) = (file(wheel("py3-none-any")), file("demo-1.0.tar.gz"), file("demo-1.0-py2.7.egg"))
        #expect(try without(.kinds([.egg, .sdist]), wheel, sdist, egg) == [wheel.filename])
    }

    @Test func aWheelIsLeftOutOnlyWhenAllItsPlatformsAre() throws {
        let patterns = try ["windows", "macosx_*"].map { try PlatformPattern.parse($0) }
        let both = file(wheel("cp312-cp312-macosx_11_0_arm64.manylinux_2_17_aarch64"))
        let files = [
            file(wheel("cp312-cp312-win_amd64")), file(wheel("cp312-cp312-macosx_11_0_arm64.macosx_12_0_arm64")), both,
            file(wheel("py3-none-any")), file("demo-1.0.tar.gz"),
        ]
        let left = try kept(files) { $0.exclusions = [Exclusion(.platforms(patterns), by: rule)] }
        #expect(left == [both.filename, wheel("py3-none-any"), "demo-1.0.tar.gz"])
    }

    @Test(
        "Files for unwanted Pythons alone",
        arguments: [
            ("<3.9", "cp38-cp38-any", false), ("<3.9", "cp39-cp39-any", true), ("<3.9", "cp38-abi3-any", true),
            ("<3.9", "py3-none-any", true), ("<3.9", "py36-none-any", true), ("2", "py2-none-any", false),
            ("2", "py2.py3-none-any", true), ("3.8", "cp38.cp39-cp38-any", true), (">=3.13", "cp313-cp313t-any", false),
            ("<3.9", "jy-none-any", true), ("<3.9", "pp37-pypy37_pp73-any", false),
        ]
    )
    func pythons(unwanted: String, tags: String, isKept: Bool) throws {
        let file = file(wheel(tags))
        #expect(try without(.pythons(try PythonVersions(unwanted)), file) == (isKept ? [file.filename] : []))
    }

    @Test func requiresPythonCounts() throws {
        let old = file("demo-1.0.tar.gz", requires: ">=2.7, <3.6")
        let odd = file("demo-1.1.tar.gz", requires: "three")
        let new = file("demo-1.2.tar.gz", requires: ">=3.8.1")
        #expect(try without(.pythons(try PythonVersions("<3.9")), old, odd, new) == [odd.filename, new.filename])
    }

    @Test func releasesFilesSizesAndTimes() throws {
        let (one, two) = (file("demo-1.0.tar.gz", size: 5), file("demo-2.0rc1.tar.gz", size: 50))
        #expect(try without(.releases([ReleasePattern("demo<2")]), one, two) == ["demo-2.0rc1.tar.gz"])
        #expect(try without(.releases([ReleasePattern("de*>=2.0a1")]), one, two) == ["demo-1.0.tar.gz"])
        #expect(try without(.releases([ReleasePattern("other<9")]), one, two).count == 2)
        #expect(try without(.filenames([RegularExpression("rc[0-9]+\\.tar")]), one, two) == ["demo-1.0.tar.gz"])
        #expect(try without(.prereleases, one, two) == ["demo-1.0.tar.gz"])
        #expect(try without(.yanked, one, file("demo-3.tar.gz", isYanked: true)) == ["demo-1.0.tar.gz"])
        #expect(try without(.largerThan(49), one, two, file("demo-3.tar.gz", size: nil)).count == 2)
        let late = file("demo-3.tar.gz", uploaded: "2025-06-01T00:00:00.5Z")
        let unknown = file("demo-4.tar.gz", uploaded: nil)
        #expect(try without(.uploadedBefore(1_740_000_000), one, late, unknown).count == 2)
        #expect(try without(.uploadedFrom(1_740_000_000), one, late, unknown) == ["demo-1.0.tar.gz", "demo-4.tar.gz"])
    }

    @Test func theFirstRuleIsTheReason() throws {
        var selection = FileSelection(latest: 1)
        selection.exclusions = [Exclusion(.prereleases, by: rule)]
        let files = [file("demo-2.0a1.tar.gz"), file("demo-1.0.tar.gz"), file("demo-0.9.tar.gz")]
        let decisions = selection.decide(files, of: try project("demo"), now: 0)
        #expect(decisions[0] == .excluded(reason: "a prerelease", rule: rule))
        #expect(decisions[1] == .selected)
        #expect(decisions[2].rule?.key == "[select] latest")
    }

    @Test func prereleasesCountWhenTold() throws {
        let files = [file("demo-2.0a1.tar.gz"), file("demo-1.0.tar.gz")]
        let latest = FileSelection.Latest(count: 1, countsPrereleases: true, rule: rule)
        #expect(try kept(files) { $0.latest = latest } == ["demo-2.0a1.tar.gz"])
    }

    @Test func theOldestReleasesOfALargeProjectAreLeftOut() throws {
        let files = [
            file("demo-1.0.tar.gz", size: 40), file("demo-2.0.tar.gz", size: 70), file("demo-3.0.tar.gz", size: 20),
            file(wheel("py3-none-any", "3.0"), size: 10),
        ]
        func kept(_ bytes: UInt64) throws -> Int {
            try self.kept(files) { $0.projectCap = .init(bytes: bytes, rule: rule) }.count
        }
        #expect(try kept(140) == 4)
        #expect(try kept(139) == 3)
        // 1.0 would fit, but what is newer did not.
        #expect(try kept(99) == 2)
        #expect(try kept(29) == 0)
    }

    /// What a lock file of Pipenv asks for, by the last digits of digests.
    private func locked(_ digits: Int...) throws -> Demand.Scope {
        let digests = digits.map { "\"sha256:\(String(repeating: "a", count: 63))\($0)\"" }.joined(separator: ",")
        let text =
            "{\"_meta\":{\"pipfile-spec\":6},\"default\":{\"demo\":{\"version\":\"==1.0\",\"hashes\":[\(digests)]}}}"
        let files = try LockedFiles.parse(Array(text.utf8), file: "Pipfile.lock")
        return .locked(try #require(files[try project("demo")]))
    }

    @Test func demandsAskForFiles() throws {
        let files = [file("demo-1.0.tar.gz"), file("demo-2.0.post1.tar.gz"), file("demo-3.0.dev1.tar.gz")]
        func kept(_ scopes: Demand.Scope...) throws -> [String] {
            try self.kept(files, demands: scopes.map { Demand($0, by: rule) }) { _ in }
        }
        let two = Demand.Scope.releases(try VersionSpecifiers.parse(">=2"))
        #expect(try kept(two) == ["demo-2.0.post1.tar.gz", "demo-3.0.dev1.tar.gz"])
        #expect(try kept(locked(5)) == ["demo-1.0.tar.gz"])
        #expect(try kept(locked(5), two).count == 3)
        #expect(try kept(locked(9)).isEmpty)
        #expect(try kept(locked(9), .everything).count == 3)
    }

    @Test func whatIsAskedForAndNotThereIsTold() throws {
        let files = [file("demo-1.0.tar.gz")]
        func unmet(_ scope: Demand.Scope) throws -> [String] {
            Demand(scope, by: rule).unmet(by: files, of: try project("demo")).map(\.what)
        }
        #expect(try unmet(.releases(try VersionSpecifiers.parse(">=2"))) == ["no file of demo>=2"])
        #expect(try unmet(.releases(try VersionSpecifiers.parse("<2"))).isEmpty)
        #expect(try unmet(locked(5, 9)).isEmpty)
        #expect(try unmet(locked(9)) == ["no locked file of demo 1.0"])
        #expect(try unmet(.everything).isEmpty)
    }

    @Test func youngFilesWaitAndTheNewestOldEnoughStays() throws {
        let day: Int64 = 86_400
        let start = try #require(UploadTime.seconds("2026-01-01T00:00:00Z"))
        let files = [
            file("demo-1.0.tar.gz", uploaded: "2025-01-01T00:00:00Z"),
            file("demo-2.0.tar.gz", uploaded: "2026-01-01T00:00:00Z"),
            file("demo-0.5.tar.gz", uploaded: nil),
        ]
        var selection = FileSelection(latest: 1)
        selection.minimumAge = .init(seconds: 7 * day, rule: rule)
        func decide(_ now: Int64, firstSeen: Int64? = nil) throws -> [FileDecision] {
            selection.decide(files, of: try project("demo"), now: now) { _ in firstSeen }
        }
        #expect(try decide(start + day)[1] == .withheld(until: start + 7 * day, rule: rule))
        #expect(try decide(start + day)[0] == .selected)
        #expect(try decide(start + 7 * day)[1] == .selected)
        #expect(try decide(start + 7 * day)[0].isWanted == false)
        selection.latest = nil
        #expect(try decide(start)[2] == .withheld(until: start + 7 * day, rule: rule))
        #expect(try decide(start, firstSeen: start - 7 * day)[2] == .selected)
        selection.minimumAge?.exceptions = [.all]
        #expect(try decide(start).allSatisfy { $0 == .selected })
    }

    @Test func whatIsBlockedIsLeftOutWhoeverWantsIt() throws {
        var selection = FileSelection()
        let digest = String(repeating: "a", count: 63) + "5"
        selection.blocks = FileBlocks([
            Exclusion(.digests([digest]), by: rule), Exclusion(.releases([try ReleasePattern("demo==2")]), by: rule),
        ])
        let name = try project("demo")
        #expect(selection.block(file("demo-1.0.tar.gz"), of: name)?.reason == "its SHA-256 is listed")
        #expect(selection.block(file("demo-2.tar.gz"), of: name)?.reason == "of the releases demo==2")
        #expect(selection.block(file("demo-3.tar.gz"), of: name) == nil)
    }

    @Test func aFingerprintTellsSelectionsApartAndNotTheirPlaces() throws {
        func selection(_ criterion: Exclusion.Criterion, _ line: Int) -> FileSelection {
            var selection = FileSelection()
            selection.exclusions = [Exclusion(criterion, by: Rule(key: "rule", place: "larder.toml:\(line)"))]
            return selection
        }
        #expect(selection(.largerThan(1), 3).fingerprint == selection(.largerThan(1), 4).fingerprint)
        #expect(selection(.largerThan(1), 3).fingerprint != selection(.largerThan(2), 3).fingerprint)
        #expect(
            selection(.pythons(try PythonVersions("2")), 3).fingerprint
                != selection(.pythons(try PythonVersions("3")), 3).fingerprint
        )
    }
}

struct ProjectSelectionTests {
    private let rule = Rule(key: "rule")

    private func patterns(_ texts: String...) throws -> [ProjectSelection.Pattern] {
        try texts.map { .init(try #require(ProjectPattern($0)), by: rule) }
    }

    @Test func blocksGoBeforeExclusionsAndThoseBeforeWishes() throws {
        let selection = ProjectSelection(
            listed: [try project("six"), try project("evil"), try project("web-old")],
            patterns: try patterns("web-*"),
            excluded: try patterns("*-old"),
            blocked: try patterns("evil", "bad-*")
        )
        #expect(selection.isOpen)
        #expect(selection.names.map(\.normalized) == ["six"])
        #expect(selection.contains(try project("web-new")))
        for name in ["web-old", "evil", "other", "bad-one"] { #expect(!selection.contains(try project(name))) }
        #expect(selection.standing(of: try project("evil")) == .blocked(rule))
        #expect(selection.standing(of: try project("bad-one")) == .blocked(rule))
        #expect(
            selection.standing(of: try project("web-old")) == .excluded(rule, asked: [Rule(key: "projects.txt"), rule])
        )
        #expect(selection.standing(of: try project("web-new")) == .selected([rule]))
        #expect(selection.standing(of: try project("other")) == .unselected)
        #expect(selection.blockedNames == [try project("evil")])
    }

    @Test func aDemandForSingleFilesCountsOnlyWhenNobodyWantsAll() throws {
        let demand = Demand(.releases(try VersionSpecifiers.parse(">1")), by: rule)
        let (six, idna, web) = (try project("six"), try project("idna"), try project("web-one"))
        let selection = ProjectSelection(
            listed: [idna],
            demands: [six: [demand], idna: [demand], web: [demand]],
            patterns: try patterns("web-*")
        )
        #expect(selection.demands(of: six) == [demand])
        #expect(selection.demands(of: idna).isEmpty)
        #expect(selection.demands(of: web).isEmpty)
        #expect(selection.names == [six, idna, web])
    }
}

extension FileSelection {
    /// A selection of the newest releases; `nil` keeps all.
    init(latest count: Int?) {
        self.init()
        latest = count.map { Latest(count: $0, rule: Rule(key: "[select] latest")) }
    }
}
