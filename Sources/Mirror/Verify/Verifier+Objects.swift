internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Scheduling
internal import SystemPackage

extension Verifier {
    /// Names, sizes and permissions of all objects against the index, and the other way round.
    func checkNames(counting isCounting: Bool) async throws(MirrorError) {
        try await forEachBatch(of: Tables.objects) { batch throws(MirrorError) in
            await mirror.workers.forEach(count: batch.count) { compare(batch[$0].key, with: batch[$0].row) }
            if isCounting { update { $0.checkedObjects += batch.count } }
        }
        await mirror.workers.forEach(count: 256) { findOrphans(below: UInt8($0)) }
    }

    /// The bytes of all objects against their names.
    func checkContent() async throws(MirrorError) {
        try await forEachBatch(of: Tables.objects) { batch throws(MirrorError) in
            let right = Locked<[SHA256Digest]>([])
            let slices = 16
            await mirror.workers.forEach(count: slices) { slice in
                var buffer = [UInt8](repeating: 0, count: 1 << 18)
                for index in stride(from: slice, to: batch.count, by: slices) {
                    if Task.isCancelled { return }
                    guard rehash(batch[index].key, batch[index].row, through: &buffer) else { continue }
                    right.withLock { $0.append(batch[index].key) }
                }
            }
            try await noteVerified(right.withLock { $0.sorted() })
        }
    }

    /// How much was hashed since it was stored, and how long ago.
    func measureCoverage() async throws(MirrorError) {
        let time = mirror.now()
        let counts = Locked((objects: 0, verified: 0, oldest: Int64?.none))
        try await forEachBatch(of: Tables.objects) { batch throws(MirrorError) in
            counts.withLock { counts in
                for (_, row) in batch {
                    counts.objects += 1
                    if row.verifiedAt > 0 { counts.verified += 1 }
                    counts.oldest = max(counts.oldest ?? 0, time - max(row.verifiedAt, row.storedAt))
                }
            }
        }
        let (objects, verified, oldest) = counts.withLock { $0 }
        update { report in
            report.oldestAge = oldest
            report.percent = objects == 0 ? 100 : Double(verified) * 100 / Double(objects)
        }
    }

    private func compare(_ digest: SHA256Digest, with row: ObjectRow) {
        let path = "objects/" + ObjectStore.relativePath(of: digest)
        do throws(FileError) {
            guard let status = try mirror.objects.status(of: digest) else {
                return note(finding(.missing, digest, row, path, "the index knows \(row.size) bytes, there is no file"))
            }
            if status.size != row.size {
                let detail = "\(row.size) bytes are expected, \(status.size) are there"
                note(finding(status.size < row.size ? .short : .long, digest, row, path, detail))
            }
            if status.permissions != ObjectStore.permissions {
                let mode = String(status.permissions.rawValue, radix: 8)
                note(finding(.badMode, digest, row, path, "the mode is 0\(mode), and should be 0444"))
            }
        } catch {
            note(finding(.ioError, digest, row, path, "\(error)"))
        }
    }

    /// Finds files among the objects that the index does not know.
    private func findOrphans(below prefix: UInt8) {
        do {
            let (shards, strangers) = try mirror.objects.shards(below: prefix)
            noteStrangers(strangers)
            for shard in shards {
                if Task.isCancelled { return }
                let scan = try mirror.objects.scan(shard: shard)
                noteStrangers(scan.strangers)
                for entry in scan.objects where try !isKnown(entry.digest) {
                    let path = "objects/" + ObjectStore.relativePath(of: entry.digest)
                    let detail = "\(entry.size) bytes that the index does not know"
                    note(Finding(.orphan, object: entry.digest, path: path, detail: detail))
                }
            }
        } catch {
            note(Finding(.ioError, path: "objects/\([prefix].hex)", detail: "\(error)"))
        }
    }

    private func noteStrangers(_ paths: [String]) {
        for path in paths { note(Finding(.orphan, path: "objects/\(path)", detail: "it is no object")) }
    }

    private func isKnown(_ digest: SHA256Digest) throws(CatalogError) -> Bool {
        try mirror.catalog.read { catalog throws(CatalogError) in
            try catalog.contains(digest, in: Tables.objects)
        }
    }

    /// Hashes an object, twice when it is not what it should be.
    ///
    /// - Returns: Whether it is right.
    private func rehash(_ digest: SHA256Digest, _ row: ObjectRow, through buffer: inout [UInt8]) -> Bool {
        let path = "objects/" + ObjectStore.relativePath(of: digest)
        do throws(ObjectError) {
            var found = try mirror.objects.rehash(digest, through: &buffer)
            update { report in
                report.checkedObjects += 1
                report.checkedBytes += found.size
            }
            // A bit that flipped in memory is no damage of the disk: what is wrong is read a second time.
            if found.digest != digest { found = try mirror.objects.rehash(digest, through: &buffer) }
            if found.digest == digest { return true }
            let kind: Finding.Class =
                found.size < row.size ? .short : found.size > row.size ? .long : .digestMismatch
            note(finding(kind, digest, row, path, "its \(found.size) bytes have the digest \(found.digest)"))
        } catch {
            if case .file(let cause) = error, cause.isMissing {
                note(finding(.missing, digest, row, path, "there is no file"))
            } else {
                note(finding(.ioError, digest, row, path, "\(error)"))
            }
        }
        return false
    }

    /// Tells the index which objects were hashed and right, so that coverage is known.
    private func noteVerified(_ digests: [SHA256Digest]) async throws(MirrorError) {
        guard !digests.isEmpty else { return }
        let time = mirror.now()
        do throws(CatalogError) {
            try await mirror.workers.run { () throws(CatalogError) in
                try mirror.catalog.write { catalog throws(CatalogError) in
                    for digest in digests {
                        guard var row = try catalog.reader.row(of: digest, in: Tables.objects) else { continue }
                        row.verifiedAt = time
                        try catalog.put(row, under: digest, in: Tables.objects)
                    }
                }
            }
        } catch {
            throw .catalog(error)
        }
    }

    private func finding(
        _ kind: Finding.Class,
        _ digest: SHA256Digest,
        _ row: ObjectRow,
        _ path: String,
        _ detail: String
    ) -> Finding {
        let owner = owner(of: digest, row)
        return Finding(
            kind,
            object: digest,
            path: path,
            project: owner?.project,
            file: owner?.file,
            detail: detail
        )
    }
}
