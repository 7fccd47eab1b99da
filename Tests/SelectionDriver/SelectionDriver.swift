import Glibc
import JSON
import Packaging
import RegularExpression
import Selection
import SimpleIndex

/// How fast files are decided on, for tools/bench selection: microseconds of processor time for one project.
///
/// Each figure is the best of twenty rounds on one core, with every kind of rule there is and with `latest` alone.
@main
enum SelectionDriver {
    static func main() throws {
        guard let name = ProjectName("demo") else { return }
        let rules = try selection()
        let (large, usual) = (page(releases: 1_500), page(releases: 10))
        var writer = JSONWriter()
        writer.object { writer in
            for (title, files, count) in [("1,500 releases", large, 5), ("10 releases", usual, 500)] {
                writer.member("files of \(title)", files.count)
                writer.member(title, thousandthsOf: best(of: count) { decide(files, name, rules) })
                var latest = FileSelection()
                latest.latest = rules.latest
                writer.member("\(title), latest only", thousandthsOf: best(of: count) { decide(files, name, latest) })
            }
        }
        print(String(decoding: writer.bytes, as: UTF8.self))
    }

    private static func decide(_ files: [PageFile], _ name: ProjectName, _ selection: FileSelection) -> Int {
        selection.decide(files, of: name, now: 1_800_000_000).count { $0 == .selected }
    }

    /// A page with an sdist and three wheels of each release.
    private static func page(releases: Int) -> [PageFile] {
        (0..<releases).flatMap { number in
            let version = "\(number / 100).\(number / 10 % 10).\(number % 10)\(number.isMultiple(of: 7) ? "rc1" : "")"
            return [
                "demo-\(version).tar.gz", "demo-\(version)-py3-none-any.whl",
                "demo-\(version)-cp312-cp312-win_amd64.whl",
                "demo-\(version)-cp38-cp38-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
            ].enumerated().map { place, filename in
                PageFile(
                    filename: filename,
                    url: "https://files.example/\(filename)",
                    hashes: ["sha256": String(repeating: "a", count: 64)],
                    size: 100_000,
                    uploadTime: "2024-02-03T04:\(10 + number % 50):1\(place).\(100_000 + number)Z",
                    requiresPython: ">=3.8"
                )
            }
        }
    }

    private static func selection() throws -> FileSelection {
        var selection = FileSelection()
        selection.exclusions = [
            Exclusion(.kinds([.egg, .wininst]), by: Rule(key: "kinds")),
            Exclusion(.platforms([try PlatformPattern.parse("windows")]), by: Rule(key: "platforms")),
            Exclusion(.pythons(try PythonVersions("<3.9")), by: Rule(key: "pythons")),
            Exclusion(.releases([try ReleasePattern("demo<1")]), by: Rule(key: "releases")),
            Exclusion(.filenames([try RegularExpression("-debug-[0-9]+")]), by: Rule(key: "files")),
            Exclusion(.prereleases, by: Rule(key: "prereleases")), Exclusion(.yanked, by: Rule(key: "yanked")),
            Exclusion(.largerThan(1_000_000), by: Rule(key: "max-file-size")),
        ]
        selection.latest = .init(count: 100, rule: Rule(key: "latest"))
        selection.minimumAge = .init(seconds: 604_800, rule: Rule(key: "minimum-age"))
        return selection
    }

    /// The microseconds that one call takes of the processor, whatever else runs on it.
    private static func best(of count: Int, _ body: () -> Int) -> Double {
        var best = Double.infinity
        var sum = 0
        for _ in 0..<20 {
            let start = processorSeconds()
            for _ in 0..<count { sum += body() }
            best = min(best, (processorSeconds() - start) * 1e6 / Double(count))
        }
        return sum == .min ? .nan : best
    }

    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
