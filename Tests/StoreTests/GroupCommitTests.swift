import Catalog
import Configuration
import Digest
import FileIO
import Logging
import ObjectStore
import Packaging
import Record
import Scheduling
import SimpleIndex
import SystemPackage
import Testing

@testable import Mirror

struct GroupCommitTests {
    private let folder: TemporaryFolder
    private let faulty = FaultyFileSystem()
    private let files = POSIXFileSystem()

    init() throws {
        folder = try TemporaryFolder()
        let blueprint = MirrorBlueprint(
            configuration: "[upstream]\nurl = \"https://index.example/simple/\"\n",
            projects: ProjectList(),
            secret: UpstreamSecret()
        )
        try blueprint.make(at: folder.path.appending("mirror"), fileSystem: FaultyFileSystem())
    }

    private var root: FilePath { folder.path.appending("mirror") }

    /// A group of changes: two objects, one of them twice, and a record that refers to both.
    private struct Group {
        let objects: [StagedObject]
        let record: ProjectRecord
        let key: ProjectKey
        let row: ProjectRow
        let staged: GroupCommit.StagedRecord
    }

    /// Stages a group without faults.
    private func stage(in mirror: MirrorRoot, serial: UInt64) throws -> Group {
        let name = try project("demo")
        var record = ProjectRecord(name: name, page: "https://index.example/simple/demo/", firstSeen: 1)
        record.serial = serial
        var objects: [StagedObject] = []
        for text in ["first \(serial)", "second \(serial)", "first \(serial)"] {
            let bytes = Array(text.utf8)
            let path = mirror.objects.newStagingPath()
            try files.write(bytes, toNewFile: path, permissions: ObjectStore.permissions, durably: false)
            objects.append(
                StagedObject(path: path, digest: try SHA256Digest.hash(bytes), size: UInt64(bytes.count))
            )
        }
        for object in objects.prefix(2) {
            var file = FileRecord(
                PageFile(
                    filename: "demo-\(object.digest.hex.prefix(1)).tar.gz",
                    url: "https://index.example/demo.tar.gz",
                    hashes: ["sha256": object.digest.hex],
                    size: object.size
                ),
                firstSeen: 1
            )
            file.state = .present
            record.files.append(file)
        }
        let (bytes, digest) = try record.encoded()
        let path = mirror.objects.newStagingPath()
        try files.write(bytes, toNewFile: path, permissions: [.ownerReadWrite], durably: false)
        var row = ProjectRow(name: name)
        row.state = .active
        row.serial = serial
        row.record = digest
        return Group(
            objects: objects,
            record: record,
            key: try ProjectKey(name),
            row: row,
            staged: .init(path: path, objects: record.objects)
        )
    }

    private func commit(_ group: Group, with committer: GroupCommit) async throws(MirrorError) {
        for object in group.objects { await committer.submit(object, of: group.key) }
        try await committer.submit(group.row, under: group.key, record: group.staged) { [faulty] in
            faulty.note("durable")
        }
        try await committer.finish()
    }

    /// Opens the mirror, lets `body` use it, and waits until it is closed again: a process opens an index once.
    private func withMirror<Result>(_ body: (MirrorRoot) async throws -> Result) async throws -> Result {
        weak var catalog: Catalog?
        let result: Result
        do {
            let faulty = faulty
            let mirror = try MirrorRoot(
                at: root,
                fileSystem: faulty,
                logger: Logger(label: "test"),
                now: {
                    faulty.note("index")
                    return 1_000
                }
            )
            catalog = mirror.catalog
            result = try await body(mirror)
        }
        try await waitForRelease { catalog }
        return result
    }

    /// Expects that everything of a group is in its place and whole.
    private func expectCommitted(_ group: Group, in mirror: MirrorRoot) throws {
        var hasher = try ObjectHasher()
        for object in group.objects {
            let row = try mirror.catalog.read { catalog throws(CatalogError) in
                try catalog.row(of: object.digest, in: Tables.objects)
            }
            #expect(row?.size == object.size)
            #expect(row?.project == group.key)
            #expect(try mirror.objects.rehash(object.digest, with: &hasher)?.digest == object.digest)
        }
        #expect(try mirror.records.read(group.record.name)?.record == group.record)
        let row = try mirror.catalog.read { catalog throws(CatalogError) in
            #expect(try catalog.contains(group.key, in: Tables.unpublished))
            return try catalog.row(of: group.key, in: Tables.projects)
        }
        #expect(row == group.row)
        #expect(try files.list(mirror.objects.stagingDirectory).isEmpty)
    }

