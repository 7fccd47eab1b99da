import Foundation
import Packaging
import Testing

/// Compares with the `packaging` library that pip carries, over versions from a seeded generator.
@Suite struct VersionDifferentialTests {
    private struct Answer: Decodable {
        var normal: String?
        var prerelease: Bool?
        var post: Bool?
        var development: Bool?
        var local: String?
        /// The place in the order; equal versions share one.
        var rank: Int?
    }

    private static let program = """
        import json, sys
        from pip._vendor.packaging.version import Version, InvalidVersion
        texts, answers, valid = json.load(sys.stdin), [], []
        for text in texts:
            try:
                v = Version(text)
            except InvalidVersion:
                answers.append({})
                continue
            valid.append((v, len(answers)))
            answers.append(dict(normal=str(v), prerelease=v.is_prerelease, post=v.is_postrelease,
                                development=v.is_devrelease, local=v.local))
        valid.sort(key=lambda pair: pair[0])
        rank, last = 0, None
        for v, index in valid:
            if last is not None and last != v:
                rank += 1
            answers[index]["rank"], last = rank, v
        json.dump(answers, sys.stdout)
        """

    /// The answers for texts; `nil` when there is no Python with pip here.
    private func ask(_ texts: [String]) throws -> [Answer]? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.program]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        let request = FileManager.default.temporaryDirectory.appending(path: "versions-\(UUID()).json")
        try JSONEncoder().encode(texts).write(to: request)
        defer { try? FileManager.default.removeItem(at: request) }
        process.standardInput = try FileHandle(forReadingFrom: request)
        try process.run()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
        return try JSONDecoder().decode([Answer].self, from: answer)
    }

    @Test func agreesWithPackaging() throws {
        var random = SplitMix64(state: 440)
        let texts = (0..<6_000).map { _ in Self.version(&random) }
        guard let answers = try ask(texts) else {
            print("skipped: python3 with pip, to compare versions with, is not here")
            return
        }
        try #require(answers.count == texts.count)
        var ranked: [(rank: Int, version: Version)] = []
        for (text, answer) in zip(texts, answers) {
            let version = Version(text)
            #expect(version?.description == answer.normal, "\(text.debugDescription)")
            guard let version, let rank = answer.rank else { continue }
            #expect(version.isPrerelease == answer.prerelease && version.isPostrelease == answer.post, "\(text)")
            #expect(version.isDevelopment == answer.development && version.local == answer.local, "\(text)")
            ranked.append((rank, version))
        }
        #expect(ranked.count > 2_000 && ranked.count < texts.count)
        ranked.sort { $0.rank < $1.rank }
        for (left, right) in zip(ranked, ranked.dropFirst()) {
            #expect((left.version == right.version) == (left.rank == right.rank), "\(left.version) \(right.version)")
            #expect((left.version < right.version) == (left.rank < right.rank), "\(left.version) \(right.version)")
            #expect(!(right.version < left.version), "\(left.version) \(right.version)")
            if left.rank == right.rank { #expect(left.version.hashValue == right.version.hashValue) }
        }
    }

    private static func version(_ random: inout SplitMix64) -> String {
        func pick(_ choices: [String]) -> String { choices.randomElement(using: &random) ?? "" }
        func maybe(_ oneIn: Int, _ text: @autoclosure () -> String) -> String {
            Int.random(in: 0..<oneIn, using: &random) == 0 ? text() : ""
        }
        let numbers = [
            "0", "1", "2", "01", "10", "9", "18446744073709551615", "18446744073709551616", "99999999999999999999",
        ]
        let separators = ["", "", ".", "-", "_"]
        var text = maybe(10, pick([" ", "\n", "\t", "\u{a0}", "\u{1f}"])) + maybe(8, pick(["v", "V"]))
        text += maybe(8, pick(numbers) + "!") + pick(numbers)
        for _ in 0..<Int.random(in: 0..<4, using: &random) { text += "." + pick(numbers) }
        text += maybe(
            3,
            pick(separators) + pick(["a", "b", "rc", "c", "alpha", "Beta", "pre", "PREVIEW"]) + pick(separators)
                + maybe(2, pick(numbers))
        )
        text += maybe(
            4,
            pick([pick(separators) + pick(["post", "rev", "r"]) + pick(separators), "-"]) + maybe(2, pick(numbers))
        )
        text += maybe(4, pick(separators) + pick(["dev", "DEV"]) + pick(separators) + maybe(2, pick(numbers)))
        text += maybe(
            5,
            "+" + pick(["a", "1", "01", "Ab1", "cpu"]) + maybe(2, pick([".", "-", "_", ""]) + pick(["1", "x", "10"]))
        )
        text += maybe(10, pick([" ", "\n", "\u{2003}", "\u{1c}"]))
        // A byte out of place now and then.
        if Int.random(in: 0..<12, using: &random) == 0, let at = text.indices.randomElement(using: &random) {
            text.replaceSubrange(at...at, with: pick(["", ".", "x", "!", "+", "é", "-", "c"]))
        }
        return text
    }
}

/// A small generator with a seed, so that a failure can be had again.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
