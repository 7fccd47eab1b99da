import Catalog
import Configuration
import Digest
import FileIO
import Mirror
import ObjectStore
import SystemPackage
import Testing

/// Which objects a verification hashes, in which order, and what it remembers.
@Suite("Scrubbing") struct ScrubTests {
    /// The most objects that are hashed at once, by which orders may differ.
    private static let lanes = 32

    private func options(_ change: (inout VerifyOptions) -> Void = { _ in }) -> VerifyOptions {
        var options = VerifyOptions(.content)
        change(&options)
        return options
    }

    @Test("The objects whose last check is longest ago come first, each once, however many passes it takes")
    func oldestFirst() async throws {
        let fixture = try ScrubFixture()
        try await fixture.withMirror { mirror in
            var random = SeededGenerator(4)
            let ages = (0..<300).map { _ -> (stored: Int64, verified: Int64?) in
                let stored = Int64.random(in: 10...1_000, using: &random)
                return (stored, Bool.random(using: &random) ? Int64.random(in: 1...stored, using: &random) : nil)
            }
            let objects = try fixture.store(ages, in: mirror)
            let order = zip(objects, ages).map { (age: $1.verified ?? $1.stored, digest: $0) }
                .sorted { ($1.age, $0.digest) < ($0.age, $1.digest) }.map(\.digest)
            for passSize in [1_000, 300, 40] {
                fixture.faulty.forgetCalls()
                let report = try await mirror.verify(options { $0.passSize = passSize })
                #expect(report.hashedObjects == 300)
                #expect(report.checkedBytes == 30_000)
                #expect(report.exitCode == 0)
                #expect(report.coverage?.percent == 100)
                #expect(report.coverage?.oldestAge == 0)
                let opened = fixture.opened
                #expect(opened.count == 300)
                #expect(Set(opened) == Set(objects))
                #expect(try fixture.checkedNow(in: mirror).count == 300)
                guard passSize == 1_000 else { continue }
                // The first run's order is that of the ages; later ones find all of one age.
                let places = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
                // A thread that the system holds back is late with its object, whatever the others do meanwhile.
                let late = opened.enumerated().filter { place, digest in
                    abs((places[digest] ?? -1_000) - place) >= 2 * Self.lanes
                }
                #expect(late.count <= Self.lanes)
            }
        }
    }

    @Test("What the time does not suffice for is first in the next run")
    func stopped() async throws {
        let fixture = try ScrubFixture()
        try await fixture.withMirror { mirror in
            let objects = try fixture.store((0..<120).map { (stored: 1_000 - $0, verified: nil) }, in: mirror)
            var seen: [SHA256Digest] = []
            var runs = 0
            repeat {
                fixture.faulty.forgetCalls()
                let before = try fixture.checkedNow(in: mirror)
                let report = try await mirror.verify(
                    options {
                        // Some forty objects, the burst of the first second counted.
                        $0.maximumRate = try? ByteCount(configuration: "2000B")
                        $0.maximumTime = .seconds(1)
                        $0.maximumAge = .seconds(50)
                        $0.passSize = 50
                    }
                )
                let checked = try fixture.checkedNow(in: mirror).subtracting(before)
                #expect(report.exitCode == 0)
                #expect(report.hashedObjects == checked.count)
                #expect(report.isStopped == (seen.count + checked.count < objects.count))
                // Nothing of this run was hashed in an earlier one, and everything older was.
                #expect(checked.isDisjoint(with: seen))
                let oldest = objects.drop { seen.contains($0) }
                #expect(checked.isSubset(of: oldest.prefix(checked.count + 2 * Self.lanes)))
                seen += checked
                runs += 1
                try #require(runs < 60)
            } while seen.count < objects.count
            #expect(runs > 1)
        }
    }

    @Test("A cancelled run keeps what it has checked")
    func cancelled() async throws {
        let fixture = try ScrubFixture()
        try await fixture.withMirror { mirror in
            try fixture.store((0..<50).map { (stored: 100 + $0, verified: nil) }, size: 1_000, in: mirror)
            // So slow that it is not done before the cancellation, however late that comes.
            let options = options { $0.maximumRate = try? ByteCount(configuration: "1kB") }
            let run = Task { try await mirror.verify(options) }
            while fixture.opened.count < 7 { try await Task.sleep(for: .milliseconds(5)) }
            run.cancel()
            let report = try await run.value
            #expect(report.isInterrupted)
            #expect(!report.isStopped)
            let checked = try fixture.checkedNow(in: mirror).count
            #expect(checked == report.hashedObjects)
            #expect((1..<50).contains(checked))
        }
    }

