import Catalog
import Configuration
import Digest
import FileIO
import Logging
import Mirror
import ObjectStore
import Packaging
import Publication
import Record
import Scheduling
import SimpleIndex
import SystemPackage
import Testing

/// A mirror whose objects have whatever ages a test wants, and a clock that stands still.
final class ScrubFixture {
    static let now: Int64 = 1_000_000

    let folder: TemporaryFolder
    let faulty = FaultyFileSystem()
    private let files = POSIXFileSystem()

    init(settings: String = "", upstream: String = "https://index.example/simple/") throws {
        folder = try TemporaryFolder()
        let blueprint = MirrorBlueprint(
            configuration: "[upstream]\nurl = \"\(upstream)\"\n\(settings)",
            projects: ProjectList(),
            secret: UpstreamSecret()
        )
        try blueprint.make(at: root, fileSystem: FaultyFileSystem())
    }

    var root: FilePath { folder.path.appending("mirror") }

    /// Opens the mirror, lets `body` use it, and waits until it is closed again: a process opens an index once.
    func withMirror<Result>(_ body: (MirrorRoot) async throws -> Result) async throws -> Result {
        weak var catalog: Catalog?
        let result: Result
        do {
            let mirror = try MirrorRoot(
                at: root,
                fileSystem: faulty,
                logger: Logger(label: "test"),
                now: { Self.now }
            )
            catalog = mirror.catalog
            result = try await body(mirror)
        }
        try await waitForRelease { catalog }
        return result
    }

    /// Stores objects of `size` bytes, of which the one at each place was stored and hashed so many seconds ago.
    ///
    /// - Returns: Their names, in the order of the ages.
    @discardableResult
    func store(
        _ ages: [(stored: Int64, verified: Int64?)],
        size: Int = 100,
        in mirror: MirrorRoot,
        withFiles: Bool = true
    ) throws -> [SHA256Digest] {
        let key = try ProjectKey(try project("demo"))
        let objects = try ages.indices.map { index -> SHA256Digest in
            var bytes = [UInt8](repeating: 0, count: size)
            for (place, byte) in "\(index) of \(ages.count)".utf8.enumerated() { bytes[place] = byte }
            let digest = try SHA256Digest.hash(bytes)
            guard withFiles else { return digest }
            let path = mirror.objects.path(of: digest)
            try files.makeDirectories(path.removingLastComponent())
            try files.write(bytes, toNewFile: path, permissions: ObjectStore.permissions, durably: false)
            return digest
        }
        try mirror.catalog.write { catalog throws(CatalogError) in
            for (digest, age) in zip(objects, ages) {
                var row = ObjectRow(size: UInt64(size), storedAt: Self.now - age.stored, project: key)
                row.verifiedAt = age.verified.map { Self.now - $0 } ?? 0
                try catalog.put(row, under: digest, in: Tables.objects)
            }
        }
        return objects
    }

    /// Changes the bytes of a file in place, as rot does it; whatever its permissions, which stay.
    func rot(_ path: FilePath, _ change: (inout [UInt8]) -> Void) throws {
        var bytes = try files.contents(of: path, limit: 1 << 20)
        let permissions = try files.status(path).permissions
        change(&bytes)
        try files.setPermissions([.ownerReadWrite], of: path)
        let file = try files.open(path, for: .updating)
        try files.truncate(file, to: 0)
        try files.write(bytes, to: file)
        try files.setPermissions(permissions, of: path)
    }

    /// Stores the record of the project `demo` that lists some of its objects.
    ///
    /// - Returns: Where it lies.
    func storeRecord(listing objects: [SHA256Digest], in mirror: MirrorRoot) throws -> FilePath {
        let name = try project("demo")
        var record = ProjectRecord(name: name, page: "https://index.example/simple/demo/", firstSeen: 1)
        for (number, digest) in objects.enumerated() {
            let filename = "demo-\(number).tar.gz"
            let url = "https://index.example/\(filename)"
            let hashes = ["sha256": digest.hex]
            var file = FileRecord(PageFile(filename: filename, url: url, hashes: hashes), firstSeen: 1)
            file.state = .present
            file.path = PackagePath(digest).text
            record.files.append(file)
        }
        let (bytes, digest) = try record.encoded()
        let staged = root.appending("tmp/record")
        try mirror.records.stage(bytes, at: staged)
        try mirror.records.place([(staged, name)])
        let key = try ProjectKey(name)
        var row = ProjectRow(name: name)
        row.state = .active
        row.record = digest
        row.files.present = UInt32(objects.count)
        try mirror.catalog.write { [row] catalog throws(CatalogError) in
            try catalog.put(row, under: key, in: Tables.projects)
        }
        return try mirror.records.path(of: name)
    }

    /// The names of the objects that were opened to be hashed, in their order.
    var opened: [SHA256Digest] {
        faulty.calls.filter { $0.operation == "open" }
            .compactMap { $0.path.lastComponent.flatMap { SHA256Digest(hex: $0.string) } }
    }

    /// The names of the objects that the index knows to have been hashed now.
    func checkedNow(in mirror: MirrorRoot) throws -> Set<SHA256Digest> {
        try mirror.catalog.read { catalog throws(CatalogError) in
            var checked: Set<SHA256Digest> = []
            try catalog.forEach(in: Tables.objects) { digest, row throws(CatalogError) in
                if row.verifiedAt == Self.now { checked.insert(digest) }
                return true
            }
            return checked
        }
    }
}
