package import Catalog
package import Digest
package import FileIO
internal import SystemPackage

/// One link below `packages/`.
package struct PackageLink: Sendable {
    /// Its directory below `packages/`.
    package let path: PackagePath
    /// Its name.
    package let filename: String
    /// The object that it points to; `nil` when it points elsewhere.
    package let object: SHA256Digest?
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

    /// Removes a link that leads to an object, and its directory when nothing else is in it; not durable.
    ///
    /// - Parameters:
    ///   - filename: Its name.
    ///   - path: Its directory below `packages/`.
    ///   - object: The object; a link that leads elsewhere stays.
    /// - Returns: Whether there was one.
    /// - Throws: ``FileError``.
    package func remove(_ filename: String, at path: String, to object: SHA256Digest) throws(FileError) -> Bool {
        guard let place = PackagePath(url: "packages/\(path)/\(filename)", filename: filename) else { return false }
        let link = directory.appending(place.text).appending(filename)
        guard try fileSystem.linkState(link) == .link(to: Self.target(of: object)) else { return false }
        try remove(filename, at: place)
        return true
    }

    /// All links below a directory of the first level, as far as they have the shape that we give them.
    ///
    /// - Parameter prefix: The first byte of the directory.
    /// - Returns: The links, in no order.
    /// - Throws: ``FileError`` for a directory or link that cannot be read.
    package func links(below prefix: UInt8) throws(FileError) -> [PackageLink] {
        var links: [PackageLink] = []
        let first = [prefix].hex
        for second in try names(in: first) {
            for leaf in try names(in: "\(first)/\(second)") {
                let relative = "\(first)/\(second)/\(leaf)"
                for entry in try fileSystem.list(directory.appending(relative)) where entry.kind == .symbolicLink {
                    guard let path = PackagePath(url: "packages/\(relative)/\(entry.name)", filename: entry.name) else {
                        continue
                    }
                    let target = try fileSystem.readLink(directory.appending(relative).appending(entry.name))
                    let digest = SHA256Digest(hex: target.suffix(64)).flatMap {
                        Self.target(of: $0) == target ? $0 : nil
                    }
                    links.append(PackageLink(path: path, filename: entry.name, object: digest))
                }
            }
        }
        return links
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
