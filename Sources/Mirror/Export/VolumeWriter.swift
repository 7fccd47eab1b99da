internal import Bundle
internal import FileIO
internal import SystemPackage
internal import Tar

/// Writes one volume of a bundle: the archive, and its manifest beside it.
///
/// The archive gets its name last, so that a volume that has it is whole. It belongs to one thread.
final class VolumeWriter {
    private let archive: HashedOutput
    private let manifest: HashedOutput
    private let tar: TarWriter
    private var members: UInt64 = 0
    private var bytes: UInt64 = 0

    /// Begins a volume.
    ///
    /// - Parameters:
    ///   - number: Its number; the first is 1.
    ///   - folder: The folder of the bundle.
    ///   - fileSystem: What holds it.
    /// - Throws: `FileError`, `DigestError`, `TarError`.
    init(_ number: Int, in folder: FilePath, fileSystem: any FileSystem) throws {
        let archive = try HashedOutput(folder.appending(BundleFiles.archive(number)), fileSystem: fileSystem)
        self.archive = archive
        manifest = try HashedOutput(folder.appending(BundleFiles.manifest(number)), fileSystem: fileSystem)
        tar = try TarWriter { try archive.write($0) }
    }

    /// Begins a member, whose bytes come by ``write(_:)``.
    ///
    /// - Throws: `FileError`, `TarError`.
    func begin(_ member: BundleMember) throws {
        try tar.begin(member.name, size: member.size)
        try manifest.write(member.line)
        members += 1
        bytes += member.size
    }

    /// Writes bytes of the member that was begun last.
    ///
    /// - Throws: `TarError`.
    func write(_ bytes: UnsafeRawBufferPointer) throws {
        try tar.write(bytes)
    }

    /// Writes a member as a whole.
    ///
    /// - Throws: `FileError`, `TarError`.
    func add(_ member: BundleMember, _ bytes: [UInt8]) throws {
        try begin(member)
        try bytes.withUnsafeBytes { try tar.write($0) }
    }

    /// Ends the volume; its bytes are durable then.
    ///
    /// - Throws: `FileError`, `DigestError`, `TarError`.
    func finish() throws -> BundleDescription.Volume {
        try tar.finish()
        let manifest = try manifest.finish()
        let archive = try archive.finish()
        return BundleDescription.Volume(archive: archive, manifest: manifest, members: members, bytes: bytes)
    }

    /// Gives the volume up.
    func discard() {
        archive.discard()
        manifest.discard()
    }
}
