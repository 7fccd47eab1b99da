internal import FileIO
internal import Scheduling
internal import Synchronization
internal import SystemPackage

/// The lock that every command holds which changes a mirror, held until ``release()`` or until the value ends.
package final class MirrorLock: Sendable {
    private static let refreshName = "lock.refresh"
    /// For how long commands wait for a server that asks for pages again.
    private static let patience = Duration.seconds(60)

    private let lock: Mutex<FileLock?>
    /// Held where other commands are to wait for this one rather than to fail, or servers are to keep nothing.
    private let mark: Mutex<FileLock?>

    /// Takes the lock of a mirror, which need not be open; blocks on the disk, but not for another command.
    ///
    /// - Parameters:
    ///   - root: The root of the mirror.
    ///   - fileSystem: What holds it.
    ///   - mark: What has others wait for it; `nil` for nothing.
    /// - Throws: ``MirrorError``; `locked` when another command has it.
    init(
        _ root: FilePath,
        fileSystem: any FileSystem,
        mark: consuming FileLock? = nil
    ) throws(MirrorError) {
        do throws(FileError) {
            let path = root.appending(MirrorLeftovers.lockName)
            lock = Mutex(try FileLock(path, waiting: false, fileSystem: fileSystem))
        } catch {
            guard error.errno == .wouldBlock else { throw .file(error) }
            throw .locked(root)
        }
        self.mark = Mutex(mark)
    }

    /// Lets the lock go.
    ///
    /// The end of the value is not enough where the next command of this process follows at once: the thread that took
    /// the lock may hold on to the value for a while.
    package func release() {
        lock.withLock { $0 = nil }
        mark.withLock { $0 = nil }
    }

    /// Has servers on demand keep nothing until the lock is let go, since no index would know of it.
    ///
    /// - Throws: `FileError`.
    func excludeServers(_ root: FilePath, fileSystem: any FileSystem) throws(FileError) {
        try mark.withLock { mark throws(FileError) in
            mark = try FileLock.ofRebuild(root, waiting: true, fileSystem: fileSystem)
        }
    }

    /// What has commands that need the lock wait for whoever takes it next, as that is brief, and nobody's command.
    ///
    /// - Throws: `FileError`.
    static func makingOthersWait(_ root: FilePath, fileSystem: any FileSystem) throws(FileError) -> FileLock {
        try FileLock(root.appending(refreshName), waiting: true, fileSystem: fileSystem)
    }

    /// Takes the lock, once a server that asks for pages again has let it go.
    ///
    /// - Parameters:
    ///   - root: The root of the mirror.
    ///   - fileSystem: What holds it.
    ///   - workers: Threads that may wait for the disk.
    ///   - take: Takes it, and is called again when it was to wait.
    /// - Returns: The lock.
    /// - Throws: ``MirrorError``; `locked` when another command has it.
    static func whenFree(
        _ root: FilePath,
        _ fileSystem: any FileSystem,
        _ workers: WorkerPool,
        _ take: @escaping @Sendable () throws(MirrorError) -> MirrorLock
    ) async throws(MirrorError) -> MirrorLock {
        let end = ContinuousClock.now + patience
        var isLastTry = false
        while true {
            do throws(MirrorError) {
                return try await workers.run(take)
            } catch {
                guard case .locked = error, !isLastTry, !Task.isCancelled, ContinuousClock.now < end else {
                    throw error
                }
            }
            try? await Task.sleep(for: .milliseconds(50))
            // Whoever had it may have let it go by now.
            isLastTry = try await workers.runWrapping { try !FileLock.isHeld(root.appending(refreshName), fileSystem) }
        }
    }
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

    /// Takes the lock that a `rebuild` holds from before it looks at the store until its index has its place, so that nothing
    /// is put there meanwhile which no index knows; a server holds it within the lock of commits.
    ///
    /// - Parameters:
    ///   - root: The root of the mirror.
    ///   - waiting: Whether to wait for who has it; otherwise the call fails with `EWOULDBLOCK`.
    ///   - fileSystem: What holds it.
    /// - Returns: The lock.
    /// - Throws: `FileError`.
    static func ofRebuild(
        _ root: FilePath,
        waiting: Bool,
        fileSystem: any FileSystem
    ) throws(FileError) -> FileLock {
        try FileLock(root.appending("lock.rebuild"), waiting: waiting, fileSystem: fileSystem)
    }

    /// Whether somebody has a lock.
    fileprivate static func isHeld(_ path: FilePath, _ fileSystem: any FileSystem) throws(FileError) -> Bool {
        do throws(FileError) {
            _ = try FileLock(path, waiting: false, fileSystem: fileSystem)
            return false
        } catch  where error.errno == .wouldBlock {
            return true
        }
    }
}
