package import Digest
package import FileIO
package import SystemPackage

/// Hashes files one after the other as they are on disk, with one context and one piece of memory for all of them.
///
/// What is read comes from the disk and not from memory, as far as the file system lets us: a reread of cached bytes
/// proves nothing about the disk. It belongs to one thread.
package struct ObjectHasher: ~Copyable {
    /// How much is read at a time, unless told otherwise.
    package static let ordinaryChunk = 1 << 20

    private var hasher: Hasher
    private let buffer: UnsafeMutableRawBufferPointer

    /// Takes memory for one chunk.
    ///
    /// - Parameter chunk: The most bytes to read at a time; rounded up to what reads past the page cache need.
    /// - Throws: ``DigestError`` when OpenSSL cannot provide SHA-256.
    package init(chunk: Int = ordinaryChunk) throws(DigestError) {
        let alignment = FileHandle.alignment
        hasher = try Hasher(.sha256)
        buffer = .allocate(
            byteCount: (max(1, chunk) + alignment - 1) / alignment * alignment,
            alignment: alignment
        )
    }

    deinit {
        buffer.deallocate()
    }

    /// Hashes the bytes of a file as they are on disk.
    ///
    /// - Parameters:
    ///   - path: The file; a link is not followed.
    ///   - fileSystem: What holds it.
    ///   - proceeds: Called with the number of bytes of each chunk when it was hashed; false ends the work.
    /// - Returns: The digest and the number of the bytes that are there; `nil` when `proceeds` ended the work.
    /// - Throws: ``ObjectError`` when the file cannot be read.
    package mutating func hash(
        _ path: FilePath,
        on fileSystem: any FileSystem,
        proceeds: (Int) -> Bool = { _ in true }
    ) throws(ObjectError) -> (digest: SHA256Digest, size: UInt64)? {
        do {
            let file = try fileSystem.open(path, for: .readingFromDisk)
            try hasher.reset()
            var size: UInt64 = 0
            while true {
                let count = try fileSystem.read(into: buffer, from: file)
                if count == 0 { break }
                hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                size += UInt64(count)
                guard proceeds(count) else { return nil }
                // Behind such a chunk is the end, and a read from there would not be aligned.
                if !count.isMultiple(of: FileHandle.alignment) { break }
            }
            return (try hasher.takeSHA256(), size)
        } catch let error as FileError {
            throw .file(error)
        } catch let error as DigestError {
            throw .digest(error)
        } catch {
            preconditionFailure("reading an object threw \(error)")
        }
    }
}

extension ObjectStore {
    /// Hashes the bytes of an object as they are on disk.
    ///
    /// - Parameters:
    ///   - digest: The name of the object.
    ///   - hasher: What hashes it.
    ///   - proceeds: Called with the number of bytes of each chunk when it was hashed; false ends the work.
    /// - Returns: The digest and the number of the bytes that are there; `nil` when `proceeds` ended the work.
    /// - Throws: ``ObjectError`` when the object cannot be read.
    package func rehash(
        _ digest: SHA256Digest,
        with hasher: inout ObjectHasher,
        proceeds: (Int) -> Bool = { _ in true }
    ) throws(ObjectError) -> (digest: SHA256Digest, size: UInt64)? {
        try hasher.hash(path(of: digest), on: fileSystem, proceeds: proceeds)
    }
}
