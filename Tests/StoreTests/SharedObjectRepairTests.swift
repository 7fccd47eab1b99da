import Catalog
import Digest
import FileIO
import Foundation
import Mirror
import ObjectStore
import Record
import SystemPackage
import Testing

/// Records that are made anew while an object of them belongs to another project as well, whose record cannot be read.
@Suite("Repair of what two projects share") struct SharedObjectRepairTests {
    private let site: TemporaryFolder
    private let fixture: ScrubFixture
    private let files = POSIXFileSystem()
    private static let content = "the same archive"
    private let digest: SHA256Digest

    init() throws {
        site = try TemporaryFolder()
        fixture = try ScrubFixture(
            settings: "retries = 0\n[select]\nprojects = [\"twin-a\", \"twin-b\"]\n",
            upstream: "file://\(site.path)/simple/"
        )
        digest = try SHA256Digest.hash(Self.content.utf8)
        for name in ["a", "b"] {
            let page: [String: Any] = [
                "meta": ["api-version": "1.0"], "name": "twin-\(name)",
                "files": [
                    [
                        "filename": "twin_\(name)-1.0.tar.gz", "url": "../../files/twin_\(name)-1.0.tar.gz",
                        "hashes": ["sha256": digest.hex],
                    ]
                ],
            ]
            let json = try JSONSerialization.data(withJSONObject: page, options: [.sortedKeys])
            try site.write("simple/twin-\(name)/index.v1_json", String(decoding: json, as: UTF8.self))
        }
        try offer(true)
    }

    /// Lets upstream have the archive, or no file at all.
    private func offer(_ isThere: Bool) throws {
        for name in ["a", "b"] {
            let path = "files/twin_\(name)-1.0.tar.gz"
            if isThere {
                try site.write(path, Self.content)
            } else {
                try files.removeIfPresent(site.path.pushing(FilePath(path)))
            }
        }
    }

    private func sync(_ mirror: MirrorRoot) async throws {
        let report = try await mirror.sync()
        try #require(report.outcome == .complete, "\(report.failures)")
    }

    private func record(_ name: String, in mirror: MirrorRoot) throws -> FilePath {
        try mirror.records.path(of: project("twin-\(name)"))
    }

    private func damageRecord(_ name: String, in mirror: MirrorRoot) throws {
        try fixture.rot(try record(name, in: mirror)) { $0.removeLast(3) }
    }

    /// Which of the two pages list their file.
    private var listed: [String] {
        get throws {
            try ["a", "b"].filter { name in
                let page = try site(page: name)
                return page.contains("twin_\(name)-1.0.tar.gz")
            }
        }
    }

    private func site(page name: String) throws -> String {
        String(decoding: try fixture.folder.read("mirror/web/simple/twin-\(name)/index.v1_json"), as: UTF8.self)
    }

    /// What lies in quarantine under the name of the object.
    private var quarantined: [FilePath] {
        get throws {
            let directory = fixture.root.appending("quarantine")
            guard try files.exists(directory) else { return [] }
            return try files.list(directory).map(\.name).filter { $0.hasSuffix("-\(digest.hex)") }.sorted()
                .map { directory.appending($0) }
        }
    }

    private func verified(_ mirror: MirrorRoot) async throws -> VerifyReport {
        try await mirror.verify(VerifyOptions())
    }

    @Test("A right object stays as it is, and on the pages of both") func wholeObject() async throws {
        try await fixture.withMirror { mirror in
            try await sync(mirror)
            try damageRecord("a", in: mirror)
            let other = try record("b", in: mirror)
            fixture.faulty.refuse("open to read", other, with: .ioError)
            let found = try await verified(mirror)
            #expect(found.found == [.recordCorrupt: 1, .ioError: 1], "\(found.findings)")
            let repaired = await mirror.repair(found.findings)
            #expect(repaired.failure == nil)
            #expect(repaired.findings.map(\.kind) == [.ioError, .recordCorrupt], "\(repaired.findings)")
            #expect(repaired.findings.map(\.outcome) == [.left, .repaired], "\(repaired.findings)")
            #expect(try quarantined.isEmpty)
            #expect(try listed == ["a", "b"])
            fixture.faulty.heal()
            let after = try await verified(mirror)
            #expect(after.exitCode == 0, "\(after.findings)")
        }
    }

