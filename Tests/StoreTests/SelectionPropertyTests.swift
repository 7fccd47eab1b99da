import Packaging
import RegularExpression
import Selection
import SimpleIndex
import Testing

/// Pages and rules by chance: what is remembered of a page's other files decides nothing.
@Suite("Files of a page, together and alone") struct SelectionPropertyTests {
    private static let versions = ["0.9", "1.0", "1.0.0", "2.0rc1", "2.0.dev3", "1!0.1", "2004d", "1.0+local", "v1.0"]
    private static let endings = [
        ".tar.gz", ".zip", ".linux-x86_64.tar.gz", "-py3.9.egg", ".win-amd64.exe", "-py3-none-any.whl",
        "-cp312-cp312-win_amd64.whl", "-1-cp39-abi3-macosx_11_0_arm64.whl", "-py2.py3-none-any.whl",
        "-cp38-cp38-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "-cp38--any.whl", "-py3-none-any-.whl",
    ]

    private func pick<Value>(_ values: [Value], _ random: inout SeededGenerator) -> Value {
        values[Int(random.next() % UInt64(values.count))]
    }

    /// Files with names that are good, those of another project, and such that cannot be read; no name twice.
    private func page(_ random: inout SeededGenerator) -> [PageFile] {
        var names: Set<String> = []
        for _ in 0..<40 {
            let project = pick(["demo", "demo", "demo", "Demo", "de_mo", "other"], &random)
            names.insert("\(project)-\(pick(Self.versions, &random))\(pick(Self.endings, &random))")
        }
        return names.sorted().map { name in
            PageFile(
                filename: name,
                url: "https://index.example/\(name)",
                hashes: ["sha256": String(repeating: pick(["a", "b", "c"], &random), count: 64)],
                size: pick([nil, 10, 1_000, 100_000], &random),
                uploadTime: pick([nil, "2024-01-01T00:00:00Z", "2025-06-01T12:30:00.000001Z"], &random),
                requiresPython: pick([nil, ">=3.8", "<3", "==3.12.*", "no specifier"], &random),
                yanked: pick([nil, nil, Yank()], &random)
            )
        }
    }

    private func exclusions(_ random: inout SeededGenerator) throws -> [Exclusion] {
        let environments = try [("3.12", "linux"), ("3.9", "windows")].map { python, platform in
            ClosureEnvironment(try TargetEnvironment(python: python, platform: platform), label: platform)
        }
        let criteria: [Exclusion.Criterion] = [
            .kinds([pick([.egg, .wheel, .sdist, .dumb], &random)]),
            .platforms([try PlatformPattern.parse(pick(["windows", "linux", "manylinux", "macosx_*"], &random))]),
            .platforms([try PlatformPattern.parse("any")]), .pythons(try PythonVersions(pick(["<3.9", "3"], &random))),
            .unusable(environments), .releases([try ReleasePattern(pick(["demo<1", "d*==1.0", "other>1"], &random))]),
            .filenames([try RegularExpression(pick(["cp3[0-9]+", "rc1", "^Demo"], &random))]),
            .digests([String(repeating: "a", count: 64)]), .prereleases, .yanked, .uploadedBefore(1_720_000_000),
            .uploadedFrom(1_740_000_000), .largerThan(500), .projects([try #require(ProjectPattern("ot*"))]),
        ]
        // In an order by chance, since the first one that leaves a file out is told.
        return criteria.shuffled(using: &random).prefix(Int(random.next() % 5)).enumerated().map { place, criterion in
            Exclusion(criterion, by: Rule(key: "rule \(place)"))
        }
    }

    private func selection(_ random: inout SeededGenerator) throws -> FileSelection {
        var selection = FileSelection()
        selection.exclusions = try exclusions(&random)
        selection.blocks = FileBlocks(try Array(exclusions(&random).prefix(1)))
        if random.next() % 2 == 0 {
            selection.minimumAge = .init(seconds: 86_400 * 365, rule: Rule(key: "minimum-age"))
        }
        return selection
    }

    @Test func aFileIsDecidedOnAsIfItWereAlone() throws {
        var random = SeededGenerator(27)
        let (demo, now) = (try project("demo"), Int64(1_750_000_000))
        let one = [Demand(.releases(try VersionSpecifiers.parse(">=1")), by: Rule(key: "one"))]
        for _ in 0..<300 {
            let (files, selection) = (page(&random), try selection(&random))
            let demands = pick(
                [[], one],
                &random
            )
            let together = selection.decide(files, of: demo, demands: demands, now: now)
            let alone = files.flatMap { selection.decide([$0], of: demo, demands: demands, now: now) }
            #expect(together == alone)
            for (file, decision) in zip(files, together) where selection.block(file, of: demo) != nil {
                #expect(!decision.isWanted)
            }
        }
    }

    @Test func theOrderOfThePageDecidesNothing() throws {
        var random = SeededGenerator(28)
        let demo = try project("demo")
        for _ in 0..<300 {
            var selection = try selection(&random)
            selection.latest = .init(
                count: Int(random.next() % 4) + 1,
                countsPrereleases: random.next() % 2 == 0,
                rule: Rule(key: "latest")
            )
            if random.next() % 2 == 0 { selection.projectCap = .init(bytes: 100_000, rule: Rule(key: "cap")) }
            let files = page(&random)
            let shuffled = files.shuffled(using: &random)
            let decisions = selection.decide(files, of: demo, now: 1_750_000_000)
            let others = selection.decide(shuffled, of: demo, now: 1_750_000_000)
            let byName = Dictionary(uniqueKeysWithValues: zip(shuffled.map(\.filename), others))
            #expect(decisions == files.compactMap { byName[$0.filename] })
        }
    }
}
