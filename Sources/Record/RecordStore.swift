package import Digest
package import FileIO
package import Packaging
package import SystemPackage

/// The records of a mirror on disk, one file a project: `records/ab/<project>.json`.
///
/// `ab` are the first two digits of the SHA-256 of the project's name.
package struct RecordStore: Sendable {
    /// The most bytes that a record may have.
    package static let maximumByteCount = 1 << 30

    /// The directory that holds the records.
    package let directory: FilePath
    private let fileSystem: any FileSystem

    /// The records below a mirror's root.
    package init(root: FilePath, fileSystem: any FileSystem) {
        directory = root.appending("records")
        self.fileSystem = fileSystem
    }

    /// Where the record of a project lies, whether or not it exists.
    ///
    /// - Throws: ``RecordStoreError`` when OpenSSL cannot provide SHA-256.
    package func path(of name: ProjectName) throws(RecordStoreError) -> FilePath {
        do throws(DigestError) {
            let shard = try SHA256Digest.hash(name.normalized.utf8).hex.prefix(2)
            return directory.appending("\(shard)/\(name.normalized).json")
        } catch {
            throw .digest(error)
        }
    }

    /// The record of a project with the digest that it carries; `nil` when there is none.
    ///
    /// - Throws: ``RecordStoreError``; `damaged` for a file that is not a record of this project as we wrote it.
    package func read(
        _ name: ProjectName
    ) throws(RecordStoreError) -> (record: ProjectRecord, digest: SHA256Digest)? {
        let path = try path(of: name)
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try fileSystem.contents(of: path, limit: Self.maximumByteCount)
        } catch  where error.isMissing {
            return nil
        } catch {
            throw .file(error)
        }
        do throws(RecordError) {
            let (record, digest) = try ProjectRecord.decode(bytes)
            guard record.name == name else { throw .malformed("it is a record of \(record.name)") }
            return (record, digest)
        } catch {
            throw .damaged(path: path, error)
        }
    }

    /// Writes the bytes of a record to a new file that is to become the record by ``place(_:)``; not durable.
    ///
    /// - Throws: ``FileError``.
    package func stage(_ bytes: [UInt8], at path: FilePath) throws(FileError) {
        try fileSystem.write(
            bytes,
            toNewFile: path,
            permissions: [.ownerReadWrite, .groupRead, .otherRead],
            durably: false
        )
    }

    /// Puts staged records in their places, replacing the older ones at once for readers; not durable.
    ///
    /// - Throws: ``RecordStoreError``.
    package func place(_ records: [(staged: FilePath, name: ProjectName)]) throws(RecordStoreError) {
        for record in records {
            let path = try path(of: record.name)
            do throws(FileError) {
                do throws(FileError) {
                    try fileSystem.rename(record.staged, to: path)
                } catch  where error.isMissing {
                    try fileSystem.makeDirectories(path.removingLastComponent())
                    try fileSystem.rename(record.staged, to: path)
                }
            } catch {
                throw .file(error)
            }
        }
    }

    /// The names of all projects that have a record, in no order.
    ///
    /// - Parameter shard: The first byte of the digests of the names to list.
    /// - Returns: The names, and the files beside them that are no records.
    /// - Throws: ``RecordStoreError``.
    package func names(
        inShard shard: UInt8
    ) throws(RecordStoreError) -> (names: [ProjectName], strangers: [FilePath]) {
        let path = directory.appending([shard].hex)
        var names: [ProjectName] = []
        var strangers: [FilePath] = []
        do throws(FileError) {
            for entry in try fileSystem.list(path) {
                if entry.kind == .regular, entry.name.hasSuffix(".json"),
                    let name = ProjectName(entry.name.dropLast(5)), name.normalized + ".json" == entry.name
                {
                    names.append(name)
                } else {
                    strangers.append(path.appending(entry.name))
                }
            }
        } catch  where error.isMissing {
            return ([], [])
        } catch {
            throw .file(error)
        }
        return (names, strangers)
    }
}

/// A record could not be read or written.
package enum RecordStoreError: Error, Sendable {
    /// A call on its file failed.
    case file(FileError)
    /// Its bytes are not those that we wrote.
    case damaged(path: FilePath, RecordError)
    /// OpenSSL failed.
    case digest(DigestError)

    /// Whether the disk is the cause: full, over quota, read-only or failing.
    package var isDiskFailure: Bool {
        if case .file(let error) = self { error.isDiskFailure } else { false }
    }
}

extension RecordStoreError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .file(let error): "\(error)"
        case .damaged(let path, let error): "\(path): \(error)"
        case .digest(let error): "\(error)"
        }
    }
}