    @Test("A damaged one is replaced with the record that is made anew") func damagedObject() async throws {
        try await fixture.withMirror { mirror in
            try await sync(mirror)
            try damageRecord("a", in: mirror)
            try fixture.rot(mirror.objects.path(of: digest)) { $0[0] ^= 1 }
            let found = try await verified(mirror)
            #expect(found.found == [.recordCorrupt: 1, .digestMismatch: 1], "\(found.findings)")
            fixture.faulty.refuse("open to read", try record("b", in: mirror), with: .permissionDenied)
            let repaired = await mirror.repair(found.findings)
            #expect(repaired.failure == nil)
            #expect(repaired.findings.map(\.outcome) == [.repaired, .repaired], "\(repaired.findings)")
            #expect(try quarantined.count == 1)
            fixture.faulty.heal()
            #expect(try listed == ["a", "b"])
            let after = try await verified(mirror)
            #expect(after.exitCode == 0, "\(after.findings)")
        }
    }

    @Test("A damaged one that nobody has is not withdrawn before the other record can be read, and kept once")
    func hopelessObject() async throws {
        try await fixture.withMirror { mirror in
            try await sync(mirror)
            try damageRecord("a", in: mirror)
            let path = mirror.objects.path(of: digest)
            try fixture.rot(path) { $0[0] ^= 1 }
            let wrong = try files.contents(of: path, limit: 1_000)
            try offer(false)
            let found = try await verified(mirror)
            fixture.faulty.refuse("open to read", try record("b", in: mirror), with: .ioError)
            for _ in 0..<2 {
                let repaired = await mirror.repair(found.findings)
                #expect(repaired.failure == nil)
                let object = repaired.findings.filter { $0.object == digest }
                #expect(object.map(\.outcome) == [.left], "\(repaired.findings)")
                // Whoever needs it may yet have it from where the other record says.
                #expect(try files.contents(of: path, limit: 1_000) == wrong)
                #expect(try listed.contains("b"))
            }
            fixture.faulty.heal()
            let repaired = await mirror.repair(try await verified(mirror).findings)
            #expect(repaired.findings.map(\.outcome) == [.withdrawn], "\(repaired.findings)")
            #expect(try quarantined.count == 1)
            for kept in try quarantined { #expect(try files.contents(of: kept, limit: 1_000) == wrong) }
            #expect(try listed == [])
            // Both miss it, and both have it back.
            let left = try await verified(mirror)
            #expect(Set(left.findings.map(\.file)) == ["twin_a-1.0.tar.gz", "twin_b-1.0.tar.gz"], "\(left.findings)")
            try offer(true)
            let restored = await mirror.repair(left.findings)
            #expect(restored.findings.map(\.outcome) == [.repaired, .repaired], "\(restored.findings)")
            #expect(try listed == ["a", "b"])
            let after = try await verified(mirror)
            #expect(after.exitCode == 0, "\(after.findings)")
        }
    }

    @Test("A withdrawn one that comes back with one record is still missing to the other", arguments: [true, false])
    func returnedObject(isReadable: Bool) async throws {
        try await fixture.withMirror { mirror in
            try await sync(mirror)
            try fixture.rot(mirror.objects.path(of: digest)) { $0[0] ^= 1 }
            try offer(false)
            let withdrawn = await mirror.repair(try await verified(mirror).findings)
            #expect(withdrawn.findings.map(\.outcome) == [.withdrawn], "\(withdrawn.findings)")
            try offer(true)
            try damageRecord("a", in: mirror)
            var found = try await verified(mirror)
            #expect(found.found == [.recordCorrupt: 1, .missing: 1], "\(found.findings)")
            if !isReadable { fixture.faulty.refuse("open to read", try record("b", in: mirror), with: .ioError) }
            var repaired = await mirror.repair(found.findings)
            #expect(repaired.failure == nil)
            #expect(repaired.findings.map(\.kind) == [.missing, .recordCorrupt])
            #expect(repaired.findings.map(\.outcome) == [isReadable ? .repaired : .left, .repaired])
            fixture.faulty.heal()
            #expect(try listed == (isReadable ? ["a", "b"] : ["a"]), "\(repaired.findings)")
            if !isReadable {
                // It is told until the page has it again.
                found = try await verified(mirror)
                #expect(found.findings.map(\.file) == ["twin_b-1.0.tar.gz"], "\(found.findings)")
                var dry = RepairOptions()
                dry.isDryRun = true
                let plan = await mirror.repair(found.findings, dry)
                #expect(plan.findings.map(\.outcome) == [.left])
                repaired = await mirror.repair(found.findings)
                #expect(repaired.findings.map(\.outcome) == [.repaired], "\(repaired.findings)")
            }
            #expect(try listed == ["a", "b"])
            #expect(try quarantined.count == 1)
            let after = try await verified(mirror)
            #expect(after.exitCode == 0, "\(after.findings)")
        }
    }
}
