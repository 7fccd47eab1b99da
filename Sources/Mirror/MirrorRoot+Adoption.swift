internal import Catalog
internal import Digest
internal import FileIO
internal import Packaging
internal import Record

/// Records that are newer than the index, as a commit leaves them that was cut off (I5).
extension MirrorRoot {
    /// Makes the index know the records that a group gave their names before it was cut off.
    ///
    /// Whoever calls it holds the lock of the mirror.
    func adoptPlacedRecords() throws(MirrorError) {
        do {
            let names = try placement.names()
            guard !names.isEmpty, !catalog.isReadOnly else { return }
            for name in names {
                // One that the index knows is as the commit left it.
                try adoptRecord(of: name)
            }
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
    @discardableResult func adoptRecord(of name: ProjectName, isDistrusting: Bool = false) throws -> Bool {
        let key = try ProjectKey(name)
        let found = try catalog.read { catalog throws(CatalogError) in
            try catalog.row(of: key, in: Tables.projects)
        }
        var row = found ?? ProjectRow(name: name)
        // Two names with one key are refused by a sync, which says so.
        guard row.name == name else { return false }
        if isDistrusting { row.record = nil }
        let known: KnownRecord?
        do {
            known = try knownRecord(of: row)
        } catch let error as RecordStoreError {
            // Damage is found by verification, and mended by a repair or a sync.
            guard case .damaged = error else { throw error }
            return false
        }
        guard let known, known.isUnindexed else { return false }
        row.state = known.record.removal == nil ? .active : .removed
        row.isIncomplete = known.record.removal == nil
        row.files = known.record.counts
        if known.lacksObjects {
            row.record = nil
        } else {
            row.record = known.digest
            row.serial = known.record.serial
            // The validator is that of the page before.
            row.etag = nil
        }
        let (adopted, record) = (row, known.record)
        try catalog.write { catalog throws(CatalogError) in
            try catalog.put(adopted, under: key, in: Tables.projects)
            guard adopted.record != nil else { return }
            try catalog.put(Mark(), under: key, in: Tables.unpublished)
            try catalog.refer(to: record.objects, from: key)
        }
        return true
    }
}

extension CatalogWriter {
    /// Enters that the record of a project refers to objects.
    func refer(to objects: [SHA256Digest], from project: ProjectKey) throws(CatalogError) {
        for digest in objects {
            // What is referred to again has its whole grace before it.
            try remove(CondemnedKey(.object, digest), in: Tables.condemned)
            let object = try reader.row(of: digest, in: Tables.objects)
            guard let object, object.project != project else { continue }
            try put(Mark(), under: ReferenceKey(object: digest, project: project), in: Tables.references)
        }
    }
}
