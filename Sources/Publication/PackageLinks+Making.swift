internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
package import Record
internal import SystemPackage

extension PackageLinks {
    /// Adds the names of a project's files and sidecars, as far as they are missing; symbolic links at once, others with
    /// the batch, and nothing of it durable.
    ///
    /// A file that is had on demand gets its name once its object is here.
    ///
    /// - Throws: ``PublicationError``; `linkTaken` when a name leads elsewhere, or something else has it, `noObject` when
    ///   there is nothing that could be copied.
    func add(_ files: [FileRecord], to batch: PackageBatch) throws(PublicationError) {
        for file in files {
            for entry in try entries(of: file) { try add(entry.filename, at: entry.path, entry.object, batch) }
        }
    }

    /// Adds the names of one file that has come, as far as they are missing; not durable.
    ///
    /// - Parameter file: The file, whose object is in the store.
    /// - Throws: ``PublicationError`` as publications do.
    package func link(_ file: FileRecord) throws(PublicationError) {
        let batch = PackageBatch(self)
        try add([file], to: batch)
        try PublicationError.wrapping { try batch.settle() }
    }

    private func entries(of file: FileRecord) throws(PublicationError) -> [PackageEntry] {
        guard file.state == .known, let digest = file.sha256 else { return file.packages }
        let isHere = try PublicationError.wrapping {
            try catalog.read { catalog throws(CatalogError) in try catalog.contains(digest, in: Tables.objects) }
        }
        return isHere ? file.packages : file.heldPackages
    }

    private func add(
        _ filename: String,
        at path: String,
        _ digest: SHA256Digest,
        _ batch: PackageBatch
    ) throws(PublicationError) {
        if batch.kind == .symbolic { return try addLink(filename, at: path, to: digest) }
        try PublicationError.wrapping {
            let found = try state(of: filename, at: path)
            switch found {
            case .missing: break
            case .symbolic where found.object == digest: break
            case .file(let status, let row?) where row.object == digest:
                let kind = try kind(of: status, digest)
                if kind == batch.kind, kind == .hard || status.size == row.size { return }
            case .file, .symbolic, .other:
                throw taken(filename, at: path, found, digest)
            }
            try batch.put(filename, at: path, digest, isNew: found.isMissing)
        }
    }

    private func taken(
        _ filename: String,
        at path: String,
        _ found: PackageState,
        _ digest: SHA256Digest
    ) -> PublicationError {
        let name = directory.appending(path).appending(filename)
        return .linkTaken(path: name, found: found.target, expected: Self.target(of: digest))
    }

    private func addLink(_ filename: String, at path: String, to digest: SHA256Digest) throws(PublicationError) {
        let link = directory.appending(path).appending(filename)
        let target = Self.target(of: digest)
        do throws(FileError) {
            do throws(FileError) {
                try fileSystem.symbolicLink(to: target, at: link)
            } catch  where error.errno == .noSuchFileOrDirectory {
                try makeDirectory(for: link)
                try fileSystem.symbolicLink(to: target, at: link)
            }
        } catch {
            guard error.errno == .fileExists else { throw .file(error) }
            let found = try PublicationError.wrapping { try state(of: filename, at: path) }
            guard found.object == digest else { throw taken(filename, at: path, found, digest) }
            guard case .file = found else { return }
            try PublicationError.wrapping { try fileSystem.replaceSymbolicLink(to: target, at: link) }
        }
    }

    /// Makes the directory of a name; the one above it is rarely there, so it is tried first.
    func makeDirectory(for link: FilePath) throws(FileError) {
        let leaf = link.removingLastComponent()
        try fileSystem.makeDirectories(leaf.removingLastComponent())
        do throws(FileError) {
            try fileSystem.makeDirectory(leaf)
        } catch  where error.errno == .fileExists {
            // The sidecar's link lies beside the file's.
        }
    }

    /// Makes a name a second name of a file, at once for readers; not durable.
    func replace(_ name: FilePath, byNameOf source: FilePath) throws(FileError) {
        // rename(2): two names of one file stay as they are.
        if try fileSystem.statusIfPresent(name)?.identity == fileSystem.status(source).identity { return }
        let staged = objects.newStagingPath()
        try fileSystem.link(source, at: staged)
        do throws(FileError) {
            try fileSystem.rename(staged, to: name)
        } catch {
            try? fileSystem.removeIfPresent(staged)
            throw error
        }
    }

    /// A copy of an object, checked and in no place yet; not durable.
    ///
    /// - Parameters:
    ///   - digest: The object.
    ///   - source: Where its bytes are; `nil` for its place.
    /// - Returns: The copy.
    /// - Throws: ``PublicationError``; `noObject` when they are not there, or damaged.
    func stageCopy(
        of digest: SHA256Digest,
        from source: FilePath? = nil
    ) throws(PublicationError) -> StagedObject {
        do throws(CopyError) {
            return try objects.stageCopy(of: source ?? objects.path(of: digest), expecting: digest)
        } catch {
            switch error {
            case .unreadable(let cause) where cause.isMissing: throw .noObject(digest, "there is no file")
            case .wrong(let found): throw .noObject(digest, "its bytes have the digest \(found)")
            case .unreadable(let cause), .unwritable(let cause): throw .file(cause)
            case .digest(let cause): throw .digest(cause)
            }
        }
    }

    /// Checks that the disk has room for a copy.
    func checkRoom(for size: UInt64) throws(PublicationError) {
        let available: UInt64
        do throws(FileError) {
            available = try fileSystem.space(holding: directory.removingLastComponent()).availableBytes
        } catch {
            throw .file(error)
        }
        guard available >= size + freeSpace else {
            throw .noRoom(directory, available: available, needed: size + freeSpace)
        }
    }
}
