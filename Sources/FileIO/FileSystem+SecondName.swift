package import SystemPackage

/// Second names of files, and copies in their place.
extension FileSystem {
    /// Gives a file a second name, or a copy of it that name where there are no second names; not durable.
    ///
    /// - Parameters:
    ///   - path: The second name, which nothing has.
    ///   - source: A regular file.
    /// - Throws: ``FileError``.
    package func addName(_ path: FilePath, to source: FilePath) throws(FileError) {
        do throws(FileError) {
            try link(source, at: path)
        } catch  where error.refusesLinks {
            try copy(source, to: path, durably: false)
        }
    }

    /// Copies a file, with its permissions and its time of modification in whole seconds.
    ///
    /// The copy gets its name when all of it is there, so that nothing but `.NAME.new` is left of one that broke off.
    ///
    /// - Parameters:
    ///   - source: A regular file.
    ///   - path: The copy; a file of this name is replaced.
    ///   - durably: Whether the copy and its name are synchronized.
    /// - Throws: ``FileError``.
    package func copy(_ source: FilePath, to path: FilePath, durably: Bool) throws(FileError) {
        let directory = path.removingLastComponent()
        let temporary = path.replacement
        try removeIfPresent(temporary)
        do throws(FileError) {
            let status = try status(source)
            let file = try open(source, for: .reading)
            let copy = try create(temporary, permissions: status.permissions)
            var buffer = [UInt8](repeating: 0, count: 1 << 18)
            while true {
                let count = try read(into: &buffer, from: file)
                if count == 0 { break }
                try write(Array(buffer[..<count]), to: copy)
            }
            try setModificationTime(status.modificationTime, of: copy)
            if durably { try synchronize(copy) }
            try rename(temporary, to: path)
        } catch {
            // What stopped it is what is told.
            try? removeIfPresent(temporary)
            throw error
        }
        if durably { try synchronizeDirectory(directory) }
    }

    /// Whether two files have the same bytes.
    package func areEqual(_ first: FilePath, _ second: FilePath) throws(FileError) -> Bool {
        guard try status(first).size == status(second).size else { return false }
        let one = try open(first, for: .reading)
        let other = try open(second, for: .reading)
        var bytes = [UInt8](repeating: 0, count: 1 << 18)
        var others = bytes
        while true {
            let count = try fill(&bytes, from: one)
            guard try fill(&others, from: other) == count, bytes[..<count] == others[..<count] else { return false }
            if count < bytes.count { return true }
        }
    }

    /// Reads until an array is full or the file ends.
    private func fill(_ bytes: inout [UInt8], from file: borrowing FileHandle) throws(FileError) -> Int {
        var count = 0
        while count < bytes.count {
            let received = try read(into: &bytes, at: count, from: file)
            if received == 0 { break }
            count += received
        }
        return count
    }
}

extension FileError {
    /// Whether link(2) failed because the file system, or the kernel, gives no second name: none at all, not on another
    /// file system, not to this user, or no more of them.
    package var refusesLinks: Bool {
        switch errno {
        case .notPermitted, .permissionDenied, .tooManyLinks, .notSupported, .noFunction, .improperLink: true
        default: false
        }
    }
}
