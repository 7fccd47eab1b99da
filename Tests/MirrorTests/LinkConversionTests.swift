import Foundation
import Glibc
import Scheduling
import SystemPackage
import TestSupport
import Testing

/// The kind of all names of packages changed, while readers read, and cut off.
@Suite("Changed kinds of package names") struct LinkConversionTests {
    private let upstream = ScriptedUpstream()

    private func made(_ mode: LinkMode, _ count: Int = 8) throws -> TestMirror {
        upstream.publish(try .good(count))
        let mirror = try TestMirror(
            of: upstream.url,
            configuration: ["retries": "0", "link": "\"\(mode.rawValue)\""]
        )
        let sync = try mirror.sync()
        try #require(sync.exitCode == 0, "\(sync)")
        return mirror
    }

    /// The bytes of all names.
    private func bytes(of mirror: TestMirror) throws -> [String: Data] {
        var bytes: [String: Data] = [:]
        for name in try mirror.packageNames() {
            bytes[name.string] = try Data(contentsOf: URL(fileURLWithPath: name.string))
        }
        return bytes
    }

    /// Reads all names again and again on a thread of its own, until told to end.
    private final class Reader: Sendable {
        private let isDone = Locked(false)
        private let found = Locked<(rounds: Int, problems: [String])>((0, []))

        init(_ expected: [String: Data]) {
            Thread.detachNewThread { [isDone, found] in
                while !isDone.withLock({ $0 }) {
                    for (path, bytes) in expected
                    where (try? Data(contentsOf: URL(fileURLWithPath: path))) != bytes {
                        found.withLock { $0.problems.append(path) }
                    }
                    found.withLock { $0.rounds += 1 }
                }
            }
        }

        /// Ends the reading, after a whole round more.
        func finish() -> (rounds: Int, problems: [String]) {
            let rounds = found.withLock { $0.rounds }
            while found.withLock({ $0.rounds }) < rounds + 2 { usleep(1_000) }
            isDone.withLock { $0 = true }
            return found.withLock { $0 }
        }
    }

    @Test("Every kind becomes every other one, and readers miss nothing", arguments: LinkMode.allCases)
    func pairs(first: LinkMode) throws {
        let mirror = try made(first)
        let digest = try mirror.treeDigest
        let expected = try bytes(of: mirror)
        #expect(expected.count == 16)
        let reader = Reader(expected)
        for other in first.others {
            for (mode, command) in [(other, "sync"), (first, "publish")] {
                try mirror.setLink(mode)
                // What is not applied yet is no finding.
                #expect(try mirror.verify().exitCode == 0)
                let result = try mirror.run(command, "--json")
                #expect(result.exitCode == 0, "\(result)")
                #expect(result.report.text("links.kind") == mode.rawValue, "\(result)")
                #expect(result.report.int("links.converted") == 16 && result.report.int("links.left") == 0)
                let size = expected.values.reduce(0) { $0 + $1.count }
                #expect(result.report.int("links.bytes") == (mode == .copy ? size : 0))
                try mirror.expectOrder(mode)
                #expect(!(try mirror.sync().report.has("links")))
            }
        }
        let (rounds, problems) = reader.finish()
        #expect(problems == [] && rounds > 2)
        #expect(try mirror.treeDigest == digest)
        #expect(try mirror.report("status").int("generation") == 1)
        #expect(try bytes(of: mirror) == expected)
    }

    @Test("A conversion that is killed is gone on with", arguments: LinkMode.allCases)
    func killed(first: LinkMode) throws {
        let mirror = try made(first, 60)
        let expected = try bytes(of: mirror)
        var mode = first
        var kills = 0
        for round in 0..<18 {
            mode = mode.others[round % 2]
            try mirror.setLink(mode)
            let program = try mirror.start(["publish"])
            usleep(UInt32(10_000 + 25_000 * (round % 6)))
            if program.isRunning { kills += 1 }
            program.signal(SIGKILL)
            program.wait()
            #expect(try bytes(of: mirror) == expected, "\(round)")
            let verification = try mirror.verify("--publication", "--content")
            #expect(verification.exitCode == 0, "\(round): \(verification)")
        }
        #expect(kills > 0)
        let last = try mirror.run("publish")
        #expect(last.exitCode == 0, "\(last)")
        try mirror.expectOrder(mode)
        #expect(try FileManager.default.contentsOfDirectory(atPath: mirror.root.appending("tmp").string) == [])
    }