    /// The note of the records that get their names.
    private func note(in mirror: MirrorRoot) -> FilePath {
        mirror.objects.stagingDirectory.appending("records.placing")
    }

    /// Expects that the index knows the record that is on disk, or that it has to be made whole.
    private func expectNothingNewerThanTheIndex(in mirror: MirrorRoot) throws {
        let name = try project("demo")
        guard let digest = try mirror.records.read(name)?.digest else { return }
        let key = try ProjectKey(name)
        let row = try mirror.catalog.read { catalog throws(CatalogError) in
            try catalog.row(of: key, in: Tables.projects)
        }
        #expect(row?.record == digest || (row != nil && row?.record == nil && row?.isIncomplete == true))
    }

    @Test("5: a record that got its name before the commit was cut off is known when the next command begins")
    func aRecordOfACommitThatWasCutOffIsKnownToTheNextCommand() async throws {
        let (first, second) = try await withMirror { mirror in
            let first = try stage(in: mirror, serial: 1)
            try await commit(first, with: GroupCommit(mirror))
            // The same files in another record: the index has all that it speaks of.
            var record = first.record
            record.serial = 2
            let (bytes, digest) = try record.encoded()
            try mirror.placement.note([record.name], at: mirror.objects.newStagingPath())
            let path = mirror.objects.newStagingPath()
            try files.write(bytes, toNewFile: path, permissions: [.ownerReadWrite], durably: false)
            try mirror.records.place([(path, record.name)])
            return (first, digest)
        }
        try await withMirror { mirror in
            let lock = try await mirror.lock()
            let row = try mirror.catalog.read { catalog throws(CatalogError) in
                #expect(try catalog.contains(first.key, in: Tables.unpublished))
                return try catalog.row(of: first.key, in: Tables.projects)
            }
            #expect(row?.record == second)
            #expect(row?.serial == 2)
            #expect(row?.isIncomplete == true)
            #expect(try files.list(mirror.objects.stagingDirectory).isEmpty)
            withExtendedLifetime(lock) {}
        }
    }

    @Test("5: the records of a whole group that was cut off cost one transaction")
    func theRecordsOfAWholeGroupThatWasCutOffCostOneTransaction() async throws {
        try await withMirror { mirror in
            let names = try (0..<40).map { try project("demo-\($0)") }
            var digests: [SHA256Digest] = []
            try mirror.placement.note(names, at: mirror.objects.newStagingPath())
            for name in names {
                let record = ProjectRecord(name: name, page: "https://index.example/simple/", firstSeen: 1)
                let (bytes, digest) = try record.encoded()
                let path = mirror.objects.newStagingPath()
                try files.write(bytes, toNewFile: path, permissions: [.ownerReadWrite], durably: false)
                try mirror.records.place([(path, name)])
                digests.append(digest)
            }
            let before = try mirror.catalog.read { catalog throws(CatalogError) in catalog.snapshot }
            let lock = try await mirror.lock()
            let after = try mirror.catalog.read { catalog throws(CatalogError) in catalog.snapshot }
            #expect(after == before + 1)
            for (name, digest) in zip(names, digests) {
                let key = try ProjectKey(name)
                let row = try mirror.catalog.read { catalog throws(CatalogError) in
                    try catalog.row(of: key, in: Tables.projects)
                }
                #expect(row?.record == digest)
            }
            withExtendedLifetime(lock) {}
        }
    }

