internal import Bundle
internal import Digest
internal import FileIO
internal import Packaging
internal import SystemPackage
internal import Tar

/// A volume is not what its manifest says.
struct VolumeError: Error, CustomStringConvertible {
    /// The archive.
    let archive: FilePath
    /// The member at which that was found; `nil` for what concerns the whole.
    let member: String?
    let detail: String

    var description: String {
        "\(archive)\(member.map { ": member \($0)" } ?? ""): \(detail)"
    }
}

/// Reads a volume member by member, each of which has to be the one that the manifest says comes next.
///
/// No name of the archive is used for anything but a comparison. It belongs to one thread.
final class VolumeReader {
    private let archive: FilePath
    private let input: HashedInput
    private let tar: TarReader
    private var hasher: Hasher

    /// Opens a volume.
    ///
    /// - Parameters:
    ///   - archive: The archive.
    ///   - fileSystem: What holds it.
    /// - Throws: ``VolumeError``, `FileError`, `DigestError`.
    init(_ archive: FilePath, fileSystem: any FileSystem) throws {
        self.archive = archive
        let input = try HashedInput(archive, fileSystem: fileSystem)
        self.input = input
        hasher = try Hasher(.sha256)
        tar = try Self.reading(archive, nil) { try TarReader { try input.read(into: $0) } }
    }

    /// Reads the next member, which has to be this one.
    ///
    /// - Parameters:
    ///   - member: What comes next.
    ///   - body: Gets its bytes, piece by piece, before it is known whether they are right.
    /// - Throws: ``VolumeError`` when it is another one or has other bytes; `FileError`; what `body` throws.
    func read(_ member: BundleMember, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let name = member.name
        func problem(_ detail: String) -> VolumeError { VolumeError(archive: archive, member: name, detail: detail) }
        var size: UInt64 = 0
        try Self.reading(archive, name) {
            guard let found = try tar.next() else { throw problem("it is missing") }
            if let oddity = found.oddity { throw problem("it is \(oddity), and no plain file") }
            guard found.name == name else { throw problem("\(Self.words(found.name)) stands in its place") }
            guard found.size == member.size else {
                throw problem("it has \(found.size) bytes, and should have \(member.size)")
            }
            try hasher.reset()
            try tar.read { bytes in
                size += UInt64(bytes.count)
                guard size <= member.size else { throw problem("it has more bytes than it should have") }
                hasher.update(bytes)
                try body(bytes)
            }
        }
        guard size == member.size else { throw problem("it ends after \(size) of \(member.size) bytes") }
        guard try hasher.takeSHA256() == member.digest else { throw problem("its bytes do not match its digest") }
    }

    /// Reads what is behind the last member, which has to be none.
    ///
    /// - Returns: What the archive is.
    /// - Throws: ``VolumeError``, `FileError`, `DigestError`.
    func finish() throws -> BundleDescription.File {
        try Self.reading(archive, nil) {
            if let found = try tar.next() {
                let detail = "\(Self.words(found.name)) is not in the manifest"
                throw VolumeError(archive: archive, member: nil, detail: detail)
            }
            try tar.drain()
        }
        return try input.description()
    }

    /// A name that anybody may have chosen, for people.
    private static func words(_ name: String?) -> String {
        name.map { "a member '\(String($0.prefix(120)).printable)'" } ?? "a member with a name that is no text"
    }

    /// Runs calls on the archive; what it complains of is told of the volume.
    private static func reading<Success>(
        _ archive: FilePath,
        _ member: String?,
        _ body: () throws -> Success
    ) throws -> Success {
        do {
            return try body()
        } catch let error as TarError {
            switch error {
            case .stream(let error): throw error
            case .malformed(let reason): throw VolumeError(archive: archive, member: member, detail: reason)
            }
        }
    }
}

/// A file that is hashed while it is read.
private final class HashedInput: @unchecked Sendable {
    // One thread at a time touches it: the one that reads ahead, until all is read, and then whoever wants the digest.
    private let file: FileHandle
    private let fileSystem: any FileSystem
    private var hasher: Hasher
    private var size: UInt64 = 0

    init(_ path: FilePath, fileSystem: any FileSystem) throws {
        self.fileSystem = fileSystem
        file = try fileSystem.open(path, for: .reading)
        hasher = try Hasher(.sha256)
    }

    func read(into memory: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        let count = try fileSystem.read(into: memory, from: file)
        hasher.update(UnsafeRawBufferPointer(rebasing: memory[..<count]))
        size += UInt64(count)
        return count
    }

    func description() throws(DigestError) -> BundleDescription.File {
        BundleDescription.File(size: size, sha256: try hasher.takeSHA256())
    }
}
