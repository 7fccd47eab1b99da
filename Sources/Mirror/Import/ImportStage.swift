internal import Bundle
internal import Digest
internal import FileIO
internal import Minisign
internal import SystemPackage

/// What came of an import so far: `import/` below the mirror's root, which nobody sees but the next import.
///
///     bundle.json          what is imported; its signatures were checked before it came here
///     projects.jsonl       a line for each project that changes
///     objects/ab/<64 hex>  objects of volumes; those of volumes that are done are checked and durable
///     records/ab/<64 hex>  records, by the digests that they carry
///     parts/<64 hex>       objects of which some parts are here, or all of them
///     manifests/1.jsonl    the manifest of a volume that is not done; it is what bundle.json says
///     volumes/1.jsonl      the manifest of a volume that is done
///     changes.jsonl        the same with projects that go without being listed, once all of it is checked
///     ledger.jsonl         what the bundle leads to, project by project
///     ready                all of it is here and checked, so that it is put into place whatever happens
struct ImportStage: Sendable {
    let path: FilePath
    let fileSystem: any FileSystem

    /// The stage below a mirror's root.
    init(root: FilePath, fileSystem: any FileSystem) {
        path = root.appending("import")
        self.fileSystem = fileSystem
    }

    var description: FilePath { path.appending(BundleFiles.description) }
    var list: FilePath { path.appending(BundleFiles.list) }
    var changes: FilePath { path.appending("changes.jsonl") }
    var ledger: FilePath { path.appending("ledger.jsonl") }
    var ready: FilePath { path.appending("ready") }
    private var keys: FilePath { path.appending("trusted-keys.txt") }

    func object(_ digest: SHA256Digest) -> FilePath { place("objects", digest) }
    func record(_ digest: SHA256Digest) -> FilePath { place("records", digest) }
    /// Where an object is that came in parts.
    func parts(_ digest: SHA256Digest) -> FilePath { path.appending("parts/\(digest.hex)") }
    func manifest(ofVolume number: Int) -> FilePath { path.appending("manifests/\(number).jsonl") }
    private var done: FilePath { path.appending("volumes") }
    func doneManifest(ofVolume number: Int) -> FilePath { done.appending("\(number).jsonl") }

    private func place(_ folder: String, _ digest: SHA256Digest) -> FilePath {
        path.appending("\(folder)/\(digest.hex.prefix(2))/\(digest.hex)")
    }

    /// The bundle that is being imported, and the bytes of its `bundle.json`; `nil` when none is.
    ///
    /// - Throws: `FileError`, `BundleError`.
    func bundle() throws -> (description: BundleDescription, bytes: [UInt8])? {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try fileSystem.contents(of: description, limit: BundleDescription.byteLimit)
        } catch  where error.isMissing {
            return nil
        }
        return (try BundleDescription(bytes), bytes)
    }

    /// Whether everything is here and checked.
    func isReady() throws(FileError) -> Bool { try fileSystem.exists(ready) }

    /// Whether any volume is done.
    func hasVolumes() throws(FileError) -> Bool {
        do throws(FileError) {
            return try !fileSystem.list(done).isEmpty
        } catch  where error.isMissing {
            return false
        }
    }

    /// Whether a volume is done.
    func isDone(volume number: Int) throws(FileError) -> Bool { try fileSystem.exists(doneManifest(ofVolume: number)) }

    /// Notes that a volume is done, whose members are durable; durable.
    func finish(volume number: Int) throws(FileError) {
        try fileSystem.rename(manifest(ofVolume: number), to: doneManifest(ofVolume: number))
        try fileSystem.synchronizeDirectory(done)
    }

    /// Begins an import; durable, and begun only once all of it is here.
    ///
    /// - Parameters:
    ///   - bundle: The bytes of `bundle.json`.
    ///   - takeList: Brings the list of projects to a place.
    /// - Throws: `FileError`; what `takeList` throws.
    func begin(_ bundle: [UInt8], takeList: (FilePath) throws -> Void) throws {
        try discard()
        for folder in ["objects", "records", "parts", "manifests", "volumes"] {
            try fileSystem.makeDirectories(path.appending(folder))
        }
        try takeList(list)
        try fileSystem.replace(keys, with: [])
        try fileSystem.replace(description, with: bundle)
    }

    /// Notes keys that are to be trusted once the import ended well; durable.
    func trust(_ new: [VerifyingKey]) throws {
        let known = try trusted()
        let keys = known + new.filter { !known.contains($0) }
        guard keys.count > known.count else { return }
        try fileSystem.replace(self.keys, with: Array(keys.map { $0.line + "\n" }.joined().utf8))
    }

    /// The keys to remember.
    func trusted() throws -> [VerifyingKey] {
        let text = String(decoding: try fileSystem.contents(of: keys, limit: 1 << 20), as: UTF8.self)
        return try text.split(whereSeparator: \.isNewline).map { try VerifyingKey(String($0)) }
    }

    /// Makes a file for staged bytes, in the place of one that an interrupted run left.
    func create(_ path: FilePath) throws(FileError) -> FileHandle {
        let permissions: FilePermissions = [.ownerRead, .groupRead, .otherRead]
        do throws(FileError) {
            return try fileSystem.create(path, permissions: permissions)
        } catch {
            if error.errno == .fileExists {
                try fileSystem.remove(path)
            } else if error.isMissing {
                try fileSystem.makeDirectories(path.removingLastComponent())
            } else {
                throw error
            }
            return try fileSystem.create(path, permissions: permissions)
        }
    }

    /// Removes all of it.
    func discard() throws(FileError) {
        guard try fileSystem.exists(path) else { return }
        // Without the first two nobody takes the rest for anything, not even after a power cut.
        try fileSystem.removeIfPresent(ready)
        try fileSystem.removeIfPresent(description)
        try fileSystem.synchronizeDirectory(path)
        try fileSystem.removeTree(path)
    }
}
