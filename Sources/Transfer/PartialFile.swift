internal import Digest
internal import FileIO
internal import SystemPackage

/// A part of a file that an earlier request left, and what its server said of the whole.
///
/// The part is the file itself, of mode 0644. A second file of its name with `.validator` behind it holds one line: the
/// strong entity tag or the date with which a server can be asked whether it still has that version (RFC 9110, section
/// 13.1.5). Nothing of it is synchronized: what a power cut makes of it is found out by the digest of the whole.
struct PartialFile {
    private static let chunk = 256 << 10
    private static let permissions: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead]

    /// The file.
    let path: FilePath
    /// Where it is.
    let fileSystem: any FileSystem

    private var validatorPath: FilePath { FilePath(path.string + ".validator") }

    /// Reads the part that is here.
    ///
    /// - Parameters:
    ///   - limit: The size of the whole, or the longest part that can be of use.
    ///   - digests: Gets all its bytes.
    ///   - isWanted: Asked between reads whether to go on.
    /// - Returns: Its size; `nil` when there is none that can be used, and none is then left.
    func read(limit: UInt64, into digests: inout BodyDigests, while isWanted: () -> Bool) -> UInt64? {
        do throws(FileError) {
            let status = try fileSystem.status(path)
            guard status.kind == .regular, status.size > 0, status.size <= limit else {
                remove()
                return nil
            }
            let file = try fileSystem.open(path, for: .reading)
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunk, alignment: 16)
            defer { buffer.deallocate() }
            var count: UInt64 = 0
            while isWanted() {
                let read = try fileSystem.read(into: buffer, from: file)
                guard read > 0 else { return count }
                digests.update(UnsafeRawBufferPointer(rebasing: buffer[..<read]))
                count += UInt64(read)
            }
            return nil
        } catch {
            // What cannot be read is fetched anew.
            if !error.isMissing { remove() }
            return nil
        }
    }

    /// What the server of the part said of the whole; `nil` when it is not known.
    var validator: String? {
        guard let bytes = try? fileSystem.contents(of: validatorPath, limit: 1 << 10) else { return nil }
        let text = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        return text.isEmpty ? nil : text
    }

    /// Remembers what the server said of the whole; that it cannot be is no harm.
    func save(_ validator: String?) {
        try? fileSystem.removeIfPresent(validatorPath)
        guard let validator else { return }
        guard let file = try? fileSystem.create(validatorPath, permissions: [.ownerReadWrite, .groupRead, .otherRead])
        else { return }
        var line = Array((validator + "\n").utf8)
        line.withUnsafeMutableBytes { bytes in
            try? fileSystem.write(UnsafeRawBufferPointer(bytes), to: file)
        }
    }

    /// Opens the part to write behind it, making it when there is none.
    ///
    /// The lock on it keeps another process from writing to it too; what that may have written before shows in the size.
    ///
    /// - Parameter count: The size that it should have.
    /// - Returns: The file, at its end.
    /// - Throws: ``TransferError/Code/local(_:)``, also when another process writes to it.
    func open(at count: UInt64) throws(TransferError.Code) -> FileHandle {
        do throws(FileError) {
            let file =
                count == 0
                ? try fileSystem.create(path, permissions: Self.permissions)
                : try fileSystem.open(path, for: .appending)
            guard try fileSystem.lock(file, waiting: false) else {
                throw FileError(operation: "flock", path: path, errno: .wouldBlock)
            }
            if count > 0, try fileSystem.status(path).size != count {
                throw FileError(operation: "go on with", path: path, errno: .resourceTemporarilyUnavailable)
            }
            return file
        } catch {
            throw .local(error)
        }
    }

    /// Makes the part the whole.
    ///
    /// - Parameters:
    ///   - permissions: Those of the whole.
    ///   - hasValidator: Whether something may have been saved of its server.
    /// - Throws: ``FileError``; the part is then left as it is.
    func complete(_ permissions: FilePermissions, hasValidator: Bool) throws(FileError) {
        if permissions != Self.permissions { try fileSystem.setPermissions(permissions, of: path) }
        if hasValidator { try fileSystem.removeIfPresent(validatorPath) }
    }

    /// Removes everything; what cannot be removed is swept later, with the rest of the directory.
    func remove() {
        try? fileSystem.removeIfPresent(path)
        try? fileSystem.removeIfPresent(validatorPath)
    }

    /// What a server can be asked with whether it still has the version that it sent.
    ///
    /// - Parameters:
    ///   - etag: Its entity tag; a weak one is of no use here.
    ///   - lastModified: Its date.
    /// - Returns: One line; `nil` when there is nothing to ask with.
    static func validator(etag: String?, lastModified: String?) -> String? {
        guard let text = etag.flatMap({ $0.hasPrefix("\"") ? $0 : nil }) ?? lastModified else { return nil }
        let isLine = !text.isEmpty && text.utf8.count <= 512 && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
        return isLine ? text : nil
    }
}
