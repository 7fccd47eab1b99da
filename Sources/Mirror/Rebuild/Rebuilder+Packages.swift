internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Publication
internal import Record
internal import Scheduling
internal import SystemPackage

/// Names below `packages/` that are no symbolic links, of which only the lost index told what they hold.
///
/// What records say of a name is believed. Others, which no record speaks of any more, are hashed. A file whose bytes are
/// those of no object is nobody's, and stays as it is.
extension Rebuilder {
    /// Enters every such name, of which it is not known yet what it holds.
    func takePackages() async throws(MirrorError) {
        let directory = root.appending("packages")
        let (fileSystem, time) = (fileSystem, now())
        let kinds = Locked<Set<LinkKind>>([])
        for prefix in UInt8.min...UInt8.max {
            if Task.isCancelled { return }
            let found = try await workers.runWrapping { () throws -> [(key: PackageKey, row: PackageRow)] in
                var found: [(key: PackageKey, row: PackageRow)] = []
                try Self.forEachName(below: [prefix].hex, in: directory, fileSystem) { entry, path in
                    if entry.kind == .symbolicLink { kinds.withLock { _ = $0.insert(.symbolic) } }
                    guard entry.kind == .regular, let key = try PackageLinks.rowKey(of: entry.name, at: path) else {
                        return
                    }
                    let status = try fileSystem.status(directory.appending(path).appending(entry.name))
                    let row = PackageRow(
                        filename: entry.name,
                        object: Self.unknown,
                        size: status.size,
                        isCopy: true,
                        storedAt: min(status.modificationTime, time)
                    )
                    found.append((key, row))
                }
                return found
            }
            for start in stride(from: 0, to: found.count, by: Self.transactionSize) {
                let batch = found[start..<min(start + Self.transactionSize, found.count)]
                try await write { catalog throws(CatalogError) in
                    for (key, row) in batch { try catalog.put(row, under: key, in: Tables.packages) }
                }
            }
        }
        if kinds.withLock({ $0.contains(.symbolic) }) { progress.update { $0.hasSymbolicLinks = true } }
    }

    /// Enters what the record of a project says that its names hold.
    func enter(packagesOf record: ProjectRecord, _ catalog: borrowing CatalogWriter) throws(CatalogError) {
        guard try catalog.reader.count(of: Tables.packages) > 0 else { return }
        for entry in record.files.flatMap(\.packages) {
            guard let key = try? PackageLinks.rowKey(of: entry.filename, at: entry.path),
                var row = try catalog.reader.row(of: key, in: Tables.packages)
            else { continue }
            row.object = entry.object
            try catalog.put(try complete(row, under: key, catalog), under: key, in: Tables.packages)
        }
    }

    /// Hashes the names that no record speaks of, and remembers which kinds of names there are.
    func settlePackages() async throws(MirrorError) {
        let kinds = Locked<Set<LinkKind>>(progress.snapshot.hasSymbolicLinks ? [.symbolic] : [])
        var last: PackageKey?
        while !Task.isCancelled {
            let start = last
            let batch = try await workers.runWrapping { [catalog] in
                try catalog.read { catalog throws(CatalogError) in
                    try catalog.survey(Tables.packages, after: start, limit: Self.transactionSize)
                }
            }
            guard let end = batch.last else { break }
            last = end
            for (_, row) in batch.rows where row.object != Self.unknown {
                kinds.withLock { _ = $0.insert(row.isCopy ? .copy : .hard) }
            }
            let unknown = batch.rows.filter { $0.row.object == Self.unknown }
            let hashed = Locked<[PackageKey: SHA256Digest]>([:])
            try await workers.forEach(count: unknown.count) { index throws(MirrorError) in
                let (key, row) = unknown[index]
                guard let digest = digest(of: key, row) else { return }
                hashed.withLock { $0[key] = digest }
            }
            let digests = hashed.withLock { $0 }
            try await write { catalog throws(CatalogError) in
                for (key, row) in unknown {
                    guard let digest = digests[key], try catalog.reader.contains(digest, in: Tables.objects) else {
                        try catalog.remove(key, in: Tables.packages)
                        continue
                    }
                    var row = row
                    row.object = digest
                    row = try complete(row, under: key, catalog)
                    kinds.withLock { [row] in _ = $0.insert(row.isCopy ? .copy : .hard) }
                    try catalog.put(row, under: key, in: Tables.packages)
                }
            }
        }
        let found = kinds.withLock { $0 }
        guard let text = LinkKinds.text(wanting: linkKind, among: found) else { return }
        try await write { catalog throws(CatalogError) in
            try catalog.put(MetaRow(text), under: .links, in: Tables.meta)
        }
    }

    /// The object of a name that is not known yet.
    private static var unknown: SHA256Digest {
        guard let digest = SHA256Digest(bytes: [UInt8](repeating: 0, count: 32)) else {
            preconditionFailure("32 bytes are a digest")
        }
        return digest
    }

    /// The row of a name whose object is known, with what that is: its size, and whether the name is another file.
    private func complete(
        _ row: PackageRow,
        under key: PackageKey,
        _ catalog: borrowing CatalogWriter
    ) throws(CatalogError) -> PackageRow {
        var row = row
        if let object = try catalog.reader.row(of: row.object, in: Tables.objects) { row.size = object.size }
        let name = root.pushing(FilePath(PackageLinks.path(of: key, row)))
        let identity = try? fileSystem.statusIfPresent(name)?.identity
        row.isCopy = identity == nil || (try? objects.status(of: row.object)?.identity) != identity
        return row
    }

    /// The digest of a name's bytes; `nil` when they cannot be read.
    private func digest(of key: PackageKey, _ row: PackageRow) -> SHA256Digest? {
        guard var hasher = try? ObjectHasher() else { return nil }
        let path = root.pushing(FilePath(PackageLinks.path(of: key, row)))
        let found = try? hasher.hash(path, expecting: row.size, on: fileSystem) { _ in !interruption.isRequested }
        guard let found else { return nil }
        progress.update { $0.report.hashedBytes += found.size }
        return found.digest
    }

    /// Calls `body` with what lies where names are, and its directory below `packages/`.
    private static func forEachName(
        below prefix: String,
        in directory: FilePath,
        _ fileSystem: any FileSystem,
        _ body: (DirectoryEntry, String) throws -> Void
    ) throws {
        func folders(in relative: String) throws(FileError) -> [String] {
            do throws(FileError) {
                return try fileSystem.list(directory.appending(relative)).filter { $0.kind == .directory }.map(\.name)
            } catch  where error.isMissing {
                return []
            }
        }
        for second in try folders(in: prefix) {
            for leaf in try folders(in: "\(prefix)/\(second)") {
                let path = "\(prefix)/\(second)/\(leaf)"
                for entry in try fileSystem.list(directory.appending(path)) { try body(entry, path) }
            }
        }
    }
}
