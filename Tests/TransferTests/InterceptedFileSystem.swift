import FileIO
import SystemPackage

/// The machine's file system, with something that happens before each write.
struct InterceptedFileSystem: FileSystem {
    private let base = POSIXFileSystem()
    /// Gets the number of bytes and the file; what it throws is what the write throws.
    let beforeWrite: @Sendable (Int, FilePath) throws(FileError) -> Void

    func write(_ bytes: UnsafeRawBufferPointer, to file: borrowing FileHandle) throws(FileError) {
        try beforeWrite(bytes.count, file.path)
        try base.write(bytes, to: file)
    }

    func create(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> FileHandle {
        try base.create(path, permissions: permissions)
    }

    func open(_ path: FilePath, for access: FileAccess) throws(FileError) -> FileHandle {
        try base.open(path, for: access)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, from file: borrowing FileHandle) throws(FileError) -> Int {
        try base.read(into: buffer, from: file)
    }

    func seek(_ file: borrowing FileHandle, to offset: Int64) throws(FileError) { try base.seek(file, to: offset) }
    func truncate(_ file: borrowing FileHandle, to size: Int64) throws(FileError) { try base.truncate(file, to: size) }
    func synchronize(_ file: borrowing FileHandle) throws(FileError) { try base.synchronize(file) }
    func synchronizeDirectory(_ path: FilePath) throws(FileError) { try base.synchronizeDirectory(path) }
    func openDirectory(_ path: FilePath) throws(FileError) -> FileHandle { try base.openDirectory(path) }
    func synchronizeFileSystem(of file: borrowing FileHandle) throws(FileError) {
        try base.synchronizeFileSystem(of: file)
    }
    func status(_ path: FilePath) throws(FileError) -> FileStatus { try base.status(path) }
    func rename(_ source: FilePath, to destination: FilePath) throws(FileError) {
        try base.rename(source, to: destination)
    }
    func link(_ source: FilePath, at path: FilePath) throws(FileError) { try base.link(source, at: path) }
    func symbolicLink(to target: String, at path: FilePath) throws(FileError) {
        try base.symbolicLink(to: target, at: path)
    }
    func readLink(_ path: FilePath) throws(FileError) -> String { try base.readLink(path) }
    func remove(_ path: FilePath) throws(FileError) { try base.remove(path) }
    func makeDirectory(_ path: FilePath) throws(FileError) { try base.makeDirectory(path) }
    func removeDirectory(_ path: FilePath) throws(FileError) { try base.removeDirectory(path) }
    func setPermissions(_ permissions: FilePermissions, of path: FilePath) throws(FileError) {
        try base.setPermissions(permissions, of: path)
    }
    func setModificationTime(_ seconds: Int64, of path: FilePath) throws(FileError) {
        try base.setModificationTime(seconds, of: path)
    }
    func setModificationTime(_ seconds: Int64, of file: borrowing FileHandle) throws(FileError) {
        try base.setModificationTime(seconds, of: file)
    }
    func list(_ path: FilePath) throws(FileError) -> [DirectoryEntry] { try base.list(path) }
    func lock(_ file: borrowing FileHandle, waiting: Bool) throws(FileError) -> Bool {
        try base.lock(file, waiting: waiting)
    }
    func space(holding path: FilePath) throws(FileError) -> FileSystemSpace { try base.space(holding: path) }
}
