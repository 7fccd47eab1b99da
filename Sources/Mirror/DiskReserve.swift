internal import Configuration
internal import FileIO
internal import SystemPackage

/// The room that a disk must have before a group of changes is committed to it.
///
/// A full disk is met here, between two groups, rather than halfway through the index or a publication. The bytes of a
/// group lie on the disk already; what it still takes is names, pages of the index, and views.
struct DiskReserve: Sendable {
    /// What one change takes at most: a few pages of the index, each written anew by every transaction.
    private static let bytesPerChange: UInt64 = 16 << 10
    /// What one change takes at most: a name, the directories above it, and the files of a view.
    private static let inodesPerChange: UInt64 = 12
    /// Inodes that have to be left whatever is committed.
    private static let inodes: UInt64 = 256

    let root: FilePath
    let fileSystem: any FileSystem
    /// Bytes that have to be left whatever is committed (`guard.free-space`).
    let bytes: ByteCount

    /// Checks that there is room for some changes.
    ///
    /// - Parameters:
    ///   - changes: Their number.
    ///   - more: Bytes and inodes that come beside them, such as those of copies below `packages/`.
    /// - Throws: ``MirrorError``; `noSpace` when there is not.
    func check(changes: Int, beside more: (bytes: UInt64, inodes: UInt64) = (0, 0)) throws(MirrorError) {
        let space: FileSystemSpace
        do throws(FileError) {
            space = try fileSystem.space(holding: root)
        } catch {
            throw .file(error)
        }
        let needed = UInt64(clamping: bytes.bytes) + UInt64(changes) * Self.bytesPerChange + more.bytes
        guard space.availableBytes >= needed else {
            throw .noSpace(root, .bytes(available: space.availableBytes, needed: needed))
        }
        let inodes = Self.inodes + UInt64(changes) * Self.inodesPerChange + more.inodes
        guard space.availableInodes >= inodes else {
            throw .noSpace(root, .inodes(available: space.availableInodes, needed: inodes))
        }
    }
}

/// What a disk has too little of.
package enum DiskShortage: Equatable, Sendable, CustomStringConvertible {
    /// Room for bytes.
    case bytes(available: UInt64, needed: UInt64)
    /// Room for files.
    case inodes(available: UInt64, needed: UInt64)

    package var description: String {
        switch self {
        case .bytes(let available, let needed):
            "no space left: \(available >> 20) MiB are free and \((needed + (1 << 20) - 1) >> 20) MiB are needed, of which "
                + "`guard.free-space` sets a part"
        case .inodes(let available, let needed):
            "no space left: \(available) inodes are free and \(needed) are needed"
        }
    }
}
