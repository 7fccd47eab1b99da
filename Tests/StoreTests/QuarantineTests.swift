import Digest
import FileIO
import Foundation
import Mirror
import ObjectStore
import SystemPackage
import Testing

/// What is damaged is kept in quarantine before anything takes its place: once, whole, and wherever quarantine lies.
@Suite("Quarantine") struct QuarantineTests {
    private let fixture: ScrubFixture
    private let other: TemporaryFolder
    private let files = POSIXFileSystem()

    init() throws {
        fixture = try ScrubFixture(upstream: "file:///nowhere/simple/")
        other = try TemporaryFolder("objects")
    }

    /// A damaged object of a mirror, its good bytes in another one.
    private struct Damaged {
        let digest: SHA256Digest
        let path: FilePath
        let good: [UInt8]
        let wrong: [UInt8]
        let findings: [Finding]
        let options: RepairOptions
    }

    private func damage(in mirror: MirrorRoot) async throws -> Damaged {
        let objects = try fixture.store([(stored: 9, verified: nil)], in: mirror)
        _ = try fixture.storeRecord(listing: objects, in: mirror)
        let path = mirror.objects.path(of: objects[0])
        let good = try files.contents(of: path, limit: 1_000)
        let copy = other.path.appending("objects").pushing(FilePath(ObjectStore.relativePath(of: objects[0])))
        try files.makeDirectories(copy.removingLastComponent())
        try files.write(good, toNewFile: copy, permissions: ObjectStore.permissions, durably: false)
        try fixture.rot(path) { $0[7] ^= 0x40 }
        var options = RepairOptions()
        options.source = .root(other.path)
        return Damaged(
            digest: objects[0],
            path: path,
            good: good,
            wrong: try files.contents(of: path, limit: 1_000),
            findings: try await mirror.verify(VerifyOptions(.content)).findings,
            options: options
        )
    }

    /// The names in quarantine.
    private var names: [String] {
        get throws {
            let directory = fixture.root.appending("quarantine")
            return try files.exists(directory) ? files.list(directory).map(\.name).sorted() : []
        }
    }

