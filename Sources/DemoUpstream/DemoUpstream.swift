internal import Digest
internal import FileIO
internal import Glibc
package import Packaging
package import SystemPackage

/// A small upstream on disk: pages of the simple index, and real files that install from it.
///
/// Below the root lie `simple/` (`index.html` and `index.v1_json`, of the list and of each project) and
/// `packages/ab/cd/<60 hex>/` (the files, and sidecars beside wheels). The same changes give the same bytes anywhere.
/// A page's time of modification differs with each of its contents. State is in the value: nothing is read back.
package struct DemoUpstream: Sendable {
    /// Something that happens to an upstream.
    package enum Change: Equatable, Sendable {
        /// A new release, of a project that may be new too.
        case release(Distribution)
        /// A release is yanked (PEP 592); the reason may be empty.
        case yank(project: String, version: String, reason: String)
        /// A release is no longer yanked.
        case unyank(project: String, version: String)
        /// A release disappears with its files.
        case removeRelease(project: String, version: String)
        /// A project disappears with its page and files.
        case removeProject(String)
    }

    /// The directory that holds the upstream, absolute.
    package let root: FilePath
    /// The serial of the last change.
    package private(set) var serial: UInt64 = 1_000

    private let initial: [Change]
    private var published: [ProjectName: PublishedProject] = [:]
    private let files = POSIXFileSystem()

    /// An upstream that is not made yet.
    ///
    /// - Parameters:
    ///   - root: The directory to make it in; it may be missing.
    ///   - initial: What has happened before anybody looks; by default a little world of 40 projects.
    package init(root: FilePath, initial: [Change] = Self.world) {
        self.root = root.isAbsolute ? root : Self.workingDirectory.pushing(root)
        self.initial = initial
    }

    /// The projects, by name.
    package var projects: [ProjectName] { published.keys.sorted() }

    /// The URL of the simple index, `file:///…/simple/`, percent-encoded as RFC 3986 says.
    package var simpleURL: String { root.appending("simple").folderURL }

    /// Makes the upstream in its first state.
    ///
    /// - Throws: ``DemoError/notEmpty(_:)`` when the directory holds anything; else what ``apply(_:)`` throws.
    package mutating func create() throws(DemoError) {
        let root = root
        let isTaken = try onFiles { (files) throws(FileError) in
            try files.makeDirectories(root)
            return try !files.list(root).isEmpty
        }
        guard !isTaken else { throw .notEmpty(root) }
        try apply(initial)
    }

    /// Lets things happen to the upstream: each raises the serial by one, and pages and the list follow.
    ///
    /// Files are there before a page names them, and leave after no page does. The value stays as it was after an
    /// error, the directory may not.
    ///
    /// - Throws: ``DemoError``: for a change that does not fit the upstream as it is, and for files.
    package mutating func apply(_ changes: [Change]) throws(DemoError) {
        var next = self
        var touched: Set<ProjectName> = []
        var withdrawn: [PublishedFile] = []
        for change in changes {
            next.serial += 1
            touched.insert(try next.make(change, withdrawn: &withdrawn))
        }
        for name in touched.sorted() {
            if let project = next.published[name] { try next.writePages(of: project) }
        }
        try next.writeList()
        for name in touched.sorted() where next.published[name] == nil { try next.removePages(of: name) }
        let kept = Set(next.published.values.flatMap { $0.files.map(\.path) })
        for file in withdrawn where !kept.contains(file.path) { try next.remove(file) }
        self = next
    }

    /// The paths of a project's files, relative to the root, in the order of their upload.
    package func paths(of project: ProjectName) -> [String] {
        published[project]?.files.map(\.path) ?? []
    }

    private mutating func make(_ change: Change, withdrawn: inout [PublishedFile]) throws(DemoError) -> ProjectName {
        switch change {
        case .release(let distribution):
            return try add(distribution)
        case .yank(let name, let version, let reason):
            return try changeRelease(name, version) { (file) in file.yanked = reason }
        case .unyank(let name, let version):
            return try changeRelease(name, version) { (file) in file.yanked = nil }
        case .removeRelease(let name, let version):
            let project = try changeRelease(name, version) { (file) in withdrawn.append(file) }
            published[project]?.files.removeAll { $0.version == version }
            return project
        case .removeProject(let name):
            guard let project = ProjectName(name), let old = published.removeValue(forKey: project) else {
                throw .unknownProject(name)
            }
            withdrawn += old.files
            return project
        }
    }

    private mutating func changeRelease(
        _ name: String,
        _ version: String,
        _ body: (inout PublishedFile) -> Void
    ) throws(DemoError) -> ProjectName {
        guard let key = ProjectName(name), var project = published[key] else { throw .unknownProject(name) }
        guard project.versions.contains(version) else { throw .unknownRelease(name, version: version) }
        for index in project.files.indices where project.files[index].version == version {
            body(&project.files[index])
        }
        project.serial = serial
        published[key] = project
        return key
    }

    private mutating func add(_ distribution: Distribution) throws(DemoError) -> ProjectName {
        guard let name = ProjectName(distribution.name) else { throw .invalidName(distribution.name) }
        var project = published[name] ?? PublishedProject(name: name, displayName: distribution.name)
        var new: [(filename: String, bytes: [UInt8], metadata: [UInt8]?)] = []
        if distribution.kinds.contains(.wheel) {
            new.append((distribution.wheelFilename, try distribution.wheel(), distribution.metadata()))
        }
        if distribution.kinds.contains(.sdist) {
            new.append((distribution.sdistFilename, try distribution.sdist(), nil))
        }
        for (filename, bytes, metadata) in new {
            guard !project.files.contains(where: { $0.filename == filename }) else { throw .fileExists(filename) }
            let digests = try DemoError.wrap { () throws(DigestError) in
                (try SHA256Digest.hash(bytes), try metadata.map(SHA256Digest.hash))
            }
            let file = PublishedFile(
                filename: filename,
                version: distribution.version,
                size: bytes.count,
                digest: digests.0,
                metadataDigest: digests.1,
                requiresPython: distribution.requiresPython,
                uploadTime: UploadTime.seconds(ofSerial: serial),
                yanked: nil
            )
            try write(bytes, metadata, of: file)
            project.files.append(file)
        }
        project.serial = serial
        published[name] = project
        return name
    }

    private static var workingDirectory: FilePath {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return FilePath(platformString: path)
    }
}

