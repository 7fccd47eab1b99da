internal import FileIO
internal import Synchronization
internal import SystemPackage

/// The lock that every command holds which changes a mirror, held until ``release()`` or until the value ends.
package final class MirrorLock: Sendable {
    private let lock: Mutex<FileLock?>
    /// Held where other commands are to wait for this one rather than to fail.
    private let refresh = Mutex<FileLock?>(nil)

    /// Takes the lock of a mirror, which need not be open; blocks on the disk, but not for another command.
    ///
    /// - Parameters:
    ///   - root: The root of the mirror.
    ///   - fileSystem: What holds it.
    /// - Throws: ``MirrorError``; `locked` when another command has it.
    init(_ root: FilePath, fileSystem: any FileSystem) throws(MirrorError) {
        do throws(FileError) {
            let path = root.appending(MirrorLeftovers.lockName)
            lock = Mutex(try FileLock(path, waiting: false, fileSystem: fileSystem))
        } catch {
            guard error.errno == .wouldBlock else { throw .file(error) }
            throw .locked(root)
        }
    }

    /// Lets the lock go.
    ///
    /// The end of the value is not enough where the next command of this process follows at once: the thread that took
    /// the lock may hold on to the value for a while.
    package func release() {
        lock.withLock { $0 = nil }
        refresh.withLock { $0 = nil }
    }

    /// Has commands that need the lock wait for it, as what holds it is brief, and nobody's command.
    ///
    /// - Throws: `FileError`.
    func makeOthersWait(_ root: FilePath, fileSystem: any FileSystem) throws(FileError) {
        try refresh.withLock { mark throws(FileError) in
            mark = try FileLock(root.appending(Self.refreshName), waiting: true, fileSystem: fileSystem)
        }
    }

    /// Whether whoever holds the lock has others wait for it.
    ///
    /// - Throws: `FileError`.
    static func makesOthersWait(_ root: FilePath, fileSystem: any FileSystem) throws(FileError) -> Bool {
        do throws(FileError) {
            _ = try FileLock(root.appending(refreshName), waiting: false, fileSystem: fileSystem)
            return false
        } catch  where error.errno == .wouldBlock {
            return true
        }
    }

    private static let refreshName = "lock.refresh"
}

extension FileLock {
    /// Takes the lock that is held while files and rows are changed that belong together; waits for it.
    ///
    /// - Parameters:
    ///   - root: The root of the mirror.
    ///   - fileSystem: What holds it.
    /// - Returns: The lock.
    /// - Throws: `FileError`.
    static func ofCommits(_ root: FilePath, fileSystem: any FileSystem) throws(FileError) -> FileLock {
        try FileLock(root.appending("lock.commit"), waiting: true, fileSystem: fileSystem)
    }
}