    @Test("5, 10: each step of a commit is durable before the next begins, and a project is done when all of it is")
    func eachStepIsDurableBeforeTheNextBegins() async throws {
        try await withMirror { mirror in
            let committer = GroupCommit(mirror)
            let group = try stage(in: mirror, serial: 1)
            faulty.forgetCalls()
            try await commit(group, with: committer)
            try expectCommitted(group, in: mirror)
            let steps = faulty.calls.compactMap { call -> String? in
                switch call.operation {
                case "syncfs", "index", "durable": return call.operation
                case "rename" where call.path == note(in: mirror): return "note"
                case "unlink" where call.path == note(in: mirror): return "forget"
                case "rename":
                    // A record's first rename finds no directory, and is made again.
                    return call.path.starts(with: mirror.objects.directory) ? "object" : "record"
                default: return nil
                }
            }
            #expect(
                steps == [
                    "note", "syncfs", "object", "object", "syncfs", "record", "record", "syncfs", "index", "forget",
                    "durable",
                ]
            )
        }
    }

    @Test(
        "5: a commit in which a call fails is void, and the next run makes it good",
        arguments: [(Errno.ioError, false), (.noSpace, true)]
    )
    func aGroupInWhichACallFailsIsVoidAndTheNextRunMakesItGood(errno: Errno, forGood: Bool) async throws {
        var number = 0
        var failures = 0
        while true {
            number += 1
            let serial = UInt64(number)
            let didFail = try await withMirror { mirror in
                let before = try mirror.records.read(try project("demo"))?.record
                let committer = GroupCommit(mirror)
                let group = try stage(in: mirror, serial: serial)
                faulty.forgetCalls()
                faulty.fail(call: number, with: errno, forGood: forGood)
                let error: MirrorError?
                do throws(MirrorError) {
                    try await commit(group, with: committer)
                    error = nil
                } catch let thrown {
                    error = thrown
                }
                let failed = faulty.failedCall
                // Staged files are removed after the fact; that is nobody's failure.
                guard let failed, failed.operation != "unlink" else {
                    #expect(error == nil)
                    faulty.heal()
                    try await committer.finish()
                    return failed != nil
                }
                failures += 1
                #expect(!faulty.calls.map(\.operation).contains("durable"), "\(failed)")
                guard let error else {
                    Issue.record("\(failed) failed and nobody was told")
                    return true
                }
                #expect(error.isDiskFailure)
                await #expect(throws: MirrorError.self) { try await committer.finish() }
                try mirror.catalog.read { catalog throws(CatalogError) in
                    for object in group.objects { #expect(try !catalog.contains(object.digest, in: Tables.objects)) }
                    #expect(try catalog.row(of: group.key, in: Tables.projects)?.serial != serial)
                }
                // A record is an old one or the new one, and whole.
                let record = try mirror.records.read(group.record.name)?.record
                #expect(record == before || record == group.record)
                if !forGood {
                    let left = try files.list(mirror.objects.stagingDirectory).filter {
                        mirror.objects.stagingDirectory.appending($0.name) != note(in: mirror)
                    }
                    #expect(left.isEmpty, "\(failed)")
                }

                faulty.heal()
                let later = try stage(in: mirror, serial: serial + 1_000)
                await #expect(throws: MirrorError.self) { try await commit(later, with: committer) }
                try mirror.catalog.read { catalog throws(CatalogError) in
                    #expect(try !catalog.contains(later.objects[0].digest, in: Tables.objects))
                }
                return true
            }
            try await withMirror { mirror in
                let lock = try await mirror.lock()
                #expect(try files.list(mirror.objects.stagingDirectory).isEmpty)
                try expectNothingNewerThanTheIndex(in: mirror)
                let committer = GroupCommit(mirror)
                let group = try stage(in: mirror, serial: serial)
                try await commit(group, with: committer)
                try await committer.finish()
                try expectCommitted(group, in: mirror)
                withExtendedLifetime(lock) {}
            }
            if !didFail { break }
        }
        // Three syncs, two objects with two directories each, a record, the lock.
        #expect(failures >= 10)
    }

    @Test("27: what a project holds is kept as digests: 300 projects, 200 objects, each of these there once")
    func manyProjectsAreCommittedWithTheirObjects() async throws {
        try await withMirror { mirror in
            let committer = GroupCommit(mirror)
            let staged = try (0..<300).map { number in
                let bytes = Array("\(number % 200)".utf8)
                let path = mirror.objects.newStagingPath()
                try files.write(bytes, toNewFile: path, permissions: ObjectStore.permissions, durably: false)
                return StagedObject(path: path, digest: try SHA256Digest.hash(bytes), size: UInt64(bytes.count))
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (number, object) in staged.enumerated() {
                    let name = try project("p\(number)")
                    let key = try ProjectKey(name)
                    let path = mirror.objects.newStagingPath()
                    try files.write(
                        try ProjectRecord(name: name, page: "", firstSeen: 0).encoded().bytes,
                        toNewFile: path,
                        permissions: [.ownerReadWrite],
                        durably: false
                    )
                    group.addTask {
                        await committer.submit(object, of: key)
                        try await committer.submit(
                            ProjectRow(name: name),
                            under: key,
                            record: .init(path: path, objects: [object.digest]),
                            isDurable: {}
                        )
                    }
                }
                try await group.waitForAll()
            }
            try await committer.finish()
            try mirror.catalog.read { catalog throws(CatalogError) in
                #expect(try catalog.count(of: Tables.objects) == 200)
                #expect(try catalog.count(of: Tables.projects) == 300)
                #expect(try catalog.count(of: Tables.unpublished) == 300)
                // Each object that two projects share is in the row of one and has a reference of the other.
                #expect(try catalog.count(of: Tables.references) == 100)
            }
            #expect(try files.list(mirror.objects.stagingDirectory).isEmpty)
        }
    }
}
