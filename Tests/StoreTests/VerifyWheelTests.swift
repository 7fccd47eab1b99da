import Catalog
import Digest
import FileIO
import Foundation
import Mirror
import ObjectStore
import Packaging
import Publication
import Record
import SimpleIndex
import SystemPackage
import Testing

/// A sidecar is compared with the metadata within its wheel; a wheel that cannot be read says nothing about it.
@Suite("Wheels that cannot be read") struct VerifyWheelTests {
    private let fixture: ScrubFixture
    private let files = POSIXFileSystem()
    private static let filename = "demo-1.0-py3-none-any.whl"

    init() throws {
        fixture = try ScrubFixture(upstream: "file:///nowhere/simple/")
    }

    private func store(_ bytes: [UInt8], in mirror: MirrorRoot) throws -> SHA256Digest {
        let digest = try SHA256Digest.hash(bytes)
        let path = mirror.objects.path(of: digest)
        try files.makeDirectories(path.removingLastComponent())
        try files.write(bytes, toNewFile: path, permissions: ObjectStore.permissions, durably: false)
        let key = try ProjectKey(try project("demo"))
        try mirror.catalog.write { catalog throws(CatalogError) in
            let row = ObjectRow(size: UInt64(bytes.count), storedAt: 1, project: key)
            try catalog.put(row, under: digest, in: Tables.objects)
        }
        return digest
    }

    /// Publishes a wheel of these bytes with a sidecar, whatever is within.
    private func publish(_ wheel: [UInt8], in mirror: MirrorRoot) async throws -> (wheel: SHA256Digest, SHA256Digest) {
        let name = try project("demo")
        let digest = try store(wheel, in: mirror)
        let sidecar = try store(Array("Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n".utf8), in: mirror)
        var record = ProjectRecord(name: name, page: "https://index.example/simple/demo/", firstSeen: 1)
        let url = "https://index.example/\(Self.filename)"
        var file = FileRecord(
            PageFile(filename: Self.filename, url: url, hashes: ["sha256": digest.hex], coreMetadata: .available),
            firstSeen: 1
        )
        file.state = .present
        file.path = PackagePath(digest).text
        file.sidecar.object = sidecar
        record.files = [file]
        let (bytes, recordDigest) = try record.encoded()
        let staged = fixture.root.appending("tmp/record")
        try mirror.records.stage(bytes, at: staged)
        try mirror.records.place([(staged, name)])
        var row = ProjectRow(name: name)
        row.state = .active
        row.record = recordDigest
        row.files.present = 1
        let key = try ProjectKey(name)
        try mirror.catalog.write { [row] catalog throws(CatalogError) in
            try catalog.put(row, under: key, in: Tables.projects)
            try catalog.put(Mark(), under: key, in: Tables.unpublished)
        }
        _ = try await mirror.publish()
        return (digest, sidecar)
    }

    /// Expects that everything is where it was.
    private func expectKept(_ objects: [SHA256Digest], in mirror: MirrorRoot) throws {
        for digest in objects {
            #expect(try mirror.objects.status(of: digest) != nil)
            let isKnown = try mirror.catalog.read { catalog throws(CatalogError) in
                try catalog.contains(digest, in: Tables.objects)
            }
            #expect(isKnown)
        }
        #expect(
            try !files.exists(fixture.root.appending("quarantine"))
                || files.list(fixture.root.appending("quarantine")).isEmpty
        )
        let page = String(decoding: try fixture.folder.read("mirror/web/simple/demo/index.v1_json"), as: UTF8.self)
        #expect(page.contains(Self.filename))
    }

    @Test("A wheel that is no archive is right, and its sidecar is not", arguments: ["garbage", "cut"])
    func broken(kind: String) async throws {
        try await fixture.withMirror { mirror in
            // The beginning of an entry of a zip file, and what only looks like nothing.
            let bytes: [UInt8] =
                kind == "cut" ? [0x50, 0x4b, 3, 4, 20, 0, 0, 0] + Array("demo".utf8) : Array("no zip".utf8)
            let (wheel, sidecar) = try await publish(bytes, in: mirror)
            for modes in [VerifyModes.publication, .all] {
                let report = try await mirror.verify(VerifyOptions(modes))
                #expect(report.found == [.pageMismatch: 1], "\(report.findings)")
                #expect(report.findings.first?.object == sidecar)
                #expect(report.findings.first?.file == Self.filename + ".metadata")
                #expect(report.exitCode == 2)
            }
            try expectKept([wheel, sidecar], in: mirror)
            let found = try await mirror.verify(VerifyOptions(.publication)).findings
            let repaired = await mirror.repair(found)
            #expect(repaired.failure == nil)
            #expect(repaired.findings.map(\.outcome) == [.withdrawn], "\(repaired.findings)")
            try expectKept([wheel, sidecar], in: mirror)
            let page = String(decoding: try fixture.folder.read("mirror/web/simple/demo/index.v1_json"), as: UTF8.self)
            #expect(!page.contains("core-metadata"))
            let after = try await mirror.verify(VerifyOptions())
            #expect(after.exitCode == 0, "\(after.findings)")
        }
    }

    @Test(
        "One that cannot be opened or read is an input error of the wheel",
        arguments: ["open to read", "read"],
        [Errno.permissionDenied, .ioError, .tooManyOpenFiles]
    )
    func unreadable(operation: String, errno: Errno) async throws {
        try await fixture.withMirror { mirror in
            let (wheel, sidecar) = try await publish(Array("no zip".utf8), in: mirror)
            let path = mirror.objects.path(of: wheel)
            fixture.faulty.refuse(operation, path, with: errno)
            for modes in [VerifyModes.publication, [.publication, .content]] {
                let report = try await mirror.verify(VerifyOptions(modes))
                #expect(Set(report.findings.map(\.kind)) == [.ioError], "\(report.findings)")
                #expect(report.findings.allSatisfy { $0.object == wheel && $0.file == Self.filename })
                #expect(report.findings.allSatisfy { $0.path == "objects/" + ObjectStore.relativePath(of: wheel) })
                #expect(report.exitCode == 4)
                let repaired = await mirror.repair(report.findings)
                #expect(repaired.findings.allSatisfy { $0.outcome == .left }, "\(repaired.findings)")
                try expectKept([wheel, sidecar], in: mirror)
            }
            // It is judged as soon as it can be read.
            fixture.faulty.heal()
            #expect(try await mirror.verify(VerifyOptions(.publication)).found == [.pageMismatch: 1])
        }
    }

    @Test("One that is gone is missing, and not unreadable") func gone() async throws {
        try await fixture.withMirror { mirror in
            let (wheel, _) = try await publish(Array("no zip".utf8), in: mirror)
            try files.remove(mirror.objects.path(of: wheel))
            let report = try await mirror.verify(VerifyOptions(.publication))
            #expect(report.found == [.missing: 1], "\(report.findings)")
            #expect(report.findings.first?.object == wheel)
        }
    }
}
