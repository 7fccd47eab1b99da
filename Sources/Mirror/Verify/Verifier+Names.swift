internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Scheduling
internal import SystemPackage

extension Verifier {
    /// Names, sizes and permissions of objects against the index, and the other way round.
    ///
    /// - Parameter projects: The projects whose objects to look at; `nil` for everything.
    /// - Throws: ``MirrorError`` when the disk fails.
    func checkNames(of projects: [ProjectScope]?) async throws(MirrorError) {
        progress.begin(.names, items: objectCount())
        try await forEachObject(
            of: projects,
            inPieces: { batch throws(MirrorError) in
                await mirror.workers.forEach(count: batch.count) { compare(batch[$0].key, with: batch[$0].row) }
                update { $0.checkedObjects += batch.count }
                progress.update { $0.items.done += batch.count }
            }
        )
        guard projects == nil else { return }
        await mirror.workers.run { findStrays(in: "objects", .orphan, "it is no folder of objects") }
        await mirror.workers.forEach(count: 256) { findOrphans(below: UInt8($0)) }
    }

    /// Finds what lies in a directory of ours and is none of the 256 directories that it should hold.
    func findStrays(in directory: String, _ kind: Finding.Class, _ detail: String) {
        do throws(FileError) {
            for entry in try mirror.fileSystem.list(mirror.path.appending(directory)) {
                let byte = [UInt8](hex: entry.name)
                if entry.kind == .directory, let byte, byte.count == 1, byte.hex == entry.name { continue }
                note(Finding(kind, path: "\(directory)/\(entry.name)", detail: detail))
            }
        } catch  where error.isMissing {
            // What should be there is told by those who look for it.
        } catch {
            note(Finding(.ioError, path: directory, detail: "\(error)"))
        }
    }

    /// The number of objects, as far as the index can tell.
    private func objectCount() -> Int {
        let count = try? mirror.catalog.read { catalog throws(CatalogError) in try catalog.count(of: Tables.objects) }
        return count ?? 0
    }

    private func compare(_ digest: SHA256Digest, with row: ObjectRow) {
        let path = "objects/" + ObjectStore.relativePath(of: digest)
        do throws(FileError) {
            guard let status = try mirror.objects.status(of: digest) else {
                return note(.missing, digest, row, path, "the index knows \(row.size) bytes, there is no file")
            }
            if status.size != row.size {
                let detail = "\(row.size) bytes are expected, \(status.size) are there"
                note(status.size < row.size ? .short : .long, digest, row, path, detail)
            }
            if status.permissions != ObjectStore.permissions {
                let mode = String(status.permissions.rawValue, radix: 8)
                note(.badMode, digest, row, path, "the mode is 0\(mode), and should be 0444")
            }
        } catch {
            note(.ioError, digest, row, path, "\(error)")
        }
    }

    /// Notes what is wrong with an object, unless the index does not know it any more or knows another one by now.
    func note(
        _ kind: Finding.Class,
        _ digest: SHA256Digest,
        _ row: ObjectRow,
        _ path: String,
        _ detail: String
    ) {
        guard
            isStill(
                digest,
                in: Tables.objects,
                { now in now?.size == row.size && now?.storedAt == row.storedAt }
            )
        else { return }
        let owner = owner(of: digest, row)
        note(Finding(kind, object: digest, path: path, project: owner?.project, file: owner?.file, detail: detail))
    }

    /// Finds files among the objects that the index does not know.
    private func findOrphans(below prefix: UInt8) {
        do {
            let (shards, strangers) = try mirror.objects.shards(below: prefix)
            noteStrangers(strangers)
            for shard in shards {
                if limits.isOver { return }
                let scan = try mirror.objects.scan(shard: shard)
                noteStrangers(scan.strangers)
                let unknown = { (entries: [ShardScan.Entry]) in
                    entries.filter { !isThere($0.digest, in: Tables.objects) }
                }
                var orphans = unknown(scan.objects)
                // A group gets its objects a moment before its rows, and what is removed loses its row first.
                if !orphans.isEmpty {
                    orphans = try betweenCommits {
                        unknown(orphans).filter { (try? mirror.objects.status(of: $0.digest)) != nil }
                    }
                }
                for orphan in orphans {
                    let path = "objects/" + ObjectStore.relativePath(of: orphan.digest)
                    let detail = "\(orphan.size) bytes that the index does not know"
                    note(Finding(.orphan, object: orphan.digest, path: path, detail: detail))
                }
            }
        } catch {
            note(Finding(.ioError, path: "objects/\([prefix].hex)", detail: "\(error)"))
        }
    }

    private func noteStrangers(_ paths: [String]) {
        for path in paths { note(Finding(.orphan, path: "objects/\(path)", detail: "it is no object")) }
    }
}
