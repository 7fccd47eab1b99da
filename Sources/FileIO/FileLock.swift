internal import CLinux
package import SystemPackage

/// A lock on a file, held until the value ends or the process does.
package struct FileLock: ~Copyable, Sendable {
    private let file: FileHandle

    /// Takes a lock, making the file when it is missing.
    ///
    /// - Parameters:
    ///   - path: The file; it is never written to or removed.
    ///   - waiting: Whether to wait for whoever has the lock; otherwise the call fails with `EWOULDBLOCK`.
    ///   - fileSystem: What holds the file.
    /// - Throws: ``FileError``.
    package init(_ path: FilePath, waiting: Bool, fileSystem: any FileSystem) throws(FileError) {
        file = try Self.locked(path, waiting: waiting, fileSystem: fileSystem)
    }

    deinit {
        // Closing the file is not enough: a program that another thread is starting has it open too, until it runs.
        _ = larder_unlock(file.descriptor)
    }

    private static func locked(
        _ path: FilePath,
        waiting: Bool,
        fileSystem: any FileSystem
    ) throws(FileError) -> FileHandle {
        let file: FileHandle
        do throws(FileError) {
            file = try fileSystem.open(path, for: .updating)
        } catch  where error.errno == .readOnlyFileSystem {
            // flock(2) asks for no permission to write.
            do throws(FileError) {
                file = try fileSystem.open(path, for: .reading)
            } catch let second {
                throw second.isMissing ? error : second
            }
        }
        guard try fileSystem.lock(file, waiting: waiting) else {
            throw FileError(operation: "flock", path: path, errno: .wouldBlock)
        }
        return file
    }
}
