package import Digest
package import FileIO
package import SystemPackage

/// Bytes that were to be copied are not had.
package enum CopyError: Error, Sendable {
    /// They cannot be read.
    case unreadable(FileError)
    /// They are others than they should be.
    case wrong(SHA256Digest)
    /// The copy cannot be written.
    case unwritable(FileError)
    /// OpenSSL failed.
    case digest(DigestError)
}

extension ObjectStore {
    /// Copies bytes into the staging directory, where they are checked as they are written; not durable.
    ///
    /// Where the file system lets two files share their bytes, the copy is read back instead, so that what was checked
    /// is what is there.
    ///
    /// - Parameters:
    ///   - source: A regular file.
    ///   - digest: What its bytes should have.
    /// - Returns: The copy, with the permissions of objects and the time of modification of `source`.
    /// - Throws: ``CopyError``; nothing is left then.
    package func stageCopy(of source: FilePath, expecting digest: SHA256Digest) throws(CopyError) -> StagedObject {
        let staged = newStagingPath()
        do throws(CopyError) {
            let (found, size) = try copy(source, to: staged)
            guard found == digest else { throw .wrong(found) }
            return StagedObject(path: staged, digest: digest, size: size)
        } catch {
            try? fileSystem.removeIfPresent(staged)
            throw error
        }
    }

    /// Whether a copy takes no room, since the file system lets two files share their bytes.
    ///
    /// - Throws: ``FileError``.
    package func sharesBytes() throws(FileError) -> Bool {
        let (source, copy) = (newStagingPath(), newStagingPath())
        defer {
            try? fileSystem.removeIfPresent(source)
            try? fileSystem.removeIfPresent(copy)
        }
        let bytes = [UInt8](repeating: 1, count: 1 << 16)
        try fileSystem.write(bytes, toNewFile: source, permissions: .ownerReadWrite, durably: false)
        let file = try fileSystem.open(source, for: .reading)
        return try fileSystem.clone(file, into: fileSystem.create(copy, permissions: .ownerReadWrite))
    }

    private func copy(_ source: FilePath, to path: FilePath) throws(CopyError) -> (SHA256Digest, size: UInt64) {
        let file = try Self.reading { () throws(FileError) in try fileSystem.open(source, for: .reading) }
        let time = try Self.reading { () throws(FileError) in try fileSystem.status(source).modificationTime }
        let copy = try Self.writing { () throws(FileError) in
            try fileSystem.create(path, permissions: Self.permissions)
        }
        let isClone = try Self.writing { () throws(FileError) in try fileSystem.clone(file, into: copy) }
        do {
            var hasher = try Hasher(.sha256)
            var buffer = [UInt8](repeating: 0, count: 1 << 18)
            var size: UInt64 = 0
            while true {
                let count = try Self.reading { () throws(FileError) in
                    try isClone
                        ? fileSystem.read(into: &buffer, from: copy) : fileSystem.read(into: &buffer, from: file)
                }
                if count == 0 { break }
                let bytes = Array(buffer[..<count])
                hasher.update(bytes)
                size += UInt64(count)
                if !isClone { try Self.writing { () throws(FileError) in try fileSystem.write(bytes, to: copy) } }
            }
            try Self.writing { () throws(FileError) in try fileSystem.setModificationTime(time, of: copy) }
            return (try hasher.finalizeSHA256(), size)
        } catch let error as CopyError {
            throw error
        } catch let error as DigestError {
            throw .digest(error)
        } catch {
            preconditionFailure("copying threw \(error)")
        }
    }

    private static func reading<Result: ~Copyable>(
        _ body: () throws(FileError) -> Result
    ) throws(CopyError) -> Result {
        do throws(FileError) { return try body() } catch { throw .unreadable(error) }
    }

    private static func writing<Result: ~Copyable>(
        _ body: () throws(FileError) -> Result
    ) throws(CopyError) -> Result {
        do throws(FileError) { return try body() } catch { throw .unwritable(error) }
    }
}
