package import Digest
package import Record
package import SimpleIndex

/// A name below `packages/` and the object that is to be had there.
package struct PackageEntry: Hashable, Sendable {
    /// Its directory below `packages/`.
    package let path: String
    /// Its name in the directory.
    package let filename: String
    /// The object.
    package let object: SHA256Digest
    /// What it is of its file; `nil` for the file itself.
    package let companion: CompanionKind?

    /// Where it lies, below the root.
    package var relativePath: String { "packages/\(path)/\(filename)" }

    /// The name of a file.
    private init(_ object: SHA256Digest, _ filename: String, at path: String) {
        self.path = path
        self.filename = filename
        self.object = object
        companion = nil
    }

    /// The name of a companion of a file.
    ///
    /// A provenance may become another one while its file stays. It lies in the directory of its own digest, so that what
    /// a URL leads to never changes, and its URL tells the object.
    ///
    /// - Parameters:
    ///   - kind: What it is.
    ///   - object: The object.
    ///   - filename: The name of the file.
    ///   - path: The file's directory below `packages/`.
    package init(_ kind: CompanionKind, _ object: SHA256Digest, of filename: String, at path: String) {
        switch kind {
        case .sidecar: self.path = path
        case .provenance: self.path = PackagePath(object).text
        }
        self.filename = filename + kind.suffix
        self.object = object
        companion = kind
    }

    /// The name of a file and those of its companions.
    fileprivate static func all(
        _ filename: String,
        at path: String,
        _ object: SHA256Digest?,
        companion: (CompanionKind) -> SHA256Digest?
    ) -> [PackageEntry] {
        var entries: [PackageEntry] = []
        if let object { entries.append(PackageEntry(object, filename, at: path)) }
        for kind in CompanionKind.allCases {
            guard let object = companion(kind) else { continue }
            entries.append(PackageEntry(kind, object, of: filename, at: path))
        }
        return entries
    }

    /// Whether the name of a file's provenance is a name that can be replaced, which takes five bytes more.
    package static func hasRoomForProvenance(_ filename: String) -> Bool {
        filename.utf8.count + CompanionKind.provenance.suffix.utf8.count + 5 <= 255
    }
}

extension FileRecord {
    /// The names of the file and of its companions, as far as they are known; none while the file has no place.
    package var packages: [PackageEntry] {
        path.map { PackageEntry.all(filename, at: $0, sha256) { self[$0].object } } ?? []
    }

    /// Those of them that have to be there while a page lists the file; of a file that is had on demand, its companions'.
    package var heldPackages: [PackageEntry] {
        state == .known ? packages.filter { $0.companion != nil } : packages
    }
}

extension PublishedFile {
    /// The names that its page leads to.
    package var packages: [PackageEntry] {
        PackageEntry.all(filename, at: path, sha256, companion: object)
    }

    /// The object that is a companion of it; `nil` when it has none, or one that is not ours.
    package func object(of kind: CompanionKind) -> SHA256Digest? {
        switch kind {
        case .sidecar: sidecar
        case .provenance: provenanceDocument
        }
    }

    private var provenanceDocument: SHA256Digest? {
        guard let provenance, let place = PackagePath(url: provenance, filename: filename) else { return nil }
        return SHA256Digest(hex: place.text.filter { $0 != "/" })
    }
}