    @Test("A conversion that is interrupted says so, and is gone on with") func interrupted() throws {
        let mirror = try made(.symlink, 200)
        let expected = try bytes(of: mirror)
        try mirror.setLink(.copy)
        var codes: Set<Int32> = []
        // In microseconds: a signal that ends it is too early, and one after its end too late. How long that takes depends
        // on the machine.
        var (early, late): (UInt32, UInt32?) = (20_000, nil)
        for round in 0..<40 where !codes.contains(130) {
            let program = try mirror.start(["publish", "--json"])
            let delay = late.map { (early + $0) / 2 } ?? early * 2
            usleep(delay)
            program.signal(SIGTERM)
            let code = program.wait()
            codes.insert(code)
            if code == 0 { late = delay } else { early = delay }
            // What the machine did beside may have moved the moment out of the bounds.
            if let end = late, end - early < 2_000 { (early, late) = (early / 2, nil) }
            let output = try mirror.startedOutput
            if codes.contains(130) { #expect(output.contains("\"outcome\":\"interrupted\""), "\(output)") }
            #expect(try bytes(of: mirror) == expected)
            try mirror.setLink(round % 2 == 0 ? .symlink : .copy)
        }
        #expect(codes.contains(130) && codes.isSubset(of: [0, 130, -1]), "\(codes)")
        try mirror.setLink(.copy)
        #expect(try mirror.sync().exitCode == 0)
        try mirror.expectOrder(.copy)
    }

    @Test("A good copy gives way to no damaged object", arguments: [LinkMode.symlink, .hardlink])
    func lastGoodCopy(mode: LinkMode) throws {
        let mirror = try made(.copy)
        let expected = try bytes(of: mirror)
        let file = "good_03-1.0-py3-none-any.whl"
        try rewrite(try mirror.object(of: file, in: "good-03")) { $0[9] ^= 1 }
        try mirror.setLink(mode)
        let published = try mirror.run("publish", "--json")
        #expect(published.exitCode == 3, "\(published)")
        #expect(published.report.int("links.left") == 1)
        #expect(published.report.objects("failures").first?.text("reason")?.contains(file) == true)
        #expect(try bytes(of: mirror) == expected)
        // The copy is what the object is had from.
        upstream.set("/files/\(file)", .failing("404 Not Found"))
        #expect(try mirror.verify("--repair").exitCode == 8)
        #expect(try mirror.run("publish").exitCode == 0)
        #expect(try bytes(of: mirror) == expected)
        try mirror.expectOrder(mode)
    }

    @Test("What cannot be copied stays what it is, and is told") func damaged() throws {
        let mirror = try made(.symlink)
        let file = "good_03-1.0-py3-none-any.whl"
        try rewrite(try mirror.object(of: file, in: "good-03")) { $0[9] ^= 1 }
        try mirror.setLink(.copy)
        let published = try mirror.run("publish", "--json")
        #expect(published.exitCode == 3, "\(published)")
        #expect(published.report.int("links.converted") == 15 && published.report.int("links.left") == 1)
        #expect(published.report.objects("failures").first?.text("reason")?.contains(file) == true)
        #expect(try mirror.verify("--publication").exitCode == 0)
        #expect(try mirror.verify("--repair").exitCode == 8)
        let second = try mirror.run("publish", "--json")
        #expect(second.exitCode == 0 && second.report.int("links.converted") == 1, "\(second)")
        try mirror.expectOrder(.copy)
    }

    @Test(
        "Where hard links are not possible, that is said, and nothing changes",
        .enabled(if: SmallDisk.isPossible, "mounting a tmpfs needs root and CAP_SYS_ADMIN")
    )
    func otherFileSystem() throws {
        let mirror = try made(.symlink)
        let packages = mirror.root.appending("packages")
        let aside = mirror.folder.path.appending("aside")
        try FileManager.default.moveItem(atPath: packages.string, toPath: aside.string)
        let disk = try SmallDisk(packages, kibibytes: 4_096)
        for name in try FileManager.default.contentsOfDirectory(atPath: aside.string) {
            try aside.appending(name).copy(to: packages.appending(name))
        }
        try mirror.setLink(.hardlink)
        let result = try mirror.sync()
        #expect(result.exitCode == 74, "\(result)")
        let text = result.report.text("error") ?? ""
        #expect(text.contains("different file systems") && text.contains("link = \"copy\""), "\(result)")
        #expect(try mirror.linkModes() == [.symlink: 16])
        #expect(try mirror.verify().exitCode == 0)
        try mirror.setLink(.symlink)
        #expect(try mirror.sync().exitCode == 0)
        try mirror.expectOrder(.symlink)
        withExtendedLifetime(disk) {}
    }

    @Test(
        "Where there is no room for copies, that is said, and readers keep what they have",
        .enabled(if: SmallDisk.isPossible, "mounting a tmpfs needs root and CAP_SYS_ADMIN")
    )
    func noRoom() throws {
        var large = try ScriptedProject("large")
        large.files[0] = try .init(filename: "large-1.0.tar.gz", bytes: (0..<6_000_000).map { UInt8($0 % 251) })
        upstream.publish(try .good(4) + [large])
        let folder = try TemporaryFolder()
        let disk = try SmallDisk(folder.path.appending("disk"), kibibytes: 65_536)
        let mirror = try TestMirror(
            of: upstream.url,
            at: disk.path.appending("mirror"),
            configuration: ["retries": "0", "free-space": "\"1MiB\""]
        )
        #expect(try mirror.sync().exitCode == 0)
        try mirror.setLink(.copy)
        try disk.resize(kibibytes: disk.used + 4_096)
        let full = try mirror.sync()
        #expect(
            full.exitCode == 74 && full.report.text("error")?.contains("no space left for copies") == true,
            "\(full)"
        )
        #expect(try mirror.verify("--publication", "--content").exitCode == 0)
        try disk.resize(kibibytes: 65_536)
        #expect(try mirror.sync().exitCode == 0)
        try mirror.expectOrder(.copy)
        // What a sync brings needs the room twice, which is asked for before anything is committed.
        var more = try ScriptedProject("more")
        more.files[0] = try .init(filename: "more-1.0.tar.gz", bytes: (0..<6_000_000).map { UInt8($0 % 253) })
        upstream.publish(try .good(4) + [large, more])
        try disk.resize(kibibytes: disk.used + 9_000)
        let second = try mirror.sync()
        #expect(second.exitCode == 74 && second.report.text("error")?.contains("no space left") == true, "\(second)")
        try mirror.expectOrder(.copy)
        try disk.resize(kibibytes: 65_536)
        #expect(try mirror.sync().exitCode == 0)
        try mirror.expectOrder(.copy)
    }
}
