internal import Catalog
internal import Digest
internal import FileIO
internal import Packaging
internal import Record
internal import Scheduling
internal import SystemPackage

extension Verifier {
    /// Records against their own digests, and rows of projects against their records.
    func checkRecords(_ batch: [(key: ProjectKey, row: ProjectRow)]) async {
        await mirror.workers.forEach(count: batch.count) { index in
            if limits.isOver { return }
            check(batch[index].row, under: batch[index].key)
            progress.update { $0.items.done += 1 }
        }
    }

    /// Records that the index does not know: it is older than they are, or it was lost.
    func findUnknownRecords() async throws(MirrorError) {
        await mirror.workers.run { findStrays(in: "records", .orphan, "it is no folder of records") }
        await mirror.workers.forEach(count: 256) { shard in
            if limits.isOver { return }
            do {
                let found = try mirror.records.names(inShard: UInt8(shard))
                for stranger in found.strangers {
                    let path = "records/\([UInt8(shard)].hex)/\(stranger.lastComponent?.string ?? "")"
                    let detail = "it is no record, and `larder gc` removes nothing while it is here"
                    note(Finding(.orphan, path: path, detail: detail))
                }
                var names = unknown(found.names)
                // A group gets its records a moment before its rows.
                if !names.isEmpty { names = try betweenCommits { unknown(names).filter { !isBeingPlaced($0) } } }
                for name in names {
                    let path = "records/\([UInt8(shard)].hex)/\(name).json"
                    let detail = "the index does not know the record; run larder sync"
                    note(Finding(.indexDangling, path: path, project: name, detail: detail))
                }
            } catch {
                note(Finding(.ioError, path: "records/\([UInt8(shard)].hex)", detail: "\(error)"))
            }
        }
    }

    /// The projects among these that the index does not know.
    private func unknown(_ names: [ProjectName]) -> [ProjectName] {
        names.filter { name in
            guard let key = try? ProjectKey(name) else { return false }
            return !isThere(key, in: Tables.projects)
        }
    }

    /// A project's row against its record, and the record against the objects (I2).
    private func check(_ row: ProjectRow, under key: ProjectKey) {
        let path = Self.path(ofRecord: row.name)
        if (try? ProjectKey(row.name)) != key {
            let detail = "the row of \(row.name) lies under the key of another project; \(Finding.rebuildAdvice)"
            return note(Finding(.indexCorrupt, path: "index", project: row.name, detail: detail))
        }
        switch reading(of: row, path) {
        case .none: return
        case .wrong(let finding): if isFirstTold(recordOf: key) { note(row, key, finding) }
        case .unindexed(_, let finding): noteUnlessCommitting(row, key, finding)
        case .indexed(let record):
            if record.counts != row.files {
                let detail = "the index counts other files than the record has; \(Finding.rebuildAdvice)"
                note(row, key, Finding(.indexDangling, path: path, detail: detail))
            }
            check(record, of: row, key, path)
        }
    }

    /// The record of a project.
    enum RecordReading {
        /// There is none, and none is expected.
        case none
        /// It is the one that the index knows.
        case indexed(ProjectRecord)
        /// The index knows another one, as while a group is on its way.
        case unindexed(ProjectRecord, Finding)
        /// It cannot be used.
        case wrong(Finding)
    }

    /// Reads the record of a project for a mode that is not about records.
    ///
    /// One that cannot be used is a finding all the same, since what it lists is not checked: no other mode may have
    /// looked, or it could be read then.
    func reading(of project: ProjectName, _ key: ProjectKey) -> RecordReading {
        guard let row = currentRow(of: key, in: Tables.projects) else { return .none }
        let reading = reading(of: row, Self.path(ofRecord: row.name))
        switch reading {
        // One that the index does not know yet is for the mode that looks at the index.
        case .none, .indexed, .unindexed: break
        case .wrong(let finding): if isFirstTold(recordOf: key) { note(row, key, finding) }
        }
        return reading
    }

    private func reading(of row: ProjectRow, _ path: String) -> RecordReading {
        guard let expected = row.record else { return .none }
        do throws(RecordStoreError) {
            guard let (record, digest) = try mirror.records.read(row.name) else {
                return .wrong(Finding(.recordCorrupt, path: path, detail: "the record is gone"))
            }
            if digest == expected { return .indexed(record) }
            let detail = "the index knows a record with the digest \(expected), the record has \(digest)"
            return .unindexed(record, Finding(.indexDangling, path: path, detail: detail))
        } catch {
            switch error {
            case .damaged(_, let cause): return .wrong(Finding(.recordCorrupt, path: path, detail: "\(cause)"))
            case .file, .digest: return .wrong(Finding(.ioError, path: path, detail: "\(error)"))
            }
        }
    }

    private static func path(ofRecord name: ProjectName) -> String {
        "records/\((try? SHA256Digest.hash(name.normalized.utf8))?.hex.prefix(2) ?? "")/\(name).json"
    }

    /// The objects that a record says are here (I2), and that the index knows of the project.
    private func check(_ record: ProjectRecord, of row: ProjectRow, _ key: ProjectKey, _ path: String) {
        for file in record.files {
            for object in file.heldObjects {
                let problem: String
                do throws(CatalogError) {
                    let (owner, isReferred) = try mirror.catalog.read { catalog throws(CatalogError) in
                        let owner = try catalog.row(of: object, in: Tables.objects)?.project
                        let reference = ReferenceKey(object: object, project: key)
                        return (owner, try catalog.contains(reference, in: Tables.references))
                    }
                    if owner == nil {
                        problem = "the record says that it is here, the index does not know it"
                    } else if owner != key, !isReferred {
                        problem = "the index does not know that the project refers to it"
                    } else {
                        continue
                    }
                } catch {
                    self.note(error)
                    continue
                }
                note(
                    row,
                    key,
                    Finding(.indexDangling, object: object, path: path, file: file.filename, detail: problem)
                )
            }
        }
    }

    /// Notes what is wrong with a project, unless its row is another one by now because a sync is at work.
    private func note(_ row: ProjectRow, _ key: ProjectKey, _ finding: Finding) {
        guard isStill(key, in: Tables.projects, { $0 == row }) else { return }
        var finding = finding
        finding.project = row.name
        note(finding)
    }

    /// The same for what a group that is on its way makes look wrong: records get their places before their rows.
    private func noteUnlessCommitting(_ row: ProjectRow, _ key: ProjectKey, _ finding: Finding) {
        do throws(FileError) {
            try betweenCommits { if !isBeingPlaced(row.name) { note(row, key, finding) } }
        } catch {
            // Without the lock nothing is at work here that could change anything.
            note(row, key, finding)
        }
    }

    /// Whether a commit that was cut off left the record of a project for the next command to take up.
    private func isBeingPlaced(_ name: ProjectName) -> Bool {
        (try? mirror.placement.names())?.contains(name) ?? false
    }
}
