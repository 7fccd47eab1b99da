import JSON
import Packaging

/// How fast `Packaging` is: `PackagingDriver --speed` reads a version a line, and prints nanoseconds for one operation.
enum Speed {
    static func measure() {
        var texts: [String] = []
        while let line = readLine(strippingNewline: true) { texts.append(line) }
        let versions = texts.compactMap { Version($0) }
        guard let last = versions.last, let specifiers = try? VersionSpecifiers.parse(">=1.2,!=1.5.*,<3"),
            let target = try? TargetEnvironment(python: "3.12", platform: "linux"), let project = ProjectName("a"),
            case .wheel(let tags)? = (try? DistributionFilename.parse(wheel, project: project))?.kind
        else { return }
        var writer = JSONWriter()
        writer.object { writer in
            let count = texts.count
            writer.member("versions", count)
            writer.member("parse", thousandthsOf: best(count) { texts.reduce(0) { $0 + (Version($1) == nil ? 0 : 1) } })
            writer.member(
                "compare",
                thousandthsOf: best(versions.count) {
                    zip(versions, versions.dropFirst()).reduce(last < last ? 1 : 0) { $0 + ($1.0 < $1.1 ? 1 : 0) }
                }
            )
            writer.member(
                "parse and compare",
                thousandthsOf: best(count) {
                    texts.reduce(0) { $0 + ((Version($1).map { $0 < last } ?? false) ? 1 : 0) }
                }
            )
            writer.member(
                "contains",
                thousandthsOf: best(versions.count) {
                    versions.reduce(0) { $0 + (specifiers.contains($1) ? 1 : 0) }
                }
            )
            writer.member(
                "accepts",
                thousandthsOf: best(count) { (0..<count).reduce(0) { sum, _ in sum + (target.accepts(tags) ? 1 : 0) } }
            )
        }
        print(String(decoding: writer.bytes, as: UTF8.self))
    }

    private static let wheel = "a-1-cp312-cp312-manylinux2014_x86_64.manylinux_2_17_x86_64.whl"

    /// The nanoseconds that one of `count` operations takes, in the best of ten rounds.
    private static func best(_ count: Int, _ body: () -> Int) -> Double {
        let clock = ContinuousClock()
        var best = Double.infinity
        var sum = 0
        for _ in 0..<10 {
            let time = clock.measure { sum += body() }
            let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
            best = min(best, seconds * 1e9 / Double(max(count, 1)))
        }
        return sum == .min ? .nan : best
    }
}
