internal import Catalog
package import Digest
internal import FileIO
internal import ObjectStore
internal import Record
package import SimpleIndex
package import SystemPackage

/// The names of packages and sidecars, shared by all generations: `packages/ab/cd/<60 hex>/<filename>`.
///
/// They are symbolic links to objects, second names of objects, or copies. A symbolic link tells its object; of the others
/// a row of the index does, which is there before the name and goes after it.
package struct PackageLinks: Sendable {
    /// The directory that holds the names.
    package let directory: FilePath
    /// What new names are to be.
    package let kind: LinkKind
    /// Bytes that are to stay free on the disk when something is copied.
    let freeSpace: UInt64
    let fileSystem: any FileSystem
    let objects: ObjectStore
    let catalog: Catalog
    let barrier: FileSystemBarrier
    let now: @Sendable () -> Int64

    /// The names below a mirror's root.
    init(
        root: FilePath,
        kind: LinkKind,
        freeSpace: UInt64,
        fileSystem: any FileSystem,
        catalog: Catalog,
        barrier: FileSystemBarrier,
        now: @escaping @Sendable () -> Int64
    ) {
        directory = root.appending("packages")
        self.kind = kind
        self.freeSpace = freeSpace
        self.fileSystem = fileSystem
        objects = ObjectStore(root: root, fileSystem: fileSystem)
        self.catalog = catalog
        self.barrier = barrier
        self.now = now
    }

    /// Where the symbolic link of an object points to, from the directory of the link.
    package static func target(of digest: SHA256Digest) -> String {
        "../../../../objects/" + ObjectStore.relativePath(of: digest)
    }

    /// A file of a page as far as it can be had.
    ///
    /// - Parameters:
    ///   - file: The file as the page lists it.
    ///   - known: Files that are had on demand.
    /// - Returns: The file, without its provenance where only that cannot be had: it can be installed all the same; `nil`
    ///   when the file or its metadata cannot be had.
    /// - Throws: `FileError`, `CatalogError`, `DigestError`.
    package func reachable(_ file: PublishedFile, known: Set<SHA256Digest> = []) throws -> PublishedFile? {
        let isKnown = known.contains(file.sha256)
        guard try isKnown || fileSystem.exists(objects.path(of: file.sha256)) else { return nil }
        var found = file
        for entry in file.packages {
            if try leads(entry.filename, at: entry.path, to: entry.object) { continue }
            if isKnown, entry.companion == nil, try state(of: entry.filename, at: entry.path).isMissing { continue }
            guard entry.companion == .provenance else { return nil }
            found.provenance = nil
        }
        return found
    }

    /// Whether a name is one of an object; of a copy, whether it has the size that it should have.
    private func leads(_ filename: String, at path: String, to object: SHA256Digest) throws -> Bool {
        let found = try state(of: filename, at: path)
        guard found.object == object else { return false }
        guard case .file(let status, let row) = found else { return true }
        let kind = try kind(of: status, object)
        return try kinds().allow(kind) && (kind == .hard || status.size == row?.size)
    }

    /// The directory of a new name: upstream's own where it has the shape `ab/cd/<60 hex>` and is free, so that URLs in
    /// lock files stay good, else one made from the digest.
    ///
    /// - Parameters:
    ///   - filename: The filename.
    ///   - url: Where upstream has the file.
    ///   - digest: The object that is to be had there.
    /// - Returns: The directory below ``directory``.
    /// - Throws: `FileError`, `CatalogError`, `DigestError`.
    package func path(
        for filename: String,
        url: String,
        _ digest: SHA256Digest
    ) throws -> PackagePath {
        let own = PackagePath(digest)
        guard let path = PackagePath(url: url, filename: filename), path != own else { return own }
        let found = try state(of: filename, at: path.text)
        return found.isMissing || found.object == digest ? path : own
    }
}
