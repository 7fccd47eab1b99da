internal import Bundle
internal import FileIO
internal import SystemPackage

/// The members that the manifest of a volume says, one after the other, and no more of them than the volume is said to have.
///
/// It belongs to one thread.
final class VolumeManifest {
    private let name: String
    private let volume: BundleDescription.Volume
    private let lines: LineReader
    private var members: UInt64 = 0
    private var bytes: UInt64 = 0

    /// Opens a manifest.
    ///
    /// - Parameters:
    ///   - path: A file whose digest was compared.
    ///   - number: The number of the volume.
    ///   - volume: What is said of the volume.
    ///   - fileSystem: What holds it.
    /// - Throws: `FileError`.
    init(
        _ path: FilePath,
        _ number: Int,
        of volume: BundleDescription.Volume,
        fileSystem: any FileSystem
    ) throws(FileError) {
        name = BundleFiles.manifest(number)
        self.volume = volume
        lines = try LineReader(path, fileSystem: fileSystem, limit: BundleMember.lineLimit)
    }

    /// The next member; `nil` behind the last.
    ///
    /// - Throws: `FileError`; ``MirrorError/refused(_:)`` for a line that is none of ours, and for numbers that do not come to
    ///   what is said of the volume.
    func next() throws -> BundleMember? {
        guard let line = try nextLine() else {
            guard members == volume.members, bytes == volume.bytes else { throw miscount() }
            return nil
        }
        do throws(BundleError) {
            let member = try BundleMember(line: line)
            guard members < volume.members, member.size <= volume.bytes - bytes else {
                throw .malformed("it has more than \(BundleFiles.description) says")
            }
            members += 1
            bytes += member.size
            return member
        } catch {
            throw MirrorError.refused("\(name), line \(lines.number): \(error)")
        }
    }

    private func nextLine() throws -> ArraySlice<UInt8>? {
        do throws(FileError) {
            return try lines.next()
        } catch {
            guard error.errno == .fileTooLarge else { throw error }
            throw MirrorError.refused("\(name) has a line that is too long")
        }
    }

    private func miscount() -> MirrorError {
        .refused(
            "\(name) has \(members) members of \(bytes) bytes, and should have \(volume.members) of \(volume.bytes)"
        )
    }
}
