import Catalog
import Digest
import FileIO
import Foundation
import ObjectStore
import Packaging
import Publication
import Record
import Scheduling
import SimpleIndex
import SystemPackage

/// A mirror made by hand: objects, records and their rows, and a publisher that has not seen them yet.
final class PublicationFixture: Sendable {
    /// A file of a project.
    struct File {
        var filename: String
        var content: String
        var sidecar: String?
        var yank: Yank?
    }

    let folder: TemporaryFolder
    let faulty = FaultyFileSystem()
    let catalog: Catalog
    let publisher: Publisher
    let time = Locked<Int64>(1_700_000_000)
    private let files = POSIXFileSystem()

    /// A mirror in a new folder, or in that of one whose index was closed.
    init(in folder: TemporaryFolder? = nil, settings: ViewSettings = .bare) throws {
        let folder = try folder ?? TemporaryFolder("objects", "records", "index", "views", "packages", "slots", "tmp")
        self.folder = folder
        catalog = try Catalog(root: folder.path, fileSystem: faulty)
        let time = time
        publisher = Publisher(
            root: folder.path,
            fileSystem: faulty,
            barrier: try FileSystemBarrier(holding: folder.path, fileSystem: faulty),
            catalog: catalog,
            settings: settings,
            workers: WorkerPool(name: "publish", threadCount: 2),
            now: { time.withLock { $0 } }
        )
    }

    /// Puts the record of a project into place, with its objects and rows, as a sync does.
    func put(
        _ name: String,
        serial: UInt64? = nil,
        status: ProjectStatus? = nil,
        removal: Removal? = nil,
        _ files: [File]
    ) throws {
        var record = ProjectRecord(name: try project(name), page: "https://index.example/simple/\(name)/", firstSeen: 1)
        record.serial = serial
        record.status = status
        record.removal = removal
        record.versions = ["1.0", "2.0"]
        var objects: [SHA256Digest: UInt64] = [:]
        for file in files {
            let digest = try store(file.content, &objects)
            var fileRecord = FileRecord(
                PageFile(
                    filename: file.filename,
                    url: "https://index.example/\(file.filename)",
                    hashes: ["sha256": digest.hex],
                    size: UInt64(file.content.utf8.count),
                    yanked: file.yank,
                    coreMetadata: file.sidecar == nil ? nil : .available
                ),
                firstSeen: 1
            )
            fileRecord.state = .present
            fileRecord.path = PackagePath(digest).text
            fileRecord.sidecar.object = try file.sidecar.map { try store($0, &objects) }
            record.files.append(fileRecord)
        }
        record.files.sort { $0.filename.utf8.lexicographicallyPrecedes($1.filename.utf8) }
        try put(record, objects)
    }

    private func store(_ content: String, _ objects: inout [SHA256Digest: UInt64]) throws -> SHA256Digest {
        let digest = try SHA256Digest.hash(content.utf8)
        objects[digest] = UInt64(content.utf8.count)
        let name = "objects/" + ObjectStore.relativePath(of: digest)
        if try !files.exists(folder.path.pushing(FilePath(name))) { try folder.write(name, content) }
        return digest
    }

    private func put(_ record: ProjectRecord, _ objects: [SHA256Digest: UInt64]) throws {
        let records = RecordStore(root: folder.path, fileSystem: files)
        let (bytes, digest) = try record.encoded()
        let staged = folder.path.appending("tmp/record")
        try records.stage(bytes, at: staged)
        try records.place([(staged, record.name)])
        let key = try ProjectKey(record.name)
        var row = ProjectRow(name: record.name)
        row.state = record.removal == nil ? .active : .removed
        row.record = digest
        let project = row
        try catalog.write { catalog throws(CatalogError) in
            for (object, size) in objects {
                try catalog.put(ObjectRow(size: size, storedAt: 1, project: key), under: object, in: Tables.objects)
            }
            try catalog.put(project, under: key, in: Tables.projects)
            try catalog.put(Mark(), under: key, in: Tables.unpublished)
        }
    }

