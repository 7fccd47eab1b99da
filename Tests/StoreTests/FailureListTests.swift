import FileIO
import Mirror
import ObjectStore
import Packaging
import Record
import SimpleIndex
import SystemPackage
import Testing

/// What fails for every file of a mirror does not fill the memory, and is counted all the same.
struct FailureListTests {
    private let fixture: ScrubFixture
    private let files = POSIXFileSystem()
    private let count = FailureList.limit + 50

    init() throws {
        fixture = try ScrubFixture()
    }

    @Test("16: a rebuild lists the first failures and counts all")
    func aRebuildListsTheFirstFailuresAndCountsAll() async throws {
        // A record whose objects lie on a disk that is not mounted.
        var record = ProjectRecord(name: try project("demo"), page: "https://index.example/simple/demo/", firstSeen: 1)
        for number in 0..<count {
            var file = FileRecord(
                PageFile(
                    filename: "demo-\(number).tar.gz",
                    url: "https://index.example/demo-\(number).tar.gz",
                    hashes: ["sha256": String(repeating: "0", count: 58) + String(100_000 + number)],
                    size: 1
                ),
                firstSeen: 1
            )
            file.state = .present
            record.files.append(file)
        }
        let store = RecordStore(root: fixture.root, fileSystem: files)
        let path = fixture.root.appending("tmp/record")
        try store.stage(try record.encoded().bytes, at: path)
        try store.place([(path, record.name)])
        let report = try await MirrorRoot.rebuild(at: fixture.root, fileSystem: FaultyFileSystem())
        #expect(report.outcome == .partial)
        #expect(report.failures.count == count)
        #expect(report.failures.listed.count == FailureList.limit)
        #expect(report.failures.listed.first?.file == "demo-0.tar.gz")
    }

    @Test("16: a collection lists the first failures and counts all")
    func aCollectionListsTheFirstFailuresAndCountsAll() async throws {
        let shard = fixture.root.appending("records/00")
        try files.makeDirectories(shard)
        for number in 0..<count {
            try files.write([], toNewFile: shard.appending("\(number)"), permissions: [.ownerReadWrite], durably: false)
        }
        let report = try await fixture.withMirror { mirror in try await mirror.collect() }
        #expect(report.outcome == .partial)
        #expect(report.failures.count == count)
        #expect(report.failures.listed.count == FailureList.limit)
    }
}
