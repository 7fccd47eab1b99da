package import Digest
package import FileIO
internal import Scheduling
package import SystemPackage

/// The objects of a mirror on disk: immutable files named by the SHA-256 of their bytes.
///
/// An object lies at `objects/ab/cd/<64 hex>` below the root, readable by all and writable by none. Bytes come in
/// through `tmp/` on the same file system and get their name only after they were checked (I9). A name says nothing
/// about durability: ``GroupCommit`` of the mirror makes bytes durable before it asks for their names.
package struct ObjectStore: Sendable {
    /// The permissions of every object.
    package static let permissions: FilePermissions = [.ownerRead, .groupRead, .otherRead]

    /// The directory that holds the objects.
    package let directory: FilePath
    /// The directory of bytes that have no name yet, on the same file system.
    package let stagingDirectory: FilePath
    let fileSystem: any FileSystem
    private let madeShards = Locked<Set<UInt16>>([])
    private let stagingNames: StagingNames

    /// The objects below a mirror's root.
    package init(root: FilePath, fileSystem: any FileSystem) {
        directory = root.appending("objects")
        stagingDirectory = root.appending("tmp")
        self.fileSystem = fileSystem
        stagingNames = StagingNames()
    }

    /// Where an object lies, whether or not it exists.
    package func path(of digest: SHA256Digest) -> FilePath {
        directory.appending(Self.relativePath(of: digest))
    }

    /// The path of an object below ``directory``: `ab/cd/<64 hex>`.
    package static func relativePath(of digest: SHA256Digest) -> String {
        let hex = digest.hex
        return "\(hex.prefix(2))/\(hex.dropFirst(2).prefix(2))/\(hex)"
    }

    /// A path in the staging directory that nothing has had since the process started.
    package func newStagingPath() -> FilePath {
        stagingDirectory.appending(stagingNames.next())
    }

    /// What ends the names of parts in the staging directory.
    package static let partialSuffix = ".partial"

    /// Where the part of an object lies whose download broke off, whether or not there is one.
    package func partialPath(of digest: SHA256Digest) -> FilePath {
        stagingDirectory.appending(digest.hex + Self.partialSuffix)
    }

    /// Gives staged bytes the names of their digests, replacing whatever has such a name.
    ///
    /// Call it when the bytes are durable; make the names durable afterwards. What lies under the name of an object that
    /// the index does not know is a leftover of a crash, of unknown content. An object that it knows is placed again only
    /// when what lies there is gone or known to be damaged.
    ///
    /// - Throws: ``FileError``; some of the names may then exist, which does no harm without the index.
    package func place(_ objects: [StagedObject]) throws(FileError) {
        for object in objects {
            let path = path(of: object.digest)
            try makeShard(of: object.digest, at: path)
            try fileSystem.rename(object.path, to: path)
        }
    }

    /// The size and permissions of an object; `nil` when there is no regular file of its name.
    package func status(of digest: SHA256Digest) throws(FileError) -> FileStatus? {
        guard let status = try fileSystem.statusIfPresent(path(of: digest)), status.kind == .regular else { return nil }
        return status
    }

    private func makeShard(of digest: SHA256Digest, at path: FilePath) throws(FileError) {
        let bytes = digest.bytes
        let shard = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
        guard !madeShards.withLock({ $0.contains(shard) }) else { return }
        try fileSystem.makeDirectories(path.removingLastComponent())
        madeShards.withLock { _ = $0.insert(shard) }
    }
}

/// Bytes that lie in the staging directory and were checked against their digest and size.
package struct StagedObject: Sendable {
    /// Where the bytes lie.
    package let path: FilePath
    /// The SHA-256 of the bytes.
    package let digest: SHA256Digest
    /// The number of bytes.
    package let size: UInt64

    /// Checked bytes at a path.
    package init(path: FilePath, digest: SHA256Digest, size: UInt64) {
        self.path = path
        self.digest = digest
        self.size = size
    }
}

/// An object could not be read; says nothing about whether it is damaged.
package enum ObjectError: Error, Sendable, CustomStringConvertible {
    /// A call on its file failed.
    case file(FileError)
    /// OpenSSL failed.
    case digest(DigestError)

    package var description: String {
        switch self {
        case .file(let error): "\(error)"
        case .digest(let error): "\(error)"
        }
    }
}
