internal import CLinux
internal import Glibc
package import SystemPackage

/// The file system of the machine.
package struct POSIXFileSystem: FileSystem {
    /// The permissions that the process's umask takes from new files, as it was at the first use.
    private static let mask: FilePermissions = {
        let mask = umask(0o077)
        _ = umask(mask)
        return FilePermissions(rawValue: mask)
    }()

    /// The permissions that programs give to files of their user, as the umask wants it.
    package static var ordinaryPermissions: FilePermissions { FilePermissions(rawValue: 0o666).subtracting(mask) }

    /// The machine's file system.
    package init() {
        // While the umask is asked for it is another one. A file that another thread makes at that moment would get
        // less permissions than it should, so that it has to be known before the first file is made.
        _ = Self.mask
    }

    package func create(_ path: FilePath, permissions: FilePermissions) throws(FileError) -> FileHandle {
        let flags = O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC
        let descriptor = try call("open", path) {
            path.withPlatformString { larder_open($0, flags, permissions.rawValue) }
        }
        let file = FileHandle(owning: descriptor, path: path)
        if !permissions.isDisjoint(with: Self.mask) {
            try check("fchmod", path) { fchmod(descriptor, permissions.rawValue) }
        }
        return file
    }

    package func open(_ path: FilePath, for access: FileAccess) throws(FileError) -> FileHandle {
        if access == .readingFromDisk { return try openFromDisk(path) }
        let flags =
            switch access {
            case .reading, .readingFromDisk: O_RDONLY
            case .updating: O_RDWR | O_CREAT
            case .appending: O_WRONLY | O_APPEND
            }
        let descriptor = try call("open", path) {
            path.withPlatformString { larder_open($0, flags | O_NOFOLLOW | O_CLOEXEC, 0o644) }
        }
        return FileHandle(owning: descriptor, path: path)
    }

    package func write(_ bytes: UnsafeRawBufferPointer, to file: borrowing FileHandle) throws(FileError) {
        var rest = bytes
        let descriptor = file.descriptor
        while !rest.isEmpty {
            let buffer = rest
            let written = try call("write", file.path) { Glibc.write(descriptor, buffer.baseAddress, buffer.count) }
            rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
    }

    package func read(
        into buffer: UnsafeMutableRawBufferPointer,
        from file: borrowing FileHandle
    ) throws(FileError) -> Int {
        let descriptor = file.descriptor
        do throws(FileError) {
            return try call("read", file.path) { Glibc.read(descriptor, buffer.baseAddress, buffer.count) }
        } catch  where error.errno == .invalidArgument && larder_leave_direct(descriptor) {
            // Some file systems open a file past the page cache and then do not read it so.
            _ = larder_forget_cached(descriptor)
            return try call("read", file.path) { Glibc.read(descriptor, buffer.baseAddress, buffer.count) }
        }
    }

    /// Opens a file past the page cache, and where that cannot be has the cache forget the file before and after.
    private func openFromDisk(_ path: FilePath) throws(FileError) -> FileHandle {
        let flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC
        do throws(FileError) {
            let descriptor = try call("open", path) { path.withPlatformString { larder_open_direct($0, flags) } }
            return FileHandle(owning: descriptor, path: path)
        } catch  where error.errno == .invalidArgument {
            let descriptor = try call("open", path) { path.withPlatformString { larder_open($0, flags, 0) } }
            _ = larder_forget_cached(descriptor)
            return FileHandle(owning: descriptor, path: path, forgets: true)
        }
    }

    package func seek(_ file: borrowing FileHandle, to offset: Int64) throws(FileError) {
        let descriptor = file.descriptor
        _ = try call("lseek", file.path) { Glibc.lseek(descriptor, off_t(offset), SEEK_SET) }
    }

    package func truncate(_ file: borrowing FileHandle, to size: Int64) throws(FileError) {
        let descriptor = file.descriptor
        try check("ftruncate", file.path) { Glibc.ftruncate(descriptor, off_t(size)) }
    }

    package func synchronize(_ file: borrowing FileHandle) throws(FileError) {
        let descriptor = file.descriptor
        try check("fsync", file.path) { Glibc.fsync(descriptor) }
    }

    package func synchronizeDirectory(_ path: FilePath) throws(FileError) {
        let directory = try openDirectory(path)
        try synchronize(directory)
    }

    package func synchronizeFileSystem(of file: borrowing FileHandle) throws(FileError) {
        let descriptor = file.descriptor
        try check("syncfs", file.path) { larder_syncfs(descriptor) }
    }

    package func status(_ path: FilePath) throws(FileError) -> FileStatus {
        var result = stat()
        try check("lstat", path) { path.withPlatformString { Glibc.lstat($0, &result) } }
        return FileStatus(result)
    }

    package func rename(_ source: FilePath, to destination: FilePath) throws(FileError) {
        try check("rename", destination) {
            source.withPlatformString { from in destination.withPlatformString { Glibc.rename(from, $0) } }
        }
    }

    package func rename(_ source: FilePath, toNew destination: FilePath) throws(FileError) {
        do throws(FileError) {
            try check("rename", destination) {
                source.withPlatformString { from in
                    destination.withPlatformString { larder_rename_new(from, $0) }
                }
            }
        } catch  where error.errno == .invalidArgument || error.errno == .noFunction {
            // The file system, or the kernel, does not know the flag.
            guard try !exists(destination) else {
                throw FileError(operation: "rename", path: destination, errno: .fileExists)
            }
            try rename(source, to: destination)
        }
    }

    package func exchange(_ first: FilePath, with second: FilePath) throws(FileError) {
        try check("rename", second) {
            first.withPlatformString { from in second.withPlatformString { larder_exchange(from, $0) } }
        }
    }

    package func link(_ source: FilePath, at path: FilePath) throws(FileError) {
        try check("link", path) {
            source.withPlatformString { from in path.withPlatformString { Glibc.link(from, $0) } }
        }
    }

    package func clone(_ source: borrowing FileHandle, into file: borrowing FileHandle) throws(FileError) -> Bool {
        let (from, to) = (source.descriptor, file.descriptor)
        do throws(FileError) {
            try check("ioctl", file.path) { larder_clone(from, to) }
            return true
        } catch {
            // ioctl_ficlone(2): the file system cannot, or not for these two.
            switch error.errno {
            case .notSupported, .invalidArgument, .improperLink, .inappropriateIOCTLForDevice, .notPermitted,
                .noFunction:
                return false
            default: throw error
            }
        }
    }

    package func symbolicLink(to target: String, at path: FilePath) throws(FileError) {
        try check("symlink", path) { path.withPlatformString { Glibc.symlink(target, $0) } }
    }

    package func readLink(_ path: FilePath) throws(FileError) -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let capacity = buffer.count
        let count = try call("readlink", path) {
            path.withPlatformString { from in
                buffer.withUnsafeMutableBytes { bytes in
                    bytes.withMemoryRebound(to: CChar.self) { larder_readlink(from, $0.baseAddress, capacity) }
                }
            }
        }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    package func remove(_ path: FilePath) throws(FileError) {
        try check("unlink", path) { path.withPlatformString { Glibc.unlink($0) } }
    }

    package func makeDirectory(_ path: FilePath) throws(FileError) {
        try check("mkdir", path) { path.withPlatformString { Glibc.mkdir($0, 0o755) } }
        // A web server under another user has to come through, whatever the umask.
        if Self.mask.rawValue & 0o755 != 0 { try setPermissions(FilePermissions(rawValue: 0o755), of: path) }
    }

    package func removeDirectory(_ path: FilePath) throws(FileError) {
        try check("rmdir", path) { path.withPlatformString { Glibc.rmdir($0) } }
    }

    package func setPermissions(_ permissions: FilePermissions, of path: FilePath) throws(FileError) {
        try check("chmod", path) { path.withPlatformString { Glibc.chmod($0, permissions.rawValue) } }
    }

    package func setModificationTime(_ seconds: Int64, of path: FilePath) throws(FileError) {
        let time = timespec(tv_sec: Int(seconds), tv_nsec: 0)
        try check("utimensat", path) {
            path.withPlatformString { Glibc.utimensat(AT_FDCWD, $0, [time, time], AT_SYMLINK_NOFOLLOW) }
        }
    }

    package func setModificationTime(_ seconds: Int64, of file: borrowing FileHandle) throws(FileError) {
        let time = timespec(tv_sec: Int(seconds), tv_nsec: 0)
        let descriptor = file.descriptor
        try check("futimens", file.path) { Glibc.futimens(descriptor, [time, time]) }
    }

    package func lock(_ file: borrowing FileHandle, waiting: Bool) throws(FileError) -> Bool {
        let descriptor = file.descriptor
        do throws(FileError) {
            try check("flock", file.path) { larder_flock(descriptor, waiting) }
            return true
        } catch  where error.errno == .wouldBlock {
            return false
        }
    }

    package func space(holding path: FilePath) throws(FileError) -> FileSystemSpace {
        var result = Glibc.statvfs()
        try check("statvfs", path) { path.withPlatformString { larder_statvfs($0, &result) } }
        return FileSystemSpace(
            availableBytes: UInt64(result.f_bavail) * UInt64(result.f_frsize),
            totalBytes: UInt64(result.f_blocks) * UInt64(result.f_frsize),
            availableInodes: result.f_files == 0 ? .max : UInt64(result.f_favail)
        )
    }

    package func openDirectory(_ path: FilePath) throws(FileError) -> FileHandle {
        let descriptor = try call("open", path) {
            path.withPlatformString { larder_open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) }
        }
        return FileHandle(owning: descriptor, path: path)
    }
}

/// Makes a call until it is not interrupted, and turns a negative result into an error.
func call<Result: SignedInteger>(
    _ operation: String,
    _ path: FilePath,
    _ body: () -> Result
) throws(FileError) -> Result {
    while true {
        let result = body()
        if result >= 0 { return result }
        let code = Errno(rawValue: errno)
        if code != .interrupted { throw FileError(operation: operation, path: path, errno: code) }
    }
}

/// Makes a call that returns nothing but its success.
private func check(_ operation: String, _ path: FilePath, _ body: () -> Int32) throws(FileError) {
    _ = try call(operation, path, body)
}
