package import Digest
package import FileIO
internal import ObjectStore
internal import Record
package import SimpleIndex
package import SystemPackage

/// The links of packages and sidecars, shared by all generations: `packages/ab/cd/<60 hex>/<filename>`.
package struct PackageLinks: Sendable {
    /// The directory that holds the links.
    package let directory: FilePath
    let fileSystem: any FileSystem

    /// The links below a mirror's root.
    package init(root: FilePath, fileSystem: any FileSystem) {
        directory = root.appending("packages")
        self.fileSystem = fileSystem
    }

    /// Where the link of an object points to, from the directory of the link.
    package static func target(of digest: SHA256Digest) -> String {
        "../../../../objects/" + ObjectStore.relativePath(of: digest)
    }

    /// Adds the links of a project's files and sidecars, as far as they are missing; not durable.
    ///
    /// - Throws: ``PublicationError``; `linkTaken` when a link of that name points elsewhere, or something else has it.
    func add(_ files: [FileRecord]) throws(PublicationError) {
        for file in files {
            guard let digest = file.sha256, let path = file.path else { continue }
            let link = directory.appending(path).appending(file.filename)
            try add(link, to: digest)
            if let sidecar = file.sidecar {
                try add(link.removingLastComponent().appending(file.filename + ".metadata"), to: sidecar)
            }
        }
    }

    /// Whether a file of a page can be had, and its sidecar, where there is one.
    ///
    /// - Throws: ``FileError``.
    package func leads(to file: PublishedFile) throws(FileError) -> Bool {
        let link = directory.appending(file.path).appending(file.filename)
        guard try fileSystem.linkState(link) == .link(to: Self.target(of: file.sha256)),
            try fileSystem.exists(link.removingLastComponent().pushing(FilePath(Self.target(of: file.sha256))))
        else { return false }
        guard let sidecar = file.sidecar else { return true }
        let beside = link.removingLastComponent().appending(file.filename + ".metadata")
        return try fileSystem.linkState(beside) == .link(to: Self.target(of: sidecar))
    }

    /// Whether the link of a file is free, or is the one of this digest already.
    ///
    /// - Parameters:
    ///   - path: The directory below ``directory``.
    ///   - filename: The filename.
    ///   - digest: The object that the link would point to.
    /// - Returns: Whether nothing else has the place.
    /// - Throws: ``FileError``.
    private func isFree(
        _ path: String,
        filename: String,
        for digest: SHA256Digest
    ) throws(FileError) -> Bool {
        let found = try fileSystem.linkState(directory.appending(path).appending(filename))
        return found == .missing || found == .link(to: Self.target(of: digest))
    }

    /// The directory of a new link: upstream's own where it has the shape `ab/cd/<60 hex>` and is free, so that URLs in
    /// lock files stay good, else one made from the digest.
    ///
    /// - Parameters:
    ///   - filename: The filename.
    ///   - url: Where upstream has the file.
    ///   - digest: The object that the link is to point to.
    /// - Returns: The directory below ``directory``.
    /// - Throws: ``FileError``.
    package func path(
        for filename: String,
        url: String,
        _ digest: SHA256Digest
    ) throws(FileError) -> PackagePath {
        let own = PackagePath(digest)
        guard let path = PackagePath(url: url, filename: filename), path != own else { return own }
        return try isFree(path.text, filename: filename, for: digest) ? path : own
    }

    private func add(_ link: FilePath, to digest: SHA256Digest) throws(PublicationError) {
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
            let found: SymbolicLinkState
            do throws(FileError) {
                found = try fileSystem.linkState(link)
            } catch {
                throw .file(error)
            }
            guard found == .link(to: target) else {
                throw .linkTaken(path: link, found: found.target, expected: target)
            }
        }
    }

    /// Makes the directory of a link; the one above it is rarely there, so it is tried first.
    private func makeDirectory(for link: FilePath) throws(FileError) {
        let leaf = link.removingLastComponent()
        try fileSystem.makeDirectories(leaf.removingLastComponent())
        do throws(FileError) {
            try fileSystem.makeDirectory(leaf)
        } catch  where error.errno == .fileExists {
            // The sidecar's link lies beside the file's.
        }
    }
}
