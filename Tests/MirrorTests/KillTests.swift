import DemoUpstream
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// kill -9 at any moment: the next sync ends where an uninterrupted one would (I5).
@Suite("Killed syncs", .serialized) struct KillTests {
    /// Random numbers that are the same for the same seed (splitmix64).
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }

    /// A sync, or the publication of what it fetched.
    private enum Step: CaseIterable {
        case first
        case publishing
        case second

        var command: [String] {
            switch self {
            case .first: ["sync", "--no-publish"]
            case .publishing: ["publish"]
            case .second: ["sync"]
            }
        }
    }

    private static let world: [DemoUpstream.Change] = (0..<8).flatMap { number in
        ["1.0", "1.1"].map { version in
            .release(Distribution(name: "kill-\(number)", version: version, kinds: [.wheel]))
        }
    }

    private static let story: [DemoUpstream.Change] = [
        .release(Distribution(name: "kill-0", version: "1.2")),
        .release(Distribution(name: "kill-new", version: "0.1", requires: ["kill-0"])),
        .yank(project: "kill-1", version: "1.1", reason: "broken"),
        .removeRelease(project: "kill-2", version: "1.0"),
        .removeProject("kill-3"),
    ]

    @Test("5, 32: From a folder, 120 times") func folder() throws {
        try killed(120, seed: 20_240_101) { site in ("file://\(site)/web/simple/", nil) }
    }

    @Test("5, 32: From nginx, 80 times", .enabled(if: NginxServer.program != nil, "nginx is not installed"))
    func nginx() throws {
        try killed(80, seed: 20_240_202) { site in
            let server = try NginxServer.serving(site)
            return (server.url("/simple/"), server)
        }
    }

    /// Kills syncs at random moments, each of them followed by another one, and now and then lets one end.
    private func killed(_ count: Int, seed: UInt64, upstream: (FilePath) throws -> (String, NginxServer?)) throws {
        let folder = try TemporaryFolder()
        var demo = DemoUpstream(root: folder.path.appending("site/web"), initial: Self.world)
        try demo.create()
        try demo.root.copy(to: folder.path.appending("before"))
        try demo.apply(Self.story)
        try demo.root.copy(to: folder.path.appending("after"))
        let (url, server) = try upstream(folder.path.appending("site"))
        defer { withExtendedLifetime(server) {} }
        func show(_ state: String) throws {
            demo.root.removeAll()
            try folder.path.appending(state).copy(to: demo.root)
        }

        // What undisturbed steps come to, and how long they take.
        let undisturbed = try TestMirror(of: url)
        var durations: [Step: Double] = [:]
        var digests: [Step: String] = [:]
        for step in Step.allCases {
            try show(step == .second ? "after" : "before")
            let start = ContinuousClock.now
            #expect(try undisturbed.start(step.command).wait() == 0)
            let duration = (ContinuousClock.now - start).components
            durations[step] = Double(duration.seconds) + Double(duration.attoseconds) / 1e18
            digests[step] = try undisturbed.treeDigest
        }
        try #require(digests.count == 2 && digests[.publishing] != digests[.second])

        var random = Seeded(state: seed)
        var kills: [Step: Int] = [:]
        var mirror = undisturbed
        while kills.values.reduce(0, +) < count {
            mirror = try TestMirror(of: url)
            for step in Step.allCases {
                try show(step == .second ? "after" : "before")
                for _ in 0..<Int.random(in: 4...9, using: &random) {
                    let program = try mirror.start(step.command)
                    usleep(UInt32(Double.random(in: 0...1, using: &random) * (durations[step] ?? 0) * 1e6))
                    // One that has ended by itself is followed by one with less to do.
                    if program.isRunning { kills[step, default: 0] += 1 }
                    program.signal(SIGKILL)
                    program.wait()
                }
                let last = try mirror.start(step.command).wait()
                let errors = try mirror.startedErrors
                #expect(last == 0, "\(step): \(errors)")
                #expect(try mirror.treeDigest == digests[step], "\(step)")
            }
            let verification = try mirror.verify("--content", "--index", "--publication")
            #expect(verification.exitCode == 0, "\(verification)")
            // What verify --quick would call orphans, which takes longer to find.
            let paths = try FileManager.default.subpathsOfDirectory(atPath: mirror.root.appending("objects").string)
            let objects = paths.filter { $0.split(separator: "/").count == 3 }.count
            #expect(try mirror.run("status", "--json").report.int("objects") == objects)
            let leftovers = try FileManager.default.contentsOfDirectory(atPath: mirror.root.appending("tmp").string)
            #expect(leftovers == [])
        }
        #expect(try mirror.verify().exitCode == 0)
        #expect(Step.allCases.allSatisfy { kills[$0, default: 0] > 0 }, "\(kills)")
        print("killed \(kills.map { "\($0.key) \($0.value)" }.sorted().joined(separator: ", "))")
    }
}
