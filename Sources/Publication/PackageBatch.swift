internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Scheduling
internal import SystemPackage

/// Names of packages on their way that are no symbolic links; any thread may add to it.
///
/// Bytes of copies durable, then rows that tell of the names, then the names by rename or link(2), which whoever tells of
/// them makes durable. So every such name has a row, whenever power is cut, and no name shows bytes that are not there to
/// stay.
final class PackageBatch: Sendable {
    private struct Entry: Sendable {
        let key: PackageKey
        let row: PackageRow
        let name: FilePath
        /// The bytes of a copy.
        let staged: FilePath?
        /// Whether nothing had the name.
        let isNew: Bool
        /// Whether only the row is to be put.
        let isInPlace: Bool
    }

    /// How much waits before it is settled.
    private static let limit = (names: 4_096, bytes: UInt64(512 << 20))

    /// What the names become.
    let kind: LinkKind
    private let links: PackageLinks
    private let waiting = Locked<(entries: [Entry], bytes: UInt64)>(([], 0))
    private let totals = Locked<(names: Int, bytes: UInt64)>((0, 0))

    init(_ links: PackageLinks, kind: LinkKind? = nil) {
        self.links = links
        self.kind = kind ?? links.kind
    }

    deinit {
        // Only of a batch that failed anything waits still.
        for case let staged? in waiting.withLock({ $0.entries.map(\.staged) }) {
            try? links.fileSystem.removeIfPresent(staged)
        }
    }

    /// How many names were made so far, and the bytes of those that are copies.
    var made: (names: Int, bytes: UInt64) { totals.withLock { $0 } }

    /// Adds a name.
    ///
    /// - Parameters:
    ///   - filename: The name.
    ///   - path: Its directory below `packages/`.
    ///   - object: The object that is to be had there.
    ///   - isNew: Whether nothing has the name; else it is replaced at once for readers.
    ///   - isInPlace: Whether the name is right, and only the index is to be told.
    /// - Throws: ``PublicationError``.
    func put(
        _ filename: String,
        at path: String,
        _ object: SHA256Digest,
        isNew: Bool,
        isInPlace: Bool = false
    ) throws {
        guard let key = try PackageLinks.rowKey(of: filename, at: path) else { return }
        guard let status = try links.objects.status(of: object) else {
            throw PublicationError.noObject(object, "there is no file")
        }
        var staged: StagedObject?
        if kind == .copy, !isInPlace {
            try links.checkRoom(for: status.size)
            staged = try links.stageCopy(of: object)
        }
        let row = PackageRow(
            filename: filename,
            object: object,
            size: status.size,
            isCopy: kind == .copy,
            storedAt: links.now()
        )
        let entry = Entry(
            key: key,
            row: row,
            name: links.directory.appending(path).appending(filename),
            staged: staged?.path,
            isNew: isNew,
            isInPlace: isInPlace
        )
        let isFull = waiting.withLock { waiting in
            waiting.entries.append(entry)
            waiting.bytes += staged?.size ?? 0
            return waiting.entries.count >= Self.limit.names || waiting.bytes >= Self.limit.bytes
        }
        if isFull { try settle() }
    }

    /// Brings all that was added into place; the names are not durable.
    ///
    /// - Throws: ``PublicationError``; `noHardLink` where the file system gives no second names.
    func settle() throws {
        let entries = waiting.withLock { waiting in
            defer { waiting = ([], 0) }
            return waiting.entries
        }
        guard !entries.isEmpty else { return }
        do {
            if entries.contains(where: { $0.staged != nil }) { try links.barrier.synchronize() }
            try links.catalog.write { catalog throws(CatalogError) in
                for entry in entries { try catalog.put(entry.row, under: entry.key, in: Tables.packages) }
            }
            for entry in entries where !entry.isInPlace { try place(entry) }
        } catch {
            for case let staged? in entries.map(\.staged) { try? links.fileSystem.removeIfPresent(staged) }
            throw error
        }
        let made = entries.filter { !$0.isInPlace }
        totals.withLock { totals in
            totals.names += made.count
            totals.bytes += made.reduce(0) { $0 + ($1.row.isCopy ? $1.row.size : 0) }
        }
    }

    private func place(_ entry: Entry) throws {
        do throws(FileError) {
            if entry.isNew { try links.makeDirectory(for: entry.name) }
            try give(entry)
        } catch {
            guard error.errno == .improperLink || error.operation == "link" && error.refusesLinks else { throw error }
            throw kind == .hard ? PublicationError.noHardLink(error) : PublicationError.apart(entry.name)
        }
    }

    private func give(_ entry: Entry) throws(FileError) {
        if let staged = entry.staged { return try links.fileSystem.rename(staged, to: entry.name) }
        let object = links.objects.path(of: entry.row.object)
        if entry.isNew {
            do throws(FileError) {
                return try links.fileSystem.link(object, at: entry.name)
            } catch  where error.errno == .fileExists {
                // Two projects may list one file.
            }
        }
        try links.replace(entry.name, byNameOf: object)
    }
}
