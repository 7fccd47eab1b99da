internal import Bundle
internal import Digest
internal import SystemPackage

/// The room that an import takes on the disk, beside what is there already.
///
/// Objects take the room of what lacks, and of what a run that was cut off has not written yet. Records and pages are
/// small, and reckoned generously: what they are is known only when they are made.
struct ImportRoom: Sendable {
    /// What the record of a project takes as a file of its own, and with the pages that are made of it.
    private static let recordCopies: UInt64 = 6
    /// What the files of a project take beside their bytes: a share of a block each.
    private static let bytesPerRecord: UInt64 = 16 << 10
    private static let inodesPerRecord: UInt64 = 12

    private(set) var bytes: UInt64 = 0
    private(set) var inodes: UInt64 = 0
    /// Objects and records, each of which is a change of the index.
    private(set) var changes: UInt64 = 0
    /// Bytes of objects, of which `copy` makes a second file each.
    private(set) var objectBytes: UInt64 = 0

    /// Adds a volume whose members nobody knows yet.
    mutating func add(_ volume: BundleDescription.Volume) {
        bytes += volume.bytes
        inodes += volume.members
        changes += volume.members
        objectBytes += volume.bytes
    }

    /// Adds a record.
    mutating func addRecord(_ size: UInt64) {
        bytes += size * Self.recordCopies + Self.bytesPerRecord
        inodes += Self.inodesPerRecord
        changes += 1
    }

    /// Adds an object, or a part of one.
    ///
    /// - Parameters:
    ///   - size: How many bytes come.
    ///   - present: How many of them a run that was cut off has written.
    mutating func addObject(_ size: UInt64, present: UInt64 = 0) {
        bytes += size - min(size, present)
        inodes += 1
        changes += 1
        objectBytes += size
    }
}
