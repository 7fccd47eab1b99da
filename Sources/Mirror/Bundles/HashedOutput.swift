internal import Bundle
internal import Digest
internal import FileIO
internal import SystemPackage

/// A file that is hashed while it is written, and gets its name once it is whole and durable.
///
/// It belongs to one thread.
final class HashedOutput {
    private static let bufferSize = 1 << 20

    private let path: FilePath
    private let temporary: FilePath
    private let fileSystem: any FileSystem
    private let file: FileHandle
    private var hasher: Hasher
    private var buffer: [UInt8] = []
    /// How many bytes were written.
    private(set) var size: UInt64 = 0

    /// Begins a file.
    ///
    /// - Parameters:
    ///   - path: The file, whose folder exists. What has its name is replaced.
    ///   - fileSystem: What holds it.
    /// - Throws: `FileError`, `DigestError`.
    init(_ path: FilePath, fileSystem: any FileSystem) throws {
        self.path = path
        self.fileSystem = fileSystem
        temporary = path.replacement
        try fileSystem.removeIfPresent(temporary)
        file = try fileSystem.create(temporary, permissions: [.ownerReadWrite, .groupRead, .otherRead])
        hasher = try Hasher(.sha256)
    }

    /// Writes a few bytes, which may wait for more.
    ///
    /// - Throws: `FileError`.
    func write(_ bytes: [UInt8]) throws(FileError) {
        buffer += bytes
        if buffer.count >= Self.bufferSize { try flush() }
    }

    /// Writes many bytes.
    ///
    /// - Throws: `FileError`.
    func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        try flush()
        try put(bytes)
    }

    /// Gives the file its name; durable, but for the name.
    ///
    /// - Returns: What it is.
    /// - Throws: `FileError`, `DigestError`.
    func finish() throws -> BundleDescription.File {
        let found = try close()
        try fileSystem.rename(temporary, to: path)
        return found
    }

    /// Gives the file its name if it is what it should be, and gives it up otherwise.
    ///
    /// - Parameter expected: What it should be.
    /// - Returns: Whether it is.
    /// - Throws: `FileError`, `DigestError`.
    func finish(as expected: BundleDescription.File) throws -> Bool {
        guard try close() == expected else {
            discard()
            return false
        }
        try fileSystem.rename(temporary, to: path)
        return true
    }

    /// Makes the bytes durable.
    private func close() throws -> BundleDescription.File {
        try flush()
        try fileSystem.synchronize(file)
        return BundleDescription.File(size: size, sha256: try hasher.takeSHA256())
    }

    /// Gives the file up.
    func discard() {
        try? fileSystem.removeIfPresent(temporary)
    }

    private func flush() throws(FileError) {
        guard !buffer.isEmpty else { return }
        let bytes = buffer
        buffer.removeAll(keepingCapacity: true)
        let result = bytes.withUnsafeBytes { bytes in Result { () throws(FileError) in try put(bytes) } }
        try result.get()
    }

    private func put(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        try fileSystem.write(bytes, to: file)
        hasher.update(bytes)
        size += UInt64(bytes.count)
    }
}
