internal import Catalog
internal import Digest
internal import FileIO
internal import Packaging
internal import Publication
internal import Scheduling
internal import SystemPackage

extension Verifier {
    /// Rows against their checksums, against each other, and against records.
    ///
    /// - Parameter projects: The projects to look at; `nil` for everything.
    /// - Throws: ``MirrorError`` when the disk fails.
    func checkIndex(of projects: [ProjectScope]?) async throws(MirrorError) {
        guard let projects else { return try await checkWholeIndex() }
        progress.begin(.index, items: projects.count)
        let rows = projects.compactMap { project in project.row.map { (key: project.key, row: $0) } }
        await checkRecords(rows)
        await mirror.workers.forEach(count: projects.count) { index in
            let key = projects[index].key
            if let row = currentRow(of: key, in: Tables.published) { check(row, under: key) }
        }
    }

    /// The pages of the index, before anything is read through LMDB, which believes them and may die of it.
    ///
    /// - Throws: ``MirrorError`` when one is damaged; nothing that the index says can be believed then.
    func checkPages() async throws(MirrorError) {
        progress.begin(.pages)
        do throws(CatalogError) {
            try await mirror.workers.run { [mirror, progress, limits] () throws(CatalogError) in
                try mirror.catalog.checkPages { done, total in
                    if done % 256 == 0 { progress.update { $0.items = (Int(total), Int(done)) } }
                    return !limits.isOver
                }
            }
        } catch {
            guard !error.isOfIndex else { throw .catalog(error) }
            note(error)
        }
    }

    private func checkWholeIndex() async throws(MirrorError) {
        progress.begin(.index, items: rowCount())
        try await forEachBatch(of: Tables.projects, counting: true) { batch throws(MirrorError) in
            await checkRecords(batch)
        }
        try await findUnknownRecords()
        // The project that an object belongs to may have no row yet: its files come before its record does.
        try await forEachBatch(of: Tables.objects, counting: true) { batch throws(MirrorError) in
            progress.update { $0.items.done += batch.count }
        }
        try await forEachRow(of: Tables.references) { key, _ in
            if !isThere(key.object, in: Tables.objects) {
                noteDangling(key, in: Tables.references, object: key.object, "refers to an object that is not there")
            }
            if !isThere(key.project, in: Tables.projects) {
                noteDangling(key, in: Tables.references, object: key.object, "refers to a project that is not there")
            }
        }
        try await forEachRow(of: Tables.published) { check($1, under: $0) }
        try await forEachRow(of: Tables.unpublished) { key, _ in
            guard !isThere(key, in: Tables.projects) else { return }
            noteDangling(key, in: Tables.unpublished, "marks a project that is not there")
        }
        try await forEachRow(of: Tables.arrived) { key, _ in
            guard !isThere(key, in: Tables.projects) else { return }
            noteDangling(key, in: Tables.arrived, "marks a project that is not there")
        }
        try await forEachRow(of: Tables.pending) { key, _ in
            guard !isThere(key.project, in: Tables.published) else { return }
            noteDangling(key, in: Tables.pending, "marks a project that was never published")
        }
        try await forEachRow(of: Tables.views) { key, _ in
            let path = mirror.publisher.views.path(of: key)
            // A view that could not be looked at is a finding of the publication, if it is live.
            guard let isThere = try? mirror.fileSystem.exists(path), !isThere else { return }
            noteDangling(key, in: Tables.views, "marks a view that is not there")
        }
        try await forEachRow(of: Tables.meta) { _, _ in }
        try await forEachRow(of: Tables.condemned) { _, _ in }
        // What they tell of is compared with the disk where names are.
        try await forEachRow(of: Tables.packages) { _, _ in }
    }

    /// Calls `body` on several threads with all rows of a table, and counts them.
    private func forEachRow<Key: Hashable, Value>(
        of table: Table<Key, Value>,
        _ body: @escaping @Sendable (Key, Value) -> Void
    ) async throws(MirrorError) {
        try await forEachBatch(of: table, counting: true) { batch throws(MirrorError) in
            await mirror.workers.forEach(count: batch.count) { body(batch[$0].key, batch[$0].row) }
            progress.update { $0.items.done += batch.count }
        }
    }

    /// The number of all rows, as far as the index can tell.
    private func rowCount() -> Int {
        let count = try? mirror.catalog.read { catalog throws(CatalogError) in try catalog.countOfAllRows() }
        return count ?? 0
    }

    /// A row of what is published needs its project and the mark of its view.
    func check(_ row: PublishedRow, under key: ProjectKey) {
        if (try? ProjectKey(row.name)) != key {
            let detail = "the row of \(row.name) lies under the key of another project; \(Finding.rebuildAdvice)"
            return note(Finding(.indexCorrupt, path: "index", project: row.name, detail: detail))
        }
        if !isThere(key, in: Tables.projects) {
            noteDangling(key, in: Tables.published, project: row.name, "is of a project that is not there")
        }
        if !isThere(row.view, in: Tables.views) {
            noteDangling(key, in: Tables.published, project: row.name, "shows a view that is not marked as whole")
        }
    }

    /// Notes a row that refers to nothing, unless it is gone by now.
    private func noteDangling<Key, Value>(
        _ key: Key,
        in table: Table<Key, Value>,
        object: SHA256Digest? = nil,
        project: ProjectName? = nil,
        _ problem: String
    ) {
        guard isThere(key, in: table) else { return }
        note(
            Finding(
                .indexDangling,
                object: object,
                path: "index",
                project: project,
                detail: "row \(key.bytes.hex) of table \(table.name) \(problem)"
            )
        )
    }
}
