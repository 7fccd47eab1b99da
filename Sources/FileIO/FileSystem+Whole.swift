package import SystemPackage

/// Calls on whole files and trees, made of the smaller ones.
extension FileSystem {
    /// Whether something has this name, a link included.
    package func exists(_ path: FilePath) throws(FileError) -> Bool {
        try statusIfPresent(path) != nil
    }

    /// Gives a file a name that nothing has, on file systems that cannot look and rename in one step.
    package func rename(_ source: FilePath, toNew destination: FilePath) throws(FileError) {
        guard try !exists(destination) else {
            throw FileError(operation: "rename", path: destination, errno: .fileExists)
        }
        try rename(source, to: destination)
    }

    /// Fails with `ENOSYS`, on file systems that cannot swap two names in one step.
    package func exchange(_ first: FilePath, with second: FilePath) throws(FileError) {
        throw FileError(operation: "exchange", path: second, errno: .noFunction)
    }

    /// Does nothing, on file systems whose files share no bytes.
    package func clone(_ source: borrowing FileHandle, into file: borrowing FileHandle) throws(FileError) -> Bool {
        false
    }

    /// What is known of a file; `nil` when there is none.
    package func statusIfPresent(_ path: FilePath) throws(FileError) -> FileStatus? {
        do throws(FileError) {
            return try status(path)
        } catch  where error.isMissing {
            return nil
        }
    }

    /// Where a symbolic link points; `nil` when there is nothing of this name.
    package func readLinkIfPresent(_ path: FilePath) throws(FileError) -> String? {
        do throws(FileError) {
            return try readLink(path)
        } catch  where error.isMissing {
            return nil
        }
    }

    /// The bytes of a file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - limit: The most bytes that are read.
    /// - Returns: All bytes of the file.
    /// - Throws: ``FileError``, with `EFBIG` for a file that is longer than `limit`.
    package func contents(of path: FilePath, limit: Int) throws(FileError) -> [UInt8] {
        let file = try open(path, for: .reading)
        let size = Int(clamping: try status(path).size)
        guard size <= limit else { throw FileError(operation: "read", path: path, errno: .fileTooLarge) }
        var bytes = [UInt8](repeating: 0, count: size + 1)
        var count = 0
        while true {
            if count == bytes.count { bytes.append(contentsOf: repeatElement(0, count: max(4_096, count))) }
            let received = try read(into: &bytes, at: count, from: file)
            if received == 0 { break }
            count += received
            guard count <= limit else { throw FileError(operation: "read", path: path, errno: .fileTooLarge) }
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// Reads at most as many bytes as the array has from a place on; 0 at the end of the file.
    package func read(
        into bytes: inout [UInt8],
        at start: Int = 0,
        from file: borrowing FileHandle
    ) throws(FileError) -> Int {
        let result = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(FileError) in
                try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[start...]), from: file)
            }
        }
        return try result.get()
    }

    /// Writes all bytes at the handle's position.
    package func write(_ bytes: [UInt8], to file: borrowing FileHandle) throws(FileError) {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(FileError) in try write(buffer, to: file) }
        }
        try result.get()
    }

    /// Makes everything on the file system that holds `path` durable, once.
    ///
    /// It does not learn of writes that failed before and were told through another descriptor; who writes more than
    /// once holds a ``FileSystemBarrier``.
    package func synchronizeFileSystem(holding path: FilePath) throws(FileError) {
        let file = try openDirectory(path)
        try synchronizeFileSystem(of: file)
    }

    /// Makes a directory and those above it, as far as they are missing; not durable by itself.
    package func makeDirectories(_ path: FilePath) throws(FileError) {
        do throws(FileError) {
            try makeDirectory(path)
        } catch {
            if error.errno == .fileExists { return }
            guard error.errno == .noSuchFileOrDirectory, path.lastComponent != nil else { throw error }
            try makeDirectories(path.removingLastComponent())
            do throws(FileError) {
                try makeDirectory(path)
            } catch  where error.errno == .fileExists {
                // Somebody else made it in between.
            }
        }
    }

    /// Replaces a file by one with these bytes, at once for readers and durably.
    ///
    /// - Parameters:
    ///   - path: The file; its directory exists.
    ///   - bytes: All that it is to hold.
    ///   - permissions: The permissions of the new file.
    /// - Throws: ``FileError``; the old file is then still there.
    package func replace(
        _ path: FilePath,
        with bytes: [UInt8],
        permissions: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead]
    ) throws(FileError) {
        let directory = path.removingLastComponent()
        let temporary = path.replacement
        try removeIfPresent(temporary)
        try write(bytes, toNewFile: temporary, permissions: permissions, durably: true)
        try rename(temporary, to: path)
        try synchronizeDirectory(directory)
    }

    /// Makes a file with these bytes.
    ///
    /// - Parameters:
    ///   - bytes: All that it is to hold.
    ///   - path: The file, which did not exist.
    ///   - permissions: Its permissions.
    ///   - time: Its time of modification in seconds since 1970; `nil` for now.
    ///   - durably: Whether its bytes are synchronized; its name is not.
    /// - Throws: ``FileError``; a part of the file may then be left.
    package func write(
        _ bytes: [UInt8],
        toNewFile path: FilePath,
        permissions: FilePermissions,
        time: Int64? = nil,
        durably: Bool
    ) throws(FileError) {
        let file = try create(path, permissions: permissions)
        try write(bytes, to: file)
        if let time { try setModificationTime(time, of: file) }
        if durably { try synchronize(file) }
    }

    /// Removes a name if something has it.
    package func removeIfPresent(_ path: FilePath) throws(FileError) {
        do throws(FileError) {
            try remove(path)
        } catch  where error.isMissing {
            // That is what was wanted.
        }
    }

    /// Makes a symbolic link, replacing what has the name at once for readers.
    package func replaceSymbolicLink(to target: String, at path: FilePath) throws(FileError) {
        let temporary = path.replacement
        try removeIfPresent(temporary)
        try symbolicLink(to: target, at: temporary)
        try rename(temporary, to: path)
    }

    /// Removes a directory with all that is in it; links are removed, not followed.
    package func removeTree(_ path: FilePath) throws(FileError) {
        for entry in try list(path) {
            let child = path.appending(entry.name)
            if entry.kind == .directory {
                try removeTree(child)
            } else {
                try remove(child)
            }
        }
        try removeDirectory(path)
    }
}
