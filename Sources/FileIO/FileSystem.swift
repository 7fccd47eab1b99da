package import SystemPackage

/// The calls on files that Larder makes, and no others: the seam where tests inject faults.
///
/// Every call blocks; run them on threads that may wait. A call that is interrupted by a signal is repeated. Nothing is
/// durable before ``synchronize(_:)``, ``synchronizeDirectory(_:)`` or ``synchronizeFileSystem(of:)`` returned.
package protocol FileSystem: Sendable {
    /// Makes a file that did not exist and opens it for writing (open(2) with `O_CREAT|O_EXCL|O_NOFOLLOW`).
    ///
    /// The file gets exactly `permissions`, whatever the umask.
    func create(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> FileHandle

    /// Opens an existing regular file; the last component is not followed when it is a link.
    func open(_ path: FilePath, for access: FileAccess) throws(FileError) -> FileHandle

    /// Opens a directory, which can be synchronized and locked but not read.
    func openDirectory(_ path: FilePath) throws(FileError) -> FileHandle

    /// Writes all bytes at the handle's position.
    func write(_ bytes: UnsafeRawBufferPointer, to file: borrowing FileHandle) throws(FileError)

    /// Reads at most as many bytes as fit; 0 at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer, from file: borrowing FileHandle) throws(FileError) -> Int

    /// Moves the handle's position to an offset from the start of the file.
    func seek(_ file: borrowing FileHandle, to offset: Int64) throws(FileError)

    /// Cuts or extends a file.
    func truncate(_ file: borrowing FileHandle, to size: Int64) throws(FileError)

    /// Makes a file's bytes durable (fsync(2)). After an error the bytes must be considered lost: never call it again.
    func synchronize(_ file: borrowing FileHandle) throws(FileError)

    /// Makes the names in a directory durable (fsync(2) on the directory).
    func synchronizeDirectory(_ path: FilePath) throws(FileError)

    /// Makes everything on the file system that holds an open file or directory durable (syncfs(2)).
    ///
    /// It fails when any write to the file system failed since `file` was opened and the failure was not told through it
    /// before; what was written must be considered lost then.
    func synchronizeFileSystem(of file: borrowing FileHandle) throws(FileError)

    /// What is known of a file; the last component is not followed when it is a link.
    func status(_ path: FilePath) throws(FileError) -> FileStatus

    /// Gives a file another name, replacing what has it (rename(2)).
    func rename(_ source: FilePath, to destination: FilePath) throws(FileError)

    /// Gives a file a name that nothing has (renameat2(2) with `RENAME_NOREPLACE`); fails with `EEXIST` otherwise.
    func rename(_ source: FilePath, toNew destination: FilePath) throws(FileError)

    /// Swaps the names of two files or directories in one step (renameat2(2) with `RENAME_EXCHANGE`).
    ///
    /// Fails with `EINVAL` or `ENOSYS` where the file system or the kernel cannot do it.
    func exchange(_ first: FilePath, with second: FilePath) throws(FileError)

    /// Gives a file a second name (link(2)); a link is not followed.
    func link(_ source: FilePath, at path: FilePath) throws(FileError)

    /// Makes an empty file share all bytes of another one, each going its own way when it is written (ioctl_ficlone(2)).
    ///
    /// - Returns: Whether the file system can; the file is as it was when it cannot.
    func clone(_ source: borrowing FileHandle, into file: borrowing FileHandle) throws(FileError) -> Bool

    /// Makes a symbolic link at `path` (symlink(2)).
    func symbolicLink(to target: String, at path: FilePath) throws(FileError)

    /// Where a symbolic link points (readlink(2)).
    func readLink(_ path: FilePath) throws(FileError) -> String

    /// Removes a name of a file or a link (unlink(2)).
    func remove(_ path: FilePath) throws(FileError)

    /// Makes a directory that all may read, whatever the umask (mkdir(2)).
    func makeDirectory(_ path: FilePath) throws(FileError)

    /// Removes an empty directory (rmdir(2)).
    func removeDirectory(_ path: FilePath) throws(FileError)

    /// Sets a file's permissions (chmod(2)).
    func setPermissions(_ permissions: FilePermissions, of path: FilePath) throws(FileError)

    /// Sets a file's time of modification, in whole seconds since 1970 (utimensat(2)); a link is not followed.
    func setModificationTime(_ seconds: Int64, of path: FilePath) throws(FileError)

    /// Sets an open file's time of modification, in whole seconds since 1970 (futimens(3)).
    func setModificationTime(_ seconds: Int64, of file: borrowing FileHandle) throws(FileError)

    /// The names in a directory, without `.` and `..`, in no order.
    func list(_ path: FilePath) throws(FileError) -> [DirectoryEntry]

    /// Takes a lock on an open file (flock(2)) that lasts until the handle is closed.
    ///
    /// - Returns: Whether the lock was had; always true when `waiting`.
    func lock(_ file: borrowing FileHandle, waiting: Bool) throws(FileError) -> Bool

    /// How much room the file system that holds `path` has (statvfs(3)).
    func space(holding path: FilePath) throws(FileError) -> FileSystemSpace
}

/// What a file is opened for.
package enum FileAccess: Sendable {
    /// Reading only.
    case reading
    /// Reading only, from the disk and not from memory as far as the file system lets us.
    ///
    /// Reads must go to memory at a multiple of ``FileHandle/alignment``, in multiples of it, and one that gets a
    /// number of bytes that is no multiple of it was the last.
    case readingFromDisk
    /// Reading and writing, creating the file when it is missing.
    case updating
    /// Writing at the end of an existing file.
    case appending
}

/// What is known of a file.
package struct FileStatus: Equatable, Sendable {
    /// The kind of the file.
    package let kind: FileKind
    /// The size in bytes.
    package let size: UInt64
    /// How many bytes it takes on the disk: fewer than its size where it has holes.
    package let allocatedBytes: UInt64
    /// The permission bits.
    package let permissions: FilePermissions
    /// The time of modification in whole seconds since 1970.
    package let modificationTime: Int64
    /// The device and inode, which together tell whether two names are one file.
    package let identity: FileIdentity
    /// The number of names.
    package let linkCount: UInt64
    /// The number of the user who owns the file.
    package let owner: UInt32
}

/// The device and inode of a file.
package struct FileIdentity: Hashable, Sendable {
    /// The device.
    package let device: UInt64
    /// The inode.
    package let inode: UInt64
}

/// The kinds of files that are told apart.
package enum FileKind: Sendable {
    case regular
    case directory
    case symbolicLink
    case other
}

/// A name in a directory.
package struct DirectoryEntry: Hashable, Sendable {
    /// The name, one component.
    package let name: String
    /// The kind of what it names, itself not followed when it is a link.
    package let kind: FileKind
}

/// The room on a file system.
package struct FileSystemSpace: Equatable, Sendable {
    /// Bytes that an ordinary user may still write.
    package let availableBytes: UInt64
    /// Bytes in all.
    package let totalBytes: UInt64
    /// Inodes that are left; `UInt64.max` where the file system does not count them.
    package let availableInodes: UInt64
}
