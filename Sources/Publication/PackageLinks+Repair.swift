package import Catalog
package import Digest
internal import FileIO
internal import ObjectStore
package import Record
package import SystemPackage

extension PackageLinks {
    /// Removes the names of a project's files and sidecars that are those of some objects; not durable.
    ///
    /// A name of another object stays, whatever the record says.
    ///
    /// - Parameters:
    ///   - record: The project's record; files in every state count, since a link outlives its place on a page.
    ///   - objects: The objects.
    /// - Returns: How many names were removed.
    /// - Throws: `FileError`, `CatalogError`, `DigestError`.
    package func removeLinks(of record: ProjectRecord, to objects: Set<SHA256Digest>) throws -> Int {
        var count = 0
        for file in record.files {
            // A record that was made anew does not know the places of links whose bytes did not come.
            let places =
                file.path.map { [$0] }
                ?? [
                    file.sha256.map { PackagePath($0).text },
                    PackagePath(url: file.url, filename: file.filename)?.text,
                ]
                .compactMap { $0 }
            for path in Set(places) {
                for name in [file.filename, file.filename + CompanionKind.sidecar.suffix] {
                    guard let object = try state(of: name, at: path).object, objects.contains(object) else { continue }
                    try fileSystem.removeIfPresent(directory.appending(path).appending(name))
                    count += 1
                }
            }
        }
        return try count + removeProvenance(objects)
    }

    /// Removes the names of provenance documents, which their own digests lead to.
    private func removeProvenance(_ objects: Set<SHA256Digest>) throws -> Int {
        var count = 0
        for object in objects {
            let path = PackagePath(object).text
            guard try fileSystem.exists(directory.appending(path)) else { continue }
            for entry in try fileSystem.list(directory.appending(path))
            where entry.name.hasSuffix(CompanionKind.provenance.suffix) {
                guard try state(of: entry.name, at: path).object == object else { continue }
                try fileSystem.removeIfPresent(directory.appending(path).appending(entry.name))
                count += 1
            }
        }
        return count
    }

    /// Removes the rows of names that are gone, which has to be durable.
    package static func forget(_ keys: [PackageKey], in catalog: borrowing CatalogWriter) throws(CatalogError) {
        for key in keys { try catalog.remove(key, in: Tables.packages) }
    }

    /// Makes the names of a project's published files and sidecars right where they are others, at once for readers;
    /// not durable.
    ///
    /// Missing ones are made by the next publication of the project.
    ///
    /// - Parameters:
    ///   - record: The project's record.
    ///   - keep: Keeps what has a name and is none of the object's.
    /// - Throws: ``PublicationError``, and what `keep` throws.
    package func redirectLinks(of record: ProjectRecord, keeping keep: (FilePath) throws -> Void) throws {
        let kinds = try kinds()
        let batch = PackageBatch(self, kind: kinds.wanted)
        for file in record.publishableFiles(onDemand: true) {
            for entry in file.packages {
                let found = try state(of: entry.filename, at: entry.path)
                if found.isMissing { continue }
                guard try problem(with: found, expecting: entry.object, kinds)?.0 == .dangling else { continue }
                try redirect(entry.filename, at: entry.path, found, to: entry.object, batch, keep)
            }
        }
        try batch.settle()
    }

    private func redirect(
        _ name: String,
        at path: String,
        _ found: PackageState,
        to digest: SHA256Digest,
        _ batch: PackageBatch,
        _ keep: (FilePath) throws -> Void
    ) throws {
        let link = directory.appending(path).appending(name)
        switch found {
        case .missing, .symbolic: break
        case .file(let status, _) where try kind(of: status, digest) == .hard: break
        case .file, .other: try keep(link)
        }
        if batch.kind == .symbolic {
            try fileSystem.replaceSymbolicLink(to: Self.target(of: digest), at: link)
        } else {
            try batch.put(name, at: path, digest, isNew: false)
        }
    }

    /// Makes a name that is of a kind that none should be what it should be; not durable.
    ///
    /// - Parameters:
    ///   - path: The name, below the mirror's root: `packages/…`.
    ///   - keep: Keeps what has the name and is none of the object's.
    /// - Returns: Whether it was one.
    /// - Throws: ``PublicationError``, and what `keep` throws.
    package func redirectLink(_ path: String, keeping keep: (FilePath) throws -> Void) throws -> Bool {
        let parts = path.split(separator: "/").map(String.init)
        guard parts.count == 5, parts[0] == "packages", let name = parts.last else { return false }
        let place = parts[1...3].joined(separator: "/")
        let kinds = try kinds()
        let found = try state(of: name, at: place)
        guard let object = found.object, try problem(with: found, expecting: object, kinds)?.0 == .dangling else {
            return false
        }
        let batch = PackageBatch(self, kind: kinds.wanted)
        try redirect(name, at: place, found, to: object, batch, keep)
        try batch.settle()
        return true
    }

    /// What became of a link that led to no known object.
    package enum Stray: Sendable {
        /// It leads to a known object by now, or is gone.
        case right
        /// It led to no file, and is removed.
        case removed
        /// It leads to a file that nobody knows.
        case kept
        /// It is no link.
        case noLink
    }

    /// Removes a link that leads to no file, as far as it is one; not durable.
    ///
    /// Readers get the same answer as before: that there is no such file.
    ///
    /// - Parameters:
    ///   - path: The link, below the mirror's root: `packages/…`.
    ///   - isKnown: Whether the index knows an object.
    /// - Returns: What became of it.
    /// - Throws: `FileError`, `CatalogError`, `DigestError`.
    package func removeStray(_ path: String, isKnown: (SHA256Digest) -> Bool) throws -> Stray {
        guard path.hasPrefix("packages/"), !path.split(separator: "/").contains("..") else { return .kept }
        let link = directory.removingLastComponent().pushing(FilePath(path))
        let parts = path.split(separator: "/").map(String.init)
        guard try fileSystem.exists(link) else { return .right }
        guard parts.count == 5 else { return try fileSystem.linkState(link).target == nil ? .noLink : removed(link) }
        let found = try state(of: parts[4], at: parts[1...3].joined(separator: "/"))
        if let object = found.object {
            // The bytes may be right and only the index may not know them: then the link is.
            if isKnown(object) { return .right }
            if try fileSystem.exists(objects.path(of: object)) { return .kept }
        }
        return found.target == nil ? .noLink : try removed(link)
    }

    private func removed(_ link: FilePath) throws(FileError) -> Stray {
        try fileSystem.removeIfPresent(link)
        return .removed
    }
}
