package import Catalog
package import Digest
internal import FileIO
package import ObjectStore
package import SystemPackage

/// Names of objects that are no symbolic links, found by their objects.
extension PackageLinks {
    /// A name that is no symbolic link.
    package struct Name: Sendable {
        /// Its key.
        package let key: PackageKey
        /// What the index says of it.
        package let row: PackageRow
        /// Where it is.
        package let path: FilePath
    }

    /// The names that are to hold some objects and are no symbolic links; walks all rows of such names.
    ///
    /// - Throws: `CatalogError`.
    package func names(of objects: Set<SHA256Digest>) throws(CatalogError) -> [SHA256Digest: [Name]] {
        guard !objects.isEmpty else { return [:] }
        let root = directory.removingLastComponent()
        return try catalog.read { catalog throws(CatalogError) in
            var names: [SHA256Digest: [Name]] = [:]
            try catalog.forEach(in: Tables.packages) { key, row throws(CatalogError) in
                if objects.contains(row.object) {
                    let path = root.pushing(FilePath(Self.path(of: key, row)))
                    names[row.object, default: []].append(Name(key: key, row: row, path: path))
                }
                return true
            }
            return names
        }
    }

    /// Has names of objects ready for the bytes that are about to take the objects' places: hard links become names of
    /// them, and copies that are gone are made again; durable.
    ///
    /// Before the objects themselves are replaced: while one is damaged, whoever hashes it finds that again.
    ///
    /// - Parameter staged: The bytes, durable.
    /// - Throws: ``PublicationError``, `FileError`, `CatalogError`.
    package func relink(_ staged: [StagedObject]) throws {
        let names = try names(of: Set(staged.map(\.digest)))
        guard !names.isEmpty else { return }
        var copies: [(copy: StagedObject, name: FilePath)] = []
        for object in staged {
            for name in names[object.digest] ?? [] {
                let kind = try fileSystem.statusIfPresent(name.path)?.kind
                guard kind == nil || kind == .regular else { continue }
                if name.row.isCopy, kind == nil {
                    copies.append((try stageCopy(of: object.digest, from: object.path), name.path))
                } else if !name.row.isCopy {
                    try fileSystem.makeDirectories(name.path.removingLastComponent())
                    try replace(name.path, byNameOf: object.path)
                }
            }
        }
        if !copies.isEmpty { try barrier.synchronize() }
        for (copy, name) in copies {
            try fileSystem.makeDirectories(name.removingLastComponent())
            try fileSystem.rename(copy.path, to: name)
        }
        // No cut leaves an object that is right beside a name that is still one of the old file.
        try barrier.synchronize()
    }

    /// Removes the names of objects that are to be had no more, but for symbolic links, which lead nowhere then; not
    /// durable, and their rows stay.
    ///
    /// - Throws: `FileError`, `CatalogError`.
    package func hide(_ objects: Set<SHA256Digest>) throws {
        for name in try names(of: objects).values.joined()
        where try fileSystem.statusIfPresent(name.path)?.kind == .regular {
            try fileSystem.removeIfPresent(name.path)
        }
    }

    /// Hashes the bytes of a copy as they are on disk, and once more when they are not those of its object.
    ///
    /// - Parameters:
    ///   - key: The key of the copy.
    ///   - row: Its row.
    ///   - hasher: What hashes it.
    ///   - proceeds: Called with the number of bytes of each chunk when it was hashed; false ends the work.
    /// - Returns: The digest and the number of the bytes that are there; `nil` when `proceeds` ended the work.
    /// - Throws: `ObjectError` when the copy cannot be read.
    package func rehash(
        _ key: PackageKey,
        _ row: PackageRow,
        with hasher: inout ObjectHasher,
        proceeds: (Int) -> Bool = { _ in true }
    ) throws(ObjectError) -> (digest: SHA256Digest, size: UInt64)? {
        let path = directory.removingLastComponent().pushing(FilePath(Self.path(of: key, row)))
        let found = try hasher.hash(path, expecting: row.size, on: fileSystem, proceeds: proceeds)
        guard let found, found.digest != row.object else { return found }
        return try hasher.hash(path, expecting: row.size, on: fileSystem, proceeds: proceeds)
    }

    /// Puts good bytes of their objects into the places of copies, at once for readers; not durable.
    ///
    /// - Parameter names: The copies.
    /// - Returns: Why some stay as they are, by key: their objects are damaged, or gone.
    /// - Throws: ``PublicationError``.
    package func renew(_ names: [Name]) throws -> [PackageKey: String] {
        let batch = PackageBatch(self, kind: .copy)
        var problems: [PackageKey: String] = [:]
        for name in names {
            let path = PackagePath(name.key.directory).text
            do {
                try batch.put(name.row.filename, at: path, name.row.object, isNew: false)
            } catch let error as PublicationError {
                guard case .noObject = error else { throw error }
                problems[name.key] = "\(error)"
            }
        }
        try batch.settle()
        return problems
    }

    /// The name that a path below the mirror's root is; `nil` when it is none, or a symbolic link.
    package func name(at path: String) throws -> Name? {
        let parts = path.split(separator: "/").map(String.init)
        guard parts.count == 5, parts[0] == "packages",
            let key = try Self.rowKey(of: parts[4], at: parts[1...3].joined(separator: "/"))
        else { return nil }
        let row = try catalog.read { catalog throws(CatalogError) in try catalog.row(of: key, in: Tables.packages) }
        return row.map { Name(key: key, row: $0, path: directory.removingLastComponent().pushing(FilePath(path))) }
    }
}
