package import Catalog
package import Digest
internal import FileIO
internal import ObjectStore
internal import SystemPackage

/// What has the name of a package.
enum PackageState: Sendable {
    /// Nothing.
    case missing
    /// A symbolic link, and where it points.
    case symbolic(to: String)
    /// A file, and what the index says that it is to hold; without that it is nobody's.
    case file(FileStatus, PackageRow?)
    /// Something else.
    case other

    /// The object that is to be had there; `nil` when nothing says.
    var object: SHA256Digest? {
        switch self {
        case .symbolic(let target):
            SHA256Digest(hex: target.suffix(64)).flatMap { PackageLinks.target(of: $0) == target ? $0 : nil }
        case .file(_, let row): row?.object
        case .missing, .other: nil
        }
    }

    /// Where a symbolic link points; `nil` for everything else.
    var target: String? {
        if case .symbolic(let target) = self { target } else { nil }
    }

    /// Whether there is nothing.
    var isMissing: Bool {
        if case .missing = self { true } else { false }
    }
}

extension PackageLinks {
    /// What has a name below `packages/`.
    ///
    /// - Parameters:
    ///   - filename: The name.
    ///   - path: Its directory.
    /// - Returns: What is there, and what the index says of it.
    /// - Throws: `FileError`, `CatalogError`, `DigestError`.
    func state(of filename: String, at path: String) throws -> PackageState {
        let name = directory.appending(path).appending(filename)
        switch try fileSystem.linkState(name) {
        case .missing: return .missing
        case .link(let target): return .symbolic(to: target)
        case .other: break
        }
        guard let status = try fileSystem.statusIfPresent(name) else { return .missing }
        guard status.kind == .regular else { return .other }
        guard let key = try Self.rowKey(of: filename, at: path) else { return .file(status, nil) }
        let row = try catalog.read { catalog throws(CatalogError) in try catalog.row(of: key, in: Tables.packages) }
        return .file(status, row)
    }

    /// The object that is to be had under a name; `nil` when it is none.
    ///
    /// - Parameters:
    ///   - filename: The name.
    ///   - path: Its directory below `packages/`.
    /// - Returns: The object.
    /// - Throws: `FileError`, `CatalogError`, `DigestError`.
    package func object(of filename: String, at path: String) throws -> SHA256Digest? {
        try state(of: filename, at: path).object
    }

    /// The key of a name's row; `nil` for a directory that no package has.
    package static func rowKey(of filename: String, at path: String) throws(DigestError) -> PackageKey? {
        guard let directory = SHA256Digest(hex: path.filter { $0 != "/" }) else { return nil }
        return try PackageKey(filename, in: directory)
    }

    /// The path of a name below the mirror's root: `packages/ab/cd/<60 hex>/<filename>`.
    package static func path(of key: PackageKey, _ row: PackageRow) -> String {
        "packages/\(PackagePath(key.directory).text)/\(row.filename)"
    }

    /// What kind a file is, by the object of which it is to hold the bytes.
    func kind(of status: FileStatus, _ object: SHA256Digest) throws(FileError) -> LinkKind {
        try objects.status(of: object)?.identity == status.identity ? .hard : .copy
    }

    /// Which kinds names have now.
    package func kinds() throws(CatalogError) -> LinkKinds {
        try catalog.read { catalog throws(CatalogError) in
            LinkKinds(text: try catalog.row(of: .links, in: Tables.meta)?.text)
        }
    }
}