    /// The time of modification of a file of the live tree, with links followed.
    func modificationTime(_ name: String) throws -> Double {
        let path = folder.path.appending("web").pushing(FilePath(name))
        let resolved = URL(fileURLWithPath: path.string).resolvingSymlinksInPath()
        var status = stat()
        guard stat(resolved.path, &status) == 0 else { throw NotWhole("\(name) is not there") }
        return Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9
    }
}

/// The live tree is not what clients may see.
struct NotWhole: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension PublicationFixture {
    /// What clients see: the files of each project, and which projects the root list names.
    struct LiveTree: Equatable {
        var pages: [String: [String]] = [:]
        var listed: [String] = []
    }

    /// Reads the live tree as a client does, and follows every link of every page.
    ///
    /// - Returns: What is to be seen; `nil` when nothing is published.
    /// - Throws: ``NotWhole`` when anything is not there, differs between forms, or has other bytes than were promised.
    func liveTree() throws -> LiveTree? {
        guard let slot = try publisher.slots.live() else { return nil }
        var tree = LiveTree()
        let simple = publisher.slots.path(of: slot).appending("simple")
        for entry in try files.list(simple) where entry.kind == .symbolicLink && !entry.name.hasPrefix(".") {
            tree.pages[entry.name] = try page(of: entry.name)
        }
        let html = try listedProjects("index.html")
        guard try html == listedProjects("index.v1_html") else { throw NotWhole("the lists are not the same file") }
        let json = try JSONSerialization.jsonObject(with: Data(try read("simple/index.v1_json"))) as? [String: Any]
        let projects = (json?["projects"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
        guard projects.sorted() == html.sorted() else { throw NotWhole("the forms of the list differ") }
        tree.listed = projects.sorted()
        for name in tree.listed where tree.pages[name] == nil { throw NotWhole("\(name) is listed and has no page") }
        guard try publisher.live() != nil else { throw NotWhole("the tree has no number") }
        return tree
    }

    private func listedProjects(_ name: String) throws -> [String] {
        let text = String(decoding: try read("simple/\(name)"), as: UTF8.self)
        return text.matches(of: /href="([^"\/]+)\/"/).map { String($0.output.1) }
    }

    private func page(of name: String) throws -> [String] {
        let html = try files(of: name, "index.html", contentType: "text/html")
        let json = try files(of: name, "index.v1_json", contentType: "application/vnd.pypi.simple.v1+json")
        guard html.map(\.filename) == json.map(\.filename), html.map(\.hashes) == json.map(\.hashes) else {
            throw NotWhole("\(name): the forms of the page differ")
        }
        guard try read("simple/\(name)/index.html") == read("simple/\(name)/index.v1_html") else {
            throw NotWhole("\(name): index.v1_html is another page")
        }
        for file in json {
            try check(file.url, file.hashes["sha256"])
            if case .digest(let digest) = file.coreMetadata { try check(file.url + ".metadata", digest.hex) }
        }
        return json.map { "\($0.filename) \($0.hashes["sha256"] ?? "") \($0.yanked == nil ? "" : "yanked")" }.sorted()
    }

    private func files(of name: String, _ form: String, contentType: String) throws -> [PageFile] {
        let body = try read("simple/\(name)/\(form)")
        return try ProjectPage.parse(
            body,
            contentType: contentType,
            base: "https://mirror.example/simple/\(name)/",
            project: project(name)
        ).page.files
    }

    private func check(_ url: String, _ digest: String?) throws {
        guard let path = URL(string: url)?.path, path.hasPrefix("/packages/") else {
            throw NotWhole("\(url) is elsewhere")
        }
        guard try SHA256Digest.hash(read(String(path.dropFirst()))).hex == digest else {
            throw NotWhole("\(url) has other bytes")
        }
    }

    private func read(_ name: String) throws -> [UInt8] {
        do {
            return try folder.read("web/\(name)")
        } catch {
            throw NotWhole("\(name): \(error)")
        }
    }
}
