internal import FileIO
internal import SystemPackage

/// Where a server puts what it fetches until that is an object: `streaming/<name>/`, locked as long as the server lives.
///
/// It is apart from `tmp/`, which every command sweeps that changes the mirror.
struct StreamingFolder: ~Copyable, Sendable {
    private static let name = "streaming"

    /// The folder.
    let path: FilePath
    private let lock: FileHandle

    /// Makes the folder of one server.
    ///
    /// - Parameters:
    ///   - root: The mirror's root.
    ///   - name: A name that nobody else has.
    ///   - fileSystem: What holds it.
    /// - Throws: ``MirrorError``.
    init(root: FilePath, name: String, fileSystem: any FileSystem) throws(MirrorError) {
        path = root.appending(Self.name).appending(name)
        // Between the two, somebody who sweeps may take it for a dead one's.
        lock = try Self.locked(path, fileSystem)
    }

    private static func locked(_ path: FilePath, _ fileSystem: any FileSystem) throws(MirrorError) -> FileHandle {
        do {
            for _ in 0..<100 {
                try fileSystem.makeDirectories(path)
                guard let handle = try? FileHandle.locked(directory: path, fileSystem) else { continue }
                if try fileSystem.exists(path) { return handle }
            }
        } catch {
            throw MirrorError(wrapping: error)
        }
        throw .locked(path)
    }

    /// Removes what servers left that live no more.
    static func sweep(root: FilePath, fileSystem: any FileSystem) throws(FileError) {
        let folder = root.appending(name)
        let entries: [DirectoryEntry]
        do throws(FileError) {
            entries = try fileSystem.list(folder)
        } catch  where error.isMissing {
            return
        }
        for entry in entries {
            let path = folder.appending(entry.name)
            guard entry.kind == .directory else { continue }
            do throws(FileError) {
                let handle = try fileSystem.openDirectory(path)
                if try fileSystem.lock(handle, waiting: false) { try fileSystem.removeTree(path) }
            } catch {
                // A server that ends removes its own.
                guard error.isMissing else { throw error }
            }
        }
    }
}
