internal import Glibc
package import SystemPackage

/// A regular file that readers reach through links, open for reading, and closed when nobody has it any more.
package final class LinkedFile: Sendable {
    /// The open file.
    package let handle: FileHandle
    /// The size in bytes.
    package let size: UInt64
    /// The time of modification in whole seconds since 1970.
    package let modificationTime: Int64

    private init(_ handle: consuming FileHandle, _ status: stat) {
        self.handle = handle
        size = UInt64(clamping: status.st_size)
        modificationTime = Int64(status.st_mtim.tv_sec)
    }

    /// Opens a file, all links followed; blocks as long as the disk takes to find it.
    ///
    /// - Parameter path: The path.
    /// - Returns: The file; `nil` when there is no regular file of this name.
    /// - Throws: ``FileError`` for what is no answer to that, such as too many open files.
    package static func open(_ path: FilePath) throws(FileError) -> LinkedFile? { try open(path.string) }

    /// The same for a path as text, as a server has it for each request.
    ///
    /// - Parameter path: The path.
    /// - Returns: The file; `nil` when there is no regular file of this name.
    /// - Throws: ``FileError`` for what is no answer to that, such as too many open files.
    package static func open(_ path: String) throws(FileError) -> LinkedFile? {
        // A pipe of this name must not be waited for.
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT, ENOTDIR, ENAMETOOLONG, ELOOP, EACCES, ENXIO, EISDIR: return nil
            case let code: throw FileError(operation: "open", path: FilePath(path), errno: Errno(rawValue: code))
            }
        }
        let handle = FileHandle(owning: descriptor, path: FilePath(path))
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw FileError(operation: "fstat", path: FilePath(path), errno: Errno(rawValue: errno))
        }
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        return LinkedFile(handle, status)
    }

    /// Whether there is a directory of a name, all links followed.
    ///
    /// - Parameter path: The path.
    /// - Returns: Whether there is.
    package static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Reads bytes of the file (pread(2)), whoever else reads it meanwhile.
    ///
    /// - Parameters:
    ///   - buffer: Where they go.
    ///   - offset: From where in the file.
    /// - Returns: How many there were; fewer than fit at the end of the file.
    /// - Throws: ``FileError``.
    package func read(into buffer: UnsafeMutableRawBufferPointer, from offset: UInt64) throws(FileError) -> Int {
        var count = 0
        while count < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
            let result = pread(handle.descriptor, rest.baseAddress, rest.count, off_t(clamping: offset) + off_t(count))
            if result < 0 {
                if errno == EINTR { continue }
                throw FileError(operation: "pread", path: handle.path, errno: Errno(rawValue: errno))
            }
            if result == 0 { break }
            count += result
        }
        return count
    }
}
