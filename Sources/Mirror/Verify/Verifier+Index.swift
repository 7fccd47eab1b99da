internal import Catalog
internal import Digest
internal import Record
internal import Scheduling
internal import SystemPackage

extension Verifier {
    /// Rows against their checksums, and against records and objects.
    func checkIndex() async throws(MirrorError) {
        try await forEachBatch(of: Tables.projects) { batch throws(MirrorError) in
            await mirror.workers.forEach(count: batch.count) { check(batch[$0].row, under: batch[$0].key) }
        }
        try await forEachBatch(of: Tables.objects) { batch throws(MirrorError) in
            await mirror.workers.forEach(count: batch.count) { index in
                let (digest, row) = batch[index]
                guard row.project != .nobody, !isThere(row.project, in: Tables.projects) else { return }
                note(
                    Finding(
                        .indexDangling,
                        object: digest,
                        path: "index",
                        detail: "the object belongs to a project that the index does not know"
                    )
                )
            }
        }
        try await forEachBatch(of: Tables.references) { _ throws(MirrorError) in }
        try await forEachBatch(of: Tables.published) { _ throws(MirrorError) in }
        try await forEachBatch(of: Tables.unpublished) { _ throws(MirrorError) in }
        try await forEachBatch(of: Tables.pending) { _ throws(MirrorError) in }
        try await forEachBatch(of: Tables.views) { _ throws(MirrorError) in }
        try await forEachBatch(of: Tables.meta) { _ throws(MirrorError) in }
        try await forEachBatch(of: Tables.condemned) { _ throws(MirrorError) in }
    }

    /// A project's row against its record, and the record against the objects (I2).
    private func check(_ row: ProjectRow, under key: ProjectKey) {
        guard let expected = row.record else { return }
        let path = "records of \(row.name)"
        do throws(RecordStoreError) {
            guard let (record, digest) = try mirror.records.read(row.name) else {
                return note(Finding(.recordCorrupt, path: path, project: row.name, detail: "the record is gone"))
            }
            if digest != expected, !hasChanged(row, under: key) {
                note(
                    Finding(
                        .indexDangling,
                        path: path,
                        project: row.name,
                        detail: "the index knows a record with the digest \(expected), the record has \(digest)"
                    )
                )
            }
            for file in record.files where file.isPresent {
                for object in [file.sha256, file.sidecar].compactMap({ $0 })
                where !isThere(object, in: Tables.objects) {
                    note(
                        Finding(
                            .indexDangling,
                            object: object,
                            path: path,
                            project: row.name,
                            file: file.filename,
                            detail: "the record says that it is here, the index does not know it"
                        )
                    )
                }
            }
        } catch {
            switch error {
            case .damaged(let path, let cause):
                note(Finding(.recordCorrupt, path: path.string, project: row.name, detail: "\(cause)"))
            case .file, .digest:
                note(Finding(.ioError, path: path, project: row.name, detail: "\(error)"))
            }
        }
    }

    /// Whether a row is another one by now, because a sync is at work.
    private func hasChanged(_ row: ProjectRow, under key: ProjectKey) -> Bool {
        let now = try? mirror.catalog.read { catalog throws(CatalogError) in
            try catalog.row(of: key, in: Tables.projects)
        }
        return now != row
    }

    /// Whether a table has a row under a key; not knowing counts as yes, since a damaged table is a finding of its own.
    private func isThere<Key, Value>(_ key: Key, in table: Table<Key, Value>) -> Bool {
        let isThere = try? mirror.catalog.read { catalog throws(CatalogError) in try catalog.contains(key, in: table) }
        return isThere ?? true
    }
}
