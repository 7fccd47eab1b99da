package import Catalog
package import Digest
package import FileIO
internal import SystemPackage

/// One name below `packages/`.
package struct PackageLink: Sendable {
    /// Its directory below `packages/`.
    package let path: PackagePath
    /// Its name.
    package let filename: String
    /// The object that is to be had there; `nil` when it is none.
    package let object: SHA256Digest?
    /// The bytes of a copy; 0 for a link.
    package let copySize: UInt64
}

extension PackageLinks {
    /// The key of a link among what a collection may remove.
    ///
    /// - Parameters:
    ///   - filename: Its name.
    ///   - path: Its directory below `packages/`.
    /// - Returns: The key, made from the digest of both.
    /// - Throws: ``DigestError`` when OpenSSL cannot provide SHA-256.
    package static func key(of filename: String, at path: String) throws(DigestError) -> CondemnedKey {
        CondemnedKey(.link, try SHA256Digest.hash("\(path)/\(filename)".utf8))
    }

    /// Removes a link, and its directory when nothing else is in it; not durable.
    ///
    /// Nothing happens when there is no such link.
    package func remove(_ filename: String, at path: PackagePath) throws(FileError) {
        let leaf = directory.appending(path.text)
        try fileSystem.removeIfPresent(leaf.appending(filename))
        do throws(FileError) {
            try fileSystem.removeDirectory(leaf)
        } catch  where error.isMissing || error.errno == .directoryNotEmpty || error.errno == .fileExists {
            // The sidecar's link lies beside the file's.
        }
    }

    /// Removes a name of an object, and its directory when nothing else is in it; not durable.
    ///
    /// - Parameters:
    ///   - filename: Its name.
    ///   - path: Its directory below `packages/`.
    ///   - object: The object; a name of another one stays.
    /// - Returns: Whether nothing has the name now, so that its row is to go; also where a run before, which was cut off,
    ///   removed it.
    /// - Throws: `FileError`, `CatalogError`, `DigestError`.
    package func remove(_ filename: String, at path: String, to object: SHA256Digest) throws -> Bool {
        guard let place = PackagePath(url: "packages/\(path)/\(filename)", filename: filename) else { return false }
        let found = try state(of: filename, at: place.text)
        if found.isMissing { return true }
        guard found.object == object else { return false }
        try remove(filename, at: place)
        return true
    }

    /// All names below a directory of the first level, as far as they have the shape that we give them; what is no
    /// symbolic link and the index does not speak of is nobody's.
    ///
    /// - Parameter prefix: The first byte of the directory.
    /// - Returns: The names, in no order.
    /// - Throws: `FileError` for a directory or link that cannot be read, `CatalogError`, `DigestError`.
    package func links(below prefix: UInt8) throws -> [PackageLink] {
        var links: [PackageLink] = []
        let first = [prefix].hex
        for second in try names(in: first) {
            for leaf in try names(in: "\(first)/\(second)") {
                let relative = "\(first)/\(second)/\(leaf)"
                for entry in try fileSystem.list(directory.appending(relative))
                where entry.kind == .symbolicLink || entry.kind == .regular {
                    guard let path = PackagePath(url: "packages/\(relative)/\(entry.name)", filename: entry.name) else {
                        continue
                    }
                    let found = try state(of: entry.name, at: relative)
                    var size: UInt64 = 0
                    switch found {
                    case .missing, .other, .file(_, nil): continue
                    case .symbolic: break
                    case .file(let status, let row?): size = row.isCopy ? status.size : 0
                    }
                    links.append(
                        PackageLink(path: path, filename: entry.name, object: found.object, copySize: size)
                    )
                }
            }
        }
        return links
    }

    /// Rows below a directory of the first level whose names are gone, as a crash leaves them.
    ///
    /// - Parameter prefix: The first byte of the directory.
    /// - Returns: Their keys, in order.
    /// - Throws: `FileError`, `CatalogError`.
    package func rowsWithoutName(below prefix: UInt8) throws -> [PackageKey] {
        var gone: [PackageKey] = []
        var last = PackageKey.first(below: prefix)
        while let start = last {
            let rows = try catalog.read { catalog throws(CatalogError) in
                try catalog.rows(in: Tables.packages, from: start, limit: 4_096)
            }
            let batch = rows.filter { $0.key.directory.bytes.first == prefix }
            for (key, row) in batch
            where try !fileSystem.exists(directory.removingLastComponent().pushing(FilePath(Self.path(of: key, row)))) {
                gone.append(key)
            }
            last = batch.count == rows.count && rows.count > 1 ? batch.last?.key : nil
        }
        return gone
    }

    /// The directories in a directory; none when it is missing.
    private func names(in relative: String) throws(FileError) -> [String] {
        do throws(FileError) {
            return try fileSystem.list(directory.appending(relative)).filter { $0.kind == .directory }.map(\.name)
        } catch  where error.isMissing {
            return []
        }
    }
}
