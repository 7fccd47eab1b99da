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
    ///   - size: How many bytes it should have; only decides how much is asked for at a time.
    ///   - fileSystem: What holds it.
    ///   - proceeds: Called with the number of bytes of each chunk when it was hashed; false ends the work.
    /// - Returns: The digest and the number of the bytes that are there; `nil` when `proceeds` ended the work.
    /// - Throws: ``ObjectError`` when the file cannot be read.
    package mutating func hash(
        _ path: FilePath,
        expecting size: UInt64 = .max,
        on fileSystem: any FileSystem,
        proceeds: (Int) -> Bool = { _ in true }
    ) throws(ObjectError) -> (digest: SHA256Digest, size: UInt64)? {
        do {
            let file = try fileSystem.open(path, for: .readingFromDisk)
            try hasher.reset()
            var found: UInt64 = 0
            while true {
                let space = UnsafeMutableRawBufferPointer(rebasing: buffer[..<length(ofRead: found, expecting: size)])
                let count = try fileSystem.read(into: space, from: file)
                if count == 0 { break }
                hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                found += UInt64(count)
                guard proceeds(count) else { return nil }
                // Behind such a chunk is the end, and a read from there would not be aligned.
                if !count.isMultiple(of: FileHandle.alignment) { break }
            }
            return (try hasher.takeSHA256(), found)
        } catch let error as FileError {
            throw .file(error)
        } catch let error as DigestError {
            throw .digest(error)
        } catch {
            preconditionFailure("reading an object threw \(error)")
        }
    }

    /// How much to ask for when so many bytes of a file are read.
    ///
    /// What is asked for behind the end of a file is filled with zeros by the kernel, which costs more than hashing a
    /// small file.
    private func length(ofRead found: UInt64, expecting size: UInt64) -> Int {
        guard size > found else { return buffer.count }
        let alignment = UInt64(FileHandle.alignment)
        let rest = min(size - found, UInt64(buffer.count))
        return Int((rest + alignment - 1) / alignment * alignment)
    }
}

extension ObjectStore {
    /// Hashes the bytes of an object as they are on disk, and once more when they are not what its name says.
    ///
    /// A bit that flipped on its way or in memory is no damage of the disk: only what is opened and read twice is.
    ///
    /// - Parameters:
    ///   - digest: The name of the object.
    ///   - size: How many bytes the index says that it has; only decides how much is asked for at a time.
    ///   - hasher: What hashes it.
    ///   - proceeds: Called with the number of bytes of each chunk when it was hashed; false ends the work.
    /// - Returns: The digest and the number of the bytes that are there; `nil` when `proceeds` ended the work.
    /// - Throws: ``ObjectError`` when the object cannot be read.
    package func rehash(
        _ digest: SHA256Digest,
        expecting size: UInt64 = .max,
        with hasher: inout ObjectHasher,
        proceeds: (Int) -> Bool = { _ in true }
    ) throws(ObjectError) -> (digest: SHA256Digest, size: UInt64)? {
        let path = path(of: digest)
        let found = try hasher.hash(path, expecting: size, on: fileSystem, proceeds: proceeds)
        guard let found, found.digest != digest else { return found }
        return try hasher.hash(path, expecting: size, on: fileSystem, proceeds: proceeds)
    }
}