    @Test("Only what was checked longer ago than the age is hashed, by the flag or by larder.toml")
    func maximumAge() async throws {
        let fixture = try ScrubFixture(settings: "[verify]\nmax-age = \"1000s\"\n")
        try await fixture.withMirror { mirror in
            let ages: [(Int64, Int64?)] = [(5_000, 2_000), (5_000, 999), (1_500, nil), (1_000, nil), (10, nil)]
            let objects = try fixture.store(ages.map { (stored: $0.0, verified: $0.1) }, in: mirror)
            let first = try await mirror.verify(options { $0.sample = try? Share(configuration: "0%") })
            #expect(first.hashedObjects == 0)
            #expect(first.coverage?.percent == 40)
            #expect(first.coverage?.oldestAge == 2_000)
            #expect(try await mirror.status().coverage.percent == 40)
            let second = try await mirror.verify(options())
            #expect(Set(fixture.opened) == [objects[0], objects[2], objects[3]])
            #expect(second.coverage?.percent == 100)
            fixture.faulty.forgetCalls()
            #expect(try await mirror.verify(options { $0.maximumAge = .seconds(500) }).hashedObjects == 1)
            #expect(fixture.opened == [objects[1]])
            #expect(try await mirror.verify(options { $0.maximumAge = .zero }).hashedObjects == 5)
        }
    }

    @Test("A share takes others in each run")
    func sample() async throws {
        let fixture = try ScrubFixture()
        try await fixture.withMirror { mirror in
            try fixture.store((0..<1_000).map { _ in (stored: 100, verified: nil) }, in: mirror)
            var samples: [Set<SHA256Digest>] = []
            for seed in [1, 1, 2, 3] as [UInt64] {
                fixture.faulty.forgetCalls()
                let report = try await mirror.verify(
                    options {
                        $0.sample = try? Share(configuration: "25%")
                        $0.seed = seed
                    }
                )
                samples.append(Set(fixture.opened))
                #expect(report.hashedObjects == samples.last?.count)
            }
            #expect(samples.allSatisfy { (150...350).contains($0.count) })
            #expect(samples[0] == samples[1])
            #expect(Set(samples).count == 3)
            #expect(samples[0].union(samples[2]).union(samples[3]).count > 400)
        }
    }

    @Test("Checks in the future are none")
    func clockThatWasWrong() async throws {
        let fixture = try ScrubFixture()
        try await fixture.withMirror { mirror in
            let objects = try fixture.store(
                [(stored: -5_000, verified: nil), (stored: 50, verified: -9_000), (stored: 60, verified: 1)],
                in: mirror
            )
            #expect(try await mirror.verify(options { $0.maximumAge = .seconds(40) }).hashedObjects == 2)
            #expect(Set(fixture.opened) == Set(objects.prefix(2)))
        }
    }