    /// Expects the good bytes in their place, and the wrong ones in quarantine with their story.
    private func expectRepaired(_ damaged: Damaged, _ report: RepairReport, _ mirror: MirrorRoot) async throws {
        #expect(report.failure == nil)
        #expect(report.findings.map(\.outcome) == [.repaired], "\(report.findings)")
        #expect(try files.contents(of: damaged.path, limit: 1_000) == damaged.good)
        let name = "19700112T134640Z-\(damaged.digest.hex)"
        #expect(try names == [name, name + ".json"])
        let kept = fixture.root.appending("quarantine").appending(name)
        #expect(try files.contents(of: kept, limit: 1_000) == damaged.wrong)
        let story = try fixture.folder.read("mirror/quarantine/\(name).json")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(story)) as? [String: Any])
        #expect(object["outcome"] as? String == "repaired")
        #expect(object["object"] as? String == damaged.digest.hex)
        #expect(try await mirror.verify(VerifyOptions([.content, .quick])).exitCode == 0)
    }

    @Test("What a repair kept that did not come to its end is not kept twice", arguments: [false, true])
    func once(isCopy: Bool) async throws {
        try await fixture.withMirror { mirror in
            let damaged = try await damage(in: mirror)
            if isCopy { fixture.faulty.refuse("link", with: .notPermitted) }
            fixture.faulty.refuse("rename", damaged.path, with: .ioError)
            for _ in 0..<2 {
                let stopped = await mirror.repair(damaged.findings, damaged.options)
                #expect(stopped.failure != nil)
                #expect(try files.contents(of: damaged.path, limit: 1_000) == damaged.wrong)
                #expect(try names.count == 2)
            }
            fixture.faulty.heal()
            if isCopy { fixture.faulty.refuse("link", with: .notPermitted) }
            try await expectRepaired(damaged, await mirror.repair(damaged.findings, damaged.options), mirror)
        }
    }

    @Test("Where there are no second names, a copy is durable before anything takes the place of what it is of")
    func copies() async throws {
        let refusals: [Errno] = [.improperLink, .notPermitted, .tooManyLinks]
        for errno in refusals {
            let test = try QuarantineTests()
            try await test.fixture.withMirror { mirror in
                let damaged = try await test.damage(in: mirror)
                test.fixture.faulty.refuse("link", with: errno)
                test.fixture.faulty.forgetCalls()
                let report = await mirror.repair(damaged.findings, damaged.options)
                try await test.expectRepaired(damaged, report, mirror)
                let quarantine = test.fixture.root.appending("quarantine")
                let name = "19700112T134640Z-\(damaged.digest.hex)"
                var calls = test.fixture.faulty.calls[...]
                // Bytes, their name, the story, its name; then the object.
                for (operation, path) in [
                    ("fsync", quarantine.appending(".\(name).new")), ("rename", quarantine.appending(name)),
                    ("fsync", quarantine), ("fsync", quarantine.appending(".\(name).json.new")),
                    ("rename", quarantine.appending(name + ".json")), ("fsync", quarantine),
                    ("rename", damaged.path),
                ] {
                    let place = calls.firstIndex(of: .init(operation: operation, path: path))
                    calls = calls[((try #require(place, "\(errno): \(operation) \(path)")) + 1)...]
                }
            }
        }
    }

    @Test("A copy that breaks off stops the repair, and leaves neither half a copy nor less than there was")
    func brokenCopy() async throws {
        try await fixture.withMirror { mirror in
            let damaged = try await damage(in: mirror)
            let copy = fixture.root.appending("quarantine/.19700112T134640Z-\(damaged.digest.hex).new")
            for operation in ["create", "write", "futimens", "fsync"] {
                fixture.faulty.refuse("link", with: .improperLink)
                fixture.faulty.refuse(operation, copy, with: .noSpace)
                let stopped = await mirror.repair(damaged.findings, damaged.options)
                #expect("\(try #require(stopped.failure))".contains("quarantine"), "\(operation)")
                #expect(stopped.findings.map(\.outcome) == [.left], "\(operation)")
                #expect(try names == [], "\(operation)")
                #expect(try files.contents(of: damaged.path, limit: 1_000) == damaged.wrong)
                fixture.faulty.heal()
            }
            fixture.faulty.refuse("link", with: .improperLink)
            try await expectRepaired(damaged, await mirror.repair(damaged.findings, damaged.options), mirror)
        }
    }

    @Test("A second name that the disk fails to give is no reason for a copy", arguments: [Errno.noSpace, .ioError])
    func failedLink(errno: Errno) async throws {
        try await fixture.withMirror { mirror in
            let damaged = try await damage(in: mirror)
            fixture.faulty.refuse("link", with: errno)
            let stopped = await mirror.repair(damaged.findings, damaged.options)
            #expect(stopped.failure != nil)
            #expect(try names == [])
            #expect(try files.contents(of: damaged.path, limit: 1_000) == damaged.wrong)
            fixture.faulty.heal()
            try await expectRepaired(damaged, await mirror.repair(damaged.findings, damaged.options), mirror)
        }
    }

    @Test("What is damaged anew is kept as well") func again() async throws {
        try await fixture.withMirror { mirror in
            let damaged = try await damage(in: mirror)
            try await expectRepaired(damaged, await mirror.repair(damaged.findings, damaged.options), mirror)
            try fixture.rot(damaged.path) { $0 = Array("other bytes".utf8) }
            let found = try await mirror.verify(VerifyOptions(.content)).findings
            let repaired = await mirror.repair(found, damaged.options)
            #expect(repaired.findings.map(\.outcome) == [.repaired])
            #expect(try names.count == 4)
            let second = "mirror/quarantine/19700112T134640Z.2-\(damaged.digest.hex)"
            #expect(try fixture.folder.read(second) == Array("other bytes".utf8))
        }
    }
}
