import FileIO
import Foundation
import SystemPackage

/// A lock of a mirror that the test holds, so that a program comes to a stop where it wants it.
final class HeldLock {
    private let lock: FileLock
    private let inode: UInt64

    init(_ path: FilePath) throws {
        let fileSystem = POSIXFileSystem()
        lock = try FileLock(path, waiting: true, fileSystem: fileSystem)
        inode = try fileSystem.status(path).identity.inode
    }

    /// Whether another process waits for it, as the kernel tells (proc_locks(5)).
    var isWaitedFor: Bool {
        let locks = (try? String(contentsOfFile: "/proc/locks", encoding: .utf8)) ?? ""
        return locks.split(separator: "\n").contains { $0.contains("->") && $0.contains(":\(inode) ") }
    }
}