extension DemoUpstream {
    private func onFiles<Result>(
        _ body: (POSIXFileSystem) throws(FileError) -> Result
    ) throws(DemoError) -> Result {
        do throws(FileError) {
            return try body(files)
        } catch {
            throw .file(error)
        }
    }

    private func write(_ bytes: [UInt8], _ metadata: [UInt8]?, of file: PublishedFile) throws(DemoError) {
        let path = root.appending(file.path)
        try write(bytes, to: path, time: file.uploadTime)
        if let metadata { try write(metadata, to: FilePath("\(path).metadata"), time: file.uploadTime) }
    }

    private func writePages(of project: PublishedProject) throws(DemoError) {
        let directory = root.appending("simple").appending(project.name.normalized)
        let time = UploadTime.seconds(ofSerial: project.serial)
        try write(project.jsonPage, to: directory.appending("index.v1_json"), time: time)
        try write(project.htmlPage, to: directory.appending("index.html"), time: time)
    }

    private func writeList() throws(DemoError) {
        let list = published.values.sorted { $0.name < $1.name }
        let directory = root.appending("simple")
        let time = UploadTime.seconds(ofSerial: serial)
        try write(list.jsonList(serial: serial), to: directory.appending("index.v1_json"), time: time)
        try write(list.htmlList(serial: serial), to: directory.appending("index.html"), time: time)
    }

    /// Makes or replaces a file at once for readers; durability is not worth its time here.
    private func write(_ bytes: [UInt8], to path: FilePath, time: Int) throws(DemoError) {
        try onFiles { (files) throws(FileError) in
            let temporary = FilePath("\(path).new")
            try files.makeDirectories(path.removingLastComponent())
            try files.removeIfPresent(temporary)
            try files.write(
                bytes,
                toNewFile: temporary,
                permissions: [.ownerReadWrite, .groupRead, .otherRead],
                durably: false
            )
            try files.setModificationTime(Int64(time), of: temporary)
            try files.rename(temporary, to: path)
        }
    }

    private func removePages(of name: ProjectName) throws(DemoError) {
        try onFiles { (files) throws(FileError) in
            let directory = root.appending("simple").appending(name.normalized)
            // A project may come and go within one group of changes, and has no page then.
            if try files.exists(directory) { try files.removeTree(directory) }
        }
    }

    private func remove(_ file: PublishedFile) throws(DemoError) {
        try onFiles { (files) throws(FileError) in
            let path = root.appending(file.path)
            try files.removeIfPresent(path)
            try files.removeIfPresent(FilePath("\(path).metadata"))
            try files.removeDirectory(path.removingLastComponent())
        }
    }
}
