import FileIO
import Glibc
import Scheduling
import SystemPackage

/// The machine's file system, with a fault at a chosen call that changes something, and a memory of such calls.
final class FaultyFileSystem: FileSystem {
    /// A call that changes something.
    struct Call: Equatable, Sendable {
        /// The call, as its manual page is named.
        let operation: String
        let path: FilePath
    }

    private struct State {
        var calls: [Call] = []
        var countdown = 0
        var sharesBytes = false
        var errno = Errno.ioError
        var isForGood = false
        var failedCall: Call?
        var watched: (operation: String, path: FilePath, allowed: Int, body: @Sendable () -> Void)?
        var refused: [(operation: String, path: FilePath?, errno: Errno, allowed: Int)] = []
    }

    private let base = POSIXFileSystem()
    private let state = Locked(State())
    /// Whether calls that make something durable reach the disk; what a power cut does is no matter of these tests.
    private let synchronizes: Bool

    init(synchronizes: Bool = false) {
        self.synchronizes = synchronizes
    }

    /// The calls so far, in their order.
    var calls: [Call] { state.withLock { $0.calls } }

    /// The first call that failed by intention.
    var failedCall: Call? { state.withLock { $0.failedCall } }

    /// Makes the call `number` from now fail, the next one being 1, and all later ones when `isForGood`.
    func fail(call number: Int, with errno: Errno, forGood isForGood: Bool) {
        state.withLock { state in
            state.countdown = number
            state.errno = errno
            state.isForGood = isForGood
            state.failedCall = nil
        }
    }

    /// Lets all calls work again.
    func heal() {
        state.withLock { state in
            state.countdown = 0
            state.refused = []
        }
    }

    /// Makes a call fail, whenever it comes; one that only reads as well.
    ///
    /// - Parameters:
    ///   - operation: The call, as its manual page is named; `open to read` for one that opens a file to be read. With
    ///     `read`, a file that is opened to be read is one that only writes.
    ///   - path: What it is called on; anything when it is missing.
    ///   - errno: How it fails.
    ///   - count: How many such calls work before.
    func refuse(_ operation: String, _ path: FilePath? = nil, with errno: Errno, after count: Int = 0) {
        state.withLock { $0.refused.append((operation, path, errno, count)) }
    }

