internal import FileIO
internal import SystemPackage

/// Where the index of a mirror lies, and how a new one takes the place of the old.
///
/// A new index is made in `index.new` and swapped with `index` in one step. Where the file system cannot swap, the new
/// one waits whole and durable in `index.ready` while the old one goes to `index.old`, and whoever finds no `index`
/// takes it up from there. `index.new` and `index.old` are never believed.
struct IndexPlace: Sendable {
    /// The name of the directory that a new index is made in.
    static let newName = "index.new"

    let root: FilePath
    let fileSystem: any FileSystem

    /// The directory of the index.
    var directory: FilePath { root.appending("index") }
    private var new: FilePath { root.appending(Self.newName) }
    private var ready: FilePath { root.appending("index.ready") }
    private var old: FilePath { root.appending("index.old") }

    /// Whether there are records and no index, so that an empty one would know nothing of what is here.
    ///
    /// The files of LMDB are only looked at by name: opening and closing one by other means would drop its locks.
    func isLost() throws(FileError) -> Bool {
        if let data = try fileSystem.statusIfPresent(directory.appending("data.mdb")), data.size > 0 { return false }
        let records = root.appending("records")
        for shard in try fileSystem.list(records) where shard.kind == .directory {
            if try fileSystem.list(records.appending(shard.name)).contains(where: { $0.name.hasSuffix(".json") }) {
                return true
            }
        }
        return false
    }

    /// The file of the index that lies in its place now; `nil` when there is none.
    func identity() throws(FileError) -> FileIdentity? {
        try fileSystem.statusIfPresent(directory.appending("data.mdb"))?.identity
    }

    /// Ends a swap that was cut off after the old index was put aside.
    func settle() throws(FileError) {
        guard try !fileSystem.exists(directory), try fileSystem.exists(ready) else { return }
        try locked { () throws(FileError) in
            guard try !fileSystem.exists(directory), try fileSystem.exists(ready) else { return }
            try fileSystem.rename(ready, to: directory)
            try fileSystem.synchronizeDirectory(root)
        }
    }

    /// Makes an empty directory for a new index; the caller holds the mirror's lock.
    func prepare() throws(FileError) {
        try sweep()
        try fileSystem.makeDirectory(new)
    }

    /// Puts the index in `index.new`, which nobody has open, in the place of the old one, and removes that.
    ///
    /// Whoever has the old one open goes on reading it. A crash at any point leaves the old one or the new one whole.
    func replace() throws(FileError) {
        try fileSystem.synchronizeDirectory(new)
        try fileSystem.synchronizeDirectory(root)
        try locked { () throws(FileError) in
            do throws(FileError) {
                // An opener may have made it meanwhile.
                try fileSystem.makeDirectories(directory)
                try fileSystem.exchange(new, with: directory)
            } catch  where error.errno == .invalidArgument || error.errno == .noFunction {
                try fileSystem.rename(new, to: ready)
                try fileSystem.synchronizeDirectory(root)
                try fileSystem.rename(directory, to: old)
                try fileSystem.rename(ready, to: directory)
            }
            try fileSystem.synchronizeDirectory(root)
        }
        try sweep()
    }

    /// Removes what a rebuild left that was cut off; the caller holds the mirror's lock, and there is an index.
    func sweep() throws(FileError) {
        for path in [new, old, ready] {
            guard let status = try fileSystem.statusIfPresent(path) else { continue }
            if status.kind == .directory {
                try fileSystem.removeTree(path)
            } else {
                try fileSystem.remove(path)
            }
        }
    }

    /// Runs `body` while nobody opens or closes the index.
    private func locked(_ body: () throws(FileError) -> Void) throws(FileError) {
        let lock = try FileLock(root.appending("lock.index"), waiting: true, fileSystem: fileSystem)
        try body()
        withExtendedLifetime(lock) {}
    }
}
