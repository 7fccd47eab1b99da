package import Digest
package import Record
package import SimpleIndex

/// A name below `packages/` and the object that is to be had there.
package struct PackageEntry: Hashable, Sendable {
    /// Behind the name of a wheel, that of its metadata (PEP 658).
    package static let metadataSuffix = ".metadata"
    /// Behind the name of a file, that of its provenance (PEP 740).
    package static let provenanceSuffix = ".provenance"

    /// Its directory below `packages/`.
    package let path: String
    /// Its name in the directory.
    package let filename: String
    /// The object.
    package let object: SHA256Digest

    /// Where it lies, below the root.
    package var relativePath: String { "packages/\(path)/\(filename)" }

    /// The name of a file and those of its sidecars.
    ///
    /// A provenance may become another one while its file stays. It lies in the directory of its own digest, so that what
    /// a URL leads to never changes, and its URL tells the object.
    static func all(
        _ filename: String,
        at path: String,
        _ object: SHA256Digest?,
        metadata: SHA256Digest?,
        provenance: SHA256Digest?
    ) -> [PackageEntry] {
        var entries: [PackageEntry] = []
        if let object { entries.append(PackageEntry(path: path, filename: filename, object: object)) }
        if let metadata {
            entries.append(PackageEntry(path: path, filename: filename + metadataSuffix, object: metadata))
        }
        if let provenance { entries.append(Self.provenance(provenance, of: filename)) }
        return entries
    }

    /// Whether the name of a file's provenance is a name that can be replaced, which takes five bytes more.
    package static func hasRoomForProvenance(_ filename: String) -> Bool {
        filename.utf8.count + provenanceSuffix.utf8.count + 5 <= 255
    }

    /// The name of a file's provenance.
    package static func provenance(_ object: SHA256Digest, of filename: String) -> PackageEntry {
        PackageEntry(path: PackagePath(object).text, filename: filename + provenanceSuffix, object: object)
    }
}

extension FileRecord {
    /// The names of the file and of its sidecars, as far as they are known; none while the file has no place.
    package var packages: [PackageEntry] {
        path.map {
            PackageEntry.all(filename, at: $0, sha256, metadata: sidecar, provenance: provenanceDocument)
        } ?? []
    }
}

extension PublishedFile {
    /// The names that its page leads to.
    package var packages: [PackageEntry] {
        PackageEntry.all(filename, at: path, sha256, metadata: sidecar, provenance: provenanceDocument)
    }

    /// The object that is its provenance; `nil` when it has none, or one that is not ours.
    package var provenanceDocument: SHA256Digest? {
        guard let provenance, let place = PackagePath(url: provenance, filename: filename) else { return nil }
        return SHA256Digest(hex: place.text.filter { $0 != "/" })
    }
}
