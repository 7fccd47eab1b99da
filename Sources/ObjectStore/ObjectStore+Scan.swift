package import Digest
package import FileIO
package import SystemPackage

extension ObjectStore {
    /// The number of directories that hold objects, which is also how far a scan can be split.
    package static let shardCount = 65_536

    /// The directories of objects that exist below one of the first level.
    ///
    /// - Parameter prefix: The first byte of the digests.
    /// - Returns: The numbers to give to ``scan(shard:)``, in order, and the paths below ``directory`` of what is no such
    ///   directory.
    /// - Throws: ``FileError`` when the directory exists and cannot be read.
    package func shards(below prefix: UInt8) throws(FileError) -> (shards: [UInt16], strangers: [String]) {
        let parent = [prefix].hex
        var shards: [UInt16] = []
        var strangers: [String] = []
        do throws(FileError) {
            for entry in try fileSystem.list(directory.appending(parent)) {
                let byte = [UInt8](hex: entry.name)
                if entry.kind == .directory, let byte, byte.count == 1, byte.hex == entry.name {
                    shards.append(UInt16(prefix) << 8 | UInt16(byte[0]))
                } else {
                    strangers.append("\(parent)/\(entry.name)")
                }
            }
        } catch  where error.isMissing {
            return ([], [])
        }
        return (shards.sorted(), strangers)
    }

    /// What lies in one of the ``shardCount`` directories of objects.
    ///
    /// - Parameter shard: The first two bytes of the digests, most significant first.
    /// - Returns: The objects by name, and the paths below ``directory`` of what is none.
    /// - Throws: ``FileError`` when the directory exists and cannot be read.
    package func scan(shard: UInt16) throws(FileError) -> ShardScan {
        let hex = [UInt8(shard >> 8), UInt8(truncatingIfNeeded: shard)].hex
        let relative = "\(hex.prefix(2))/\(hex.suffix(2))"
        let path = directory.appending(relative)
        var scan = ShardScan()
        let entries: [DirectoryEntry]
        do throws(FileError) {
            entries = try fileSystem.list(path)
        } catch  where error.isMissing {
            return scan
        }
        for entry in entries {
            guard entry.kind == .regular, entry.name.hasPrefix(hex), entry.name.utf8.count == 64,
                let digest = SHA256Digest(hex: entry.name), digest.hex == entry.name
            else {
                scan.strangers.append("\(relative)/\(entry.name)")
                continue
            }
            let status = try fileSystem.status(path.appending(entry.name))
            scan.objects.append(
                .init(
                    digest: digest,
                    size: status.size,
                    permissions: status.permissions,
                    modificationTime: status.modificationTime
                )
            )
        }
        scan.objects.sort { $0.digest < $1.digest }
        return scan
    }
}

/// What lies in one directory of objects.
package struct ShardScan: Sendable {
    /// A file that has the name of an object.
    package struct Entry: Sendable {
        /// The digest that is its name.
        package let digest: SHA256Digest
        /// The size in bytes.
        package let size: UInt64
        /// The permission bits.
        package let permissions: FilePermissions
        /// The time of modification in seconds since 1970: when the bytes came.
        package let modificationTime: Int64
    }

    /// The objects, in the order of their digests.
    package var objects: [Entry] = []
    /// The paths below `objects/` of what has no name of an object.
    package var strangers: [String] = []
}
