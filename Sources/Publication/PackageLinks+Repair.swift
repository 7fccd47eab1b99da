package import Digest
package import FileIO
internal import ObjectStore
package import Record
package import SystemPackage

extension PackageLinks {
    /// Removes the links of a project's files and sidecars that point to some objects; not durable.
    ///
    /// A link that points elsewhere stays, whatever the record says.
    ///
    /// - Parameters:
    ///   - record: The project's record; files in every state count, since a link outlives its place on a page.
    ///   - objects: The objects.
    /// - Returns: How many links were removed.
    /// - Throws: ``FileError``.
    @discardableResult
    package func removeLinks(of record: ProjectRecord, to objects: Set<SHA256Digest>) throws(FileError) -> Int {
        let targets = Set(objects.map { Self.target(of: $0) })
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
                for name in [file.filename, file.filename + ".metadata"] {
                    let link = directory.appending(path).appending(name)
                    guard let target = try fileSystem.linkState(link).target, targets.contains(target) else { continue }
                    try fileSystem.removeIfPresent(link)
                    count += 1
                }
            }
        }
        return count
    }

    /// Points the links of a project's published files and sidecars to their objects where they point elsewhere, at
    /// once for readers; not durable.
    ///
    /// Missing ones are made by the next publication of the project.
    ///
    /// - Parameters:
    ///   - record: The project's record.
    ///   - keep: Keeps what has the name of a link and is none.
    /// - Throws: ``FileError``, and what `keep` throws.
    package func redirectLinks(of record: ProjectRecord, keeping keep: (FilePath) throws -> Void) throws {
        for file in record.publishableFiles {
            guard let path = file.path else { continue }
            for case (let name, let digest?) in [
                (file.filename, file.sha256), (file.filename + ".metadata", file.sidecar),
            ] {
                let link = directory.appending(path).appending(name)
                let target = Self.target(of: digest)
                switch try fileSystem.linkState(link) {
                case .missing, .link(target): continue
                case .other: try keep(link)
                case .link: break
                }
                try fileSystem.replaceSymbolicLink(to: target, at: link)
            }
        }
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
    /// - Throws: ``FileError``.
    package func removeStray(_ path: String, isKnown: (SHA256Digest) -> Bool) throws(FileError) -> Stray {
        guard path.hasPrefix("packages/"), !path.split(separator: "/").contains("..") else { return .kept }
        let link = directory.removingLastComponent().pushing(FilePath(path))
        guard try fileSystem.exists(link) else { return .right }
        guard let target = try fileSystem.linkState(link).target else { return .noLink }
        if let digest = SHA256Digest(hex: target.suffix(64)), target == Self.target(of: digest) {
            let object = directory.removingLastComponent()
                .pushing(FilePath("objects/\(ObjectStore.relativePath(of: digest))"))
            // The bytes may be right and only the index may not know them: then the link is.
            if isKnown(digest) { return .right }
            if try fileSystem.exists(object) { return .kept }
        }
        try fileSystem.removeIfPresent(link)
        return .removed
    }
}
