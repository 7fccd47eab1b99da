internal import Catalog
internal import Digest
internal import FileIO
internal import Packaging
internal import Record

/// What the index is to know of a record that is newer than it.
private struct Adoption {
    let key: ProjectKey
    /// The row of the project; it names no record when the index lacks objects of it.
    let row: ProjectRow
    /// Objects that the record refers to.
    let objects: [SHA256Digest]
}

/// Records that are newer than the index, as a commit leaves them that was cut off (I5).
extension MirrorRoot {
    /// The most rows that one transaction enters, about; each transaction costs the disk the same flushes.
    private static let adoptedRows = 4_096

    /// Makes the index know the records that a group gave their names before it was cut off.
    ///
    /// All are judged before they are entered, many in one transaction. Whoever calls it holds the lock of the mirror.
    func adoptPlacedRecords() throws(MirrorError) {
        do {
            guard !catalog.isReadOnly else { return }
            var adoptions: [Adoption] = []
            var rows = 0
            for name in try placement.names() {
                // One that the index knows is as the commit left it.
                guard let adoption = try adoption(of: name, isDistrusting: false) else { continue }
                adoptions.append(adoption)
                rows += 1 + adoption.objects.count
                guard rows >= Self.adoptedRows else { continue }
                try enter(adoptions)
                adoptions = []
                rows = 0
            }
            try enter(adoptions)
        } catch {
            throw MirrorError(wrapping: error)
        }
    }

    /// Makes the index know the record of a project as it is on disk.
    ///
    /// A record all of whose objects the index has is entered as it is, and published next. Of another one the index
    /// knows only that it is there, so that the project keeps the page that it has. In both cases the project is due,
    /// and the next sync makes it whole.
    ///
    /// - Parameters:
    ///   - name: The project.
    ///   - isDistrusting: Whether the row is made anew even where it names this record.
    /// - Returns: Whether the index knew another record; false when there is none that could be read.
    /// - Throws: `RecordStoreError` of the disk, and `CatalogError`.
    func adoptRecord(of name: ProjectName, isDistrusting: Bool) throws -> Bool {
        guard let adoption = try adoption(of: name, isDistrusting: isDistrusting) else { return false }
        try enter([adoption])
        return true
    }

    /// What the index is to know of the record of a project; `nil` when it knows it, or when there is none to read.
    private func adoption(of name: ProjectName, isDistrusting: Bool) throws -> Adoption? {
        let key = try ProjectKey(name)
        let found = try catalog.read { catalog throws(CatalogError) in
            try catalog.row(of: key, in: Tables.projects)
        }
        var row = found ?? ProjectRow(name: name)
        // Two names with one key are refused by a sync, which says so.
        guard row.name == name else { return nil }
        if isDistrusting { row.record = nil }
        let known: KnownRecord?
        do {
            known = try knownRecord(of: row)
        } catch let error as RecordStoreError {
            // Damage is found by verification, and mended by a repair or a sync.
            guard case .damaged = error else { throw error }
            return nil
        }
        guard let known, known.isUnindexed else { return nil }
        row.state = known.record.removal == nil ? .active : .removed
        row.isIncomplete = known.record.removal == nil
        row.files = known.record.counts
        row.nextRelease = known.record.nextRelease
        if known.lacksObjects {
            row.record = nil
        } else {
            row.record = known.digest
            row.serial = known.record.serial
            // The validator is that of the page before.
            row.etag = nil
        }
        return Adoption(key: key, row: row, objects: known.lacksObjects ? [] : known.record.objects)
    }

    /// Enters records, all of them in one transaction.
    private func enter(_ adoptions: [Adoption]) throws(CatalogError) {
        guard !adoptions.isEmpty else { return }
        try catalog.write { catalog throws(CatalogError) in
            for adoption in adoptions {
                try catalog.put(adoption.row, under: adoption.key, in: Tables.projects)
                guard adoption.row.record != nil else { continue }
                try catalog.put(Mark(), under: adoption.key, in: Tables.unpublished)
                try catalog.refer(to: adoption.objects, from: adoption.key)
            }
        }
    }
}