    @Test("What is wrong is opened a second time, what cannot be read is no damage, and neither is removed")
    func wrongAndUnreadable() async throws {
        let fixture = try ScrubFixture()
        try await fixture.withMirror { mirror in
            let objects = try fixture.store((0..<5).map { _ in (stored: 9, verified: nil) }, in: mirror)
            let path = mirror.objects.path(of: objects[2])
            let files = POSIXFileSystem()
            try files.remove(path)
            let bytes = [UInt8](repeating: 9, count: 100)
            try files.write(bytes, toNewFile: path, permissions: ObjectStore.permissions, durably: false)
            var report = try await mirror.verify(options())
            #expect(report.findings.map(\.kind) == [.digestMismatch])
            #expect(report.findings.first?.object == objects[2])
            #expect(report.exitCode == 1)
            #expect(fixture.opened.count { $0 == objects[2] } == 2)
            #expect(fixture.opened.count == 6)
            #expect(!(try fixture.checkedNow(in: mirror)).contains(objects[2]))

            fixture.faulty.fail(call: 1, with: .ioError, forGood: true)
            report = try await mirror.verify(options())
            fixture.faulty.heal()
            #expect(report.found == [.ioError: 5])
            #expect(report.exitCode == 4)
            for object in objects { #expect(try mirror.objects.status(of: object) != nil) }
        }
    }

    @Test("More findings than anybody reads are counted, and the first are listed")
    func manyFindings() async throws {
        let fixture = try ScrubFixture()
        try await fixture.withMirror { mirror in
            let count = VerifyReport.findingLimit + 77
            try fixture.store(
                (0..<count).map { _ in (stored: 9, verified: nil) },
                in: mirror,
                withFiles: false
            )
            let report = try await mirror.verify(VerifyOptions(.quick))
            #expect(report.found == [.missing: count])
            #expect(report.findings.count == VerifyReport.findingLimit)
            #expect(report.exitCode == 1)
            #expect(report.checkedObjects == count)
            #expect(try await mirror.status().findings == count)
        }
    }

    @Test("Objects that came before the record of their project are no damage, in the index neither")
    func unfinishedProject() async throws {
        let fixture = try ScrubFixture()
        try await fixture.withMirror { mirror in
            try fixture.store((0..<3).map { _ in (stored: 9, verified: nil) }, in: mirror)
            let report = try await mirror.verify(VerifyOptions())
            #expect(report.findings.isEmpty)
            #expect(report.exitCode == 0)
            #expect(report.checkedObjects == 3)
        }
    }

    @Test("A damaged row is one finding, and what it is about could not be checked", arguments: [true, false])
    func damagedRow(isContent: Bool) async throws {
        let fixture = try ScrubFixture()
        try await fixture.withMirror { mirror in
            _ = try fixture.store((0..<5).map { _ in (stored: 9, verified: nil) }, in: mirror)
        }
        try RawIndex.rewrite(table: "objects", root: fixture.root) { place, value in
            place == 2 ? value.map { $0 ^ 1 } : value
        }
        try await fixture.withMirror { mirror in
            let report = try await mirror.verify(isContent ? options() : VerifyOptions())
            // Index, names and contents all walk over it.
            #expect(report.found == [.indexCorrupt: 1])
            #expect(report.exitCode == 6)
            #expect(report.hashedObjects == 4)
            // The count is told, since only a row is damaged.
            let told = try mirror.catalog.read { catalog throws(CatalogError) in
                try catalog.row(of: .lastFindings, in: Tables.meta)
            }
            #expect(told?.text == "1")
        }
    }

    @Test("Links and folders that cannot be read are no damage of what is published")
    func unreadable() async throws {
        let fixture = try ScrubFixture()
        try await fixture.withMirror { mirror in
            for path in ["packages/ab", "packages/cd"] {
                try POSIXFileSystem().makeDirectories(fixture.root.pushing(FilePath(path)))
            }
            fixture.faulty.refuse("list", fixture.root.appending("packages/ab"), with: .ioError)
            var report = try await mirror.verify(VerifyOptions(.publication))
            #expect(report.findings.map(\.kind) == [.ioError])
            #expect(report.findings.first?.path == "packages/ab")
            #expect(report.exitCode == 4)
            fixture.faulty.heal()
            fixture.faulty.refuse("readlink", fixture.root.appending("web"), with: .permissionDenied)
            report = try await mirror.verify(VerifyOptions(.publication))
            #expect(report.findings.map(\.kind) == [.ioError])
            #expect(report.findings.first?.path == "web")
        }
    }

    @Test("A record that one mode could read and another one cannot is told by that one")
    func recordUnreadableLater() async throws {
        let fixture = try ScrubFixture()
        try await fixture.withMirror { mirror in
            let path = try fixture.storeRecord(listing: [], in: mirror)
            var options = VerifyOptions([.index, .content])
            options.projects = [try project("demo")]
            var report = try await mirror.verify(options)
            #expect(report.exitCode == 0, "\(report.findings)")
            // What the record lists is found by the second of the modes.
            fixture.faulty.refuse("open to read", path, with: .tooManyOpenFiles, after: 1)
            report = try await mirror.verify(options)
            #expect(report.findings.map(\.kind) == [.ioError])
            #expect(report.findings.first?.path == path.string.split(separator: "/").suffix(3).joined(separator: "/"))
            #expect(report.exitCode == 4)
        }
    }

    @Test("An object whose mode may not be changed is replaced by a copy, and keeps no other from being repaired")
    func modeOfAnother() async throws {
        let fixture = try ScrubFixture()
        try await fixture.withMirror { mirror in
            let objects = try fixture.store((0..<3).map { _ in (stored: 9, verified: nil) }, in: mirror)
            let files = POSIXFileSystem()
            for digest in objects { try files.setPermissions([.ownerReadWrite], of: mirror.objects.path(of: digest)) }
            let path = mirror.objects.path(of: objects[1])
            let before = try files.status(path)
            fixture.faulty.refuse("chmod", path, with: .notPermitted)
            let found = try await mirror.verify(VerifyOptions(.quick))
            #expect(found.found == [.badMode: 3])
            let repaired = await mirror.repair(found.findings)
            #expect(repaired.failure == nil)
            #expect(repaired.findings.map(\.outcome) == [.repaired, .repaired, .repaired])
            #expect(try files.status(path).permissions == ObjectStore.permissions)
            #expect(try files.status(path).identity != before.identity)
            #expect(try await mirror.verify(VerifyOptions([.quick, .content])).exitCode == 0)
        }
    }

    @Test("An object that can neither be changed nor copied is left, and the rest is repaired")
    func modeThatStays() async throws {
        let fixture = try ScrubFixture()
        try await fixture.withMirror { mirror in
            let objects = try fixture.store((0..<2).map { _ in (stored: 9, verified: nil) }, in: mirror)
            for digest in objects {
                try POSIXFileSystem().setPermissions([.ownerReadWrite], of: mirror.objects.path(of: digest))
            }
            let path = mirror.objects.path(of: objects[0])
            fixture.faulty.refuse("chmod", path, with: .notPermitted)
            fixture.faulty.refuse("rename", path, with: .permissionDenied)
            let repaired = await mirror.repair(try await mirror.verify(VerifyOptions(.quick)).findings)
            #expect(repaired.failure == nil)
            #expect(Set(repaired.findings.map(\.outcome)) == [.repaired, .left])
            #expect(repaired.findings.first { $0.outcome == .left }?.object == objects[0])
        }
    }

    @Test("An object whose record cannot be read is not withdrawn, since nobody would look for it again")
    func withdrawalWithoutRecord() async throws {
        let fixture = try ScrubFixture(upstream: "file:///nowhere/simple/")
        try await fixture.withMirror { mirror in
            let objects = try fixture.store([(stored: 9, verified: nil)], in: mirror)
            let record = try fixture.storeRecord(listing: objects, in: mirror)
            let path = mirror.objects.path(of: objects[0])
            let files = POSIXFileSystem()
            try files.remove(path)
            try files.write(Array("wrong".utf8), toNewFile: path, permissions: [.ownerRead], durably: false)
            let found = try await mirror.verify(VerifyOptions(.content))
            #expect(found.found == [.short: 1])
            fixture.faulty.refuse("open to read", record, with: .tooManyOpenFiles)
            var repaired = await mirror.repair(found.findings)
            #expect(repaired.findings.map(\.outcome) == [.left])
            #expect(try files.exists(path))
            fixture.faulty.heal()
            repaired = await mirror.repair(found.findings)
            #expect(repaired.findings.map(\.outcome) == [.withdrawn])
            #expect(try !files.exists(path))
            // It stays among the findings, also when the record is only sometimes readable.
            #expect(try await mirror.verify(VerifyOptions(.content)).found == [.missing: 1])
            fixture.faulty.refuse("open to read", record, with: .tooManyOpenFiles)
            #expect(try await mirror.verify(VerifyOptions(.content)).found == [.ioError: 1])
        }
    }

    @Test("How much was found is told, and that it could not be noted when it could not")
    func findingsThatCannotBeNoted() async throws {
        let fixture = try ScrubFixture()
        try await fixture.withMirror { mirror in
            try fixture.store([(stored: 9, verified: nil)], in: mirror, withFiles: false)
            #expect(try await mirror.verify(VerifyOptions(.quick)).found == [.missing: 1])
            try fillDisk(holding: fixture.root)
            // There is nothing new to note.
            #expect(try await mirror.verify(VerifyOptions(.quick)).found == [.missing: 1])
            try POSIXFileSystem().makeDirectories(fixture.root.pushing("objects/00/00/stranger"))
            let report = try await mirror.verify(VerifyOptions(.quick))
            #expect(report.found == [.missing: 1, .orphan: 1, .ioError: 1])
            #expect(report.exitCode == 7)
            #expect(report.findings.contains { $0.kind == .ioError && $0.detail.contains("could not be noted") })
        }
        try await fixture.withMirror { mirror in
            let findings = try await mirror.status().findings
            #expect(findings == 1)
        }
    }

    @Test("What is not listed is not repaired, and counts as left")
    func unlistedFindings() async throws {
        let fixture = try ScrubFixture()
        try await fixture.withMirror { mirror in
            let count = VerifyReport.findingLimit + 3
            for digest in try fixture.store((0..<count).map { _ in (stored: 9, verified: nil) }, in: mirror) {
                try POSIXFileSystem().setPermissions([.ownerReadWrite], of: mirror.objects.path(of: digest))
            }
            let report = try await mirror.verify(VerifyOptions(.quick))
            var some = report.findings
            some.removeLast(some.count - 2)
            // The two are right again.
            for finding in some {
                guard let digest = finding.object else { continue }
                try POSIXFileSystem().setPermissions(ObjectStore.permissions, of: mirror.objects.path(of: digest))
            }
            let repaired = await mirror.repair(some, unlisted: report.foundCount - some.count)
            #expect(repaired.findings.isEmpty)
            #expect(try await mirror.status().findings == count - 2)
        }
    }
}