    /// Does something when a call comes that ``refuse(_:_:with:after:)`` could make fail, before it is made; once.
    func watch(_ operation: String, _ path: FilePath, after count: Int = 0, _ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.watched = (operation, path, count, body) }
    }

    private func check(_ operation: String, _ path: FilePath) throws(FileError) {
        let body = state.withLock { state -> (@Sendable () -> Void)? in
            guard let watched = state.watched, watched.operation == operation, watched.path == path else { return nil }
            state.watched?.allowed -= 1
            guard watched.allowed == 0 else { return nil }
            state.watched = nil
            return watched.body
        }
        body?()
        let errno = state.withLock { state -> Errno? in
            let index = state.refused.firstIndex { $0.operation == operation && $0.path ?? path == path }
            guard let index else { return nil }
            state.refused[index].allowed -= 1
            return state.refused[index].allowed < 0 ? state.refused[index].errno : nil
        }
        if let errno { throw FileError(operation: operation, path: path, errno: errno) }
    }

    /// Forgets the calls so far.
    func forgetCalls() {
        state.withLock { $0.calls = [] }
    }

    /// Enters something that is no call of this file system among the calls.
    func note(_ operation: String, _ path: FilePath = "") {
        state.withLock { $0.calls.append(Call(operation: operation, path: path)) }
    }

    private func step(_ operation: String, _ path: FilePath) throws(FileError) {
        try check(operation, path)
        let errno = state.withLock { state -> Errno? in
            let call = Call(operation: operation, path: path)
            state.calls.append(call)
            guard state.countdown > 0 else { return nil }
            if state.countdown > 1 {
                state.countdown -= 1
                return nil
            }
            if !state.isForGood { state.countdown = 0 }
            state.failedCall = state.failedCall ?? call
            return state.errno
        }
        if let errno { throw FileError(operation: operation, path: path, errno: errno) }
    }

    func create(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> FileHandle {
        try step("create", path)
        return try base.create(path, permissions: permissions)
    }

    func open(_ path: FilePath, for access: FileAccess) throws(FileError) -> FileHandle {
        if access == .reading { try check("open to read", path) } else { try step("open", path) }
        if access == .reading, state.withLock({ $0.refused.contains { $0.operation == "read" && $0.path == path } }) {
            // Whoever reads the descriptor past this file system shall not be able to either.
            return FileHandle(owning: Glibc.open(path.string, O_WRONLY | O_CLOEXEC), path: path)
        }
        return try base.open(path, for: access)
    }

    func write(_ bytes: UnsafeRawBufferPointer, to file: borrowing FileHandle) throws(FileError) {
        do throws(FileError) {
            try step("write", file.path)
        } catch {
            // A full disk takes a part of the bytes.
            try base.write(UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count / 2)]), to: file)
            throw error
        }
        try base.write(bytes, to: file)
    }

    func truncate(_ file: borrowing FileHandle, to size: Int64) throws(FileError) {
        try step("truncate", file.path)
        try base.truncate(file, to: size)
    }

    func synchronize(_ file: borrowing FileHandle) throws(FileError) {
        try step("fsync", file.path)
        if synchronizes { try base.synchronize(file) }
    }

    func synchronizeDirectory(_ path: FilePath) throws(FileError) {
        try step("fsync", path)
        if synchronizes { try base.synchronizeDirectory(path) }
    }

    func openDirectory(_ path: FilePath) throws(FileError) -> FileHandle {
        try base.openDirectory(path)
    }

    func synchronizeFileSystem(of file: borrowing FileHandle) throws(FileError) {
        try step("syncfs", file.path)
        if synchronizes { try base.synchronizeFileSystem(of: file) }
    }

    func rename(_ source: FilePath, to destination: FilePath) throws(FileError) {
        try step("rename", destination)
        try base.rename(source, to: destination)
    }

    func link(_ source: FilePath, at path: FilePath) throws(FileError) {
        try step("link", path)
        try base.link(source, at: path)
    }

    func clone(_ source: borrowing FileHandle, into file: borrowing FileHandle) throws(FileError) -> Bool {
        guard state.withLock({ $0.sharesBytes }) else { return false }
        try step("ioctl", file.path)
        // What a file system that shares bytes does, as far as readers see; nothing moves the position of `file`.
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try base.read(into: &buffer, from: source)
            if count == 0 { break }
            try base.write(Array(buffer[..<count]), to: file)
        }
        try base.seek(file, to: 0)
        return true
    }

    /// Has files share their bytes from now on.
    func shareBytes() { state.withLock { $0.sharesBytes = true } }

    func symbolicLink(to target: String, at path: FilePath) throws(FileError) {
        try step("symlink", path)
        try base.symbolicLink(to: target, at: path)
    }

    func remove(_ path: FilePath) throws(FileError) {
        try step("unlink", path)
        try base.remove(path)
    }

    func makeDirectory(_ path: FilePath) throws(FileError) {
        try step("mkdir", path)
        try base.makeDirectory(path)
    }

    func removeDirectory(_ path: FilePath) throws(FileError) {
        try step("rmdir", path)
        try base.removeDirectory(path)
    }

    func setPermissions(_ permissions: FilePermissions, of path: FilePath) throws(FileError) {
        try step("chmod", path)
        try base.setPermissions(permissions, of: path)
    }

    func setModificationTime(_ seconds: Int64, of path: FilePath) throws(FileError) {
        try step("utimensat", path)
        try base.setModificationTime(seconds, of: path)
    }

    func setModificationTime(_ seconds: Int64, of file: borrowing FileHandle) throws(FileError) {
        try step("futimens", file.path)
        try base.setModificationTime(seconds, of: file)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, from file: borrowing FileHandle) throws(FileError) -> Int {
        try check("read", file.path)
        return try base.read(into: buffer, from: file)
    }

    func seek(_ file: borrowing FileHandle, to offset: Int64) throws(FileError) { try base.seek(file, to: offset) }
    func status(_ path: FilePath) throws(FileError) -> FileStatus { try base.status(path) }
    func readLink(_ path: FilePath) throws(FileError) -> String {
        try check("readlink", path)
        return try base.readLink(path)
    }

    func list(_ path: FilePath) throws(FileError) -> [DirectoryEntry] {
        try check("list", path)
        return try base.list(path)
    }

    func lock(_ file: borrowing FileHandle, waiting: Bool) throws(FileError) -> Bool {
        try base.lock(file, waiting: waiting)
    }
    func space(holding path: FilePath) throws(FileError) -> FileSystemSpace { try base.space(holding: path) }
}
