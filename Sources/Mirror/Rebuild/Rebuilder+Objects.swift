internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Scheduling
internal import SystemPackage

extension Rebuilder {
    /// Enters every object by its name and size, without an owner.
    func takeObjects() async throws(MirrorError) {
        let batchSize = 8_192
        var waiting: [(digest: SHA256Digest, row: ObjectRow)] = []
        for prefix in UInt8.min...UInt8.max {
            if Task.isCancelled { return }
            tell(.objects, share: Double(prefix) / 256)
            let entries = try await scan(prefix)
            progress.update { progress in
                progress.report.objects += entries.count
                progress.report.bytes += entries.reduce(0) { $0 + $1.row.size }
            }
            waiting += entries
            // A small store makes one transaction, not one for each of its directories.
            guard waiting.count >= batchSize || prefix == .max else { continue }
            for start in stride(from: 0, to: waiting.count, by: batchSize) {
                let batch = waiting[start..<min(start + batchSize, waiting.count)]
                try await write { catalog throws(CatalogError) in
                    for (digest, row) in batch { try catalog.put(row, under: digest, in: Tables.objects) }
                }
            }
            waiting = []
        }
    }

    /// The rows of the objects below a directory of the first level, in the order of their digests.
    private func scan(_ prefix: UInt8) async throws(MirrorError) -> [(digest: SHA256Digest, row: ObjectRow)] {
        let entries = Locked<[(digest: SHA256Digest, row: ObjectRow)]>([])
        let shards = try await workers.runWrapping { [objects] in try objects.shards(below: prefix).shards }
        let slices = min(shards.count, 16)
        let time = now()
        try await workers.forEach(count: slices) { slice throws(MirrorError) in
            do {
                var hasher = try ObjectHasher()
                for index in stride(from: slice, to: shards.count, by: slices) {
                    for entry in try objects.scan(shard: shards[index]).objects {
                        if interruption.isRequested { return }
                        guard let row = row(of: entry, time, &hasher) else { continue }
                        entries.withLock { $0.append((entry.digest, row)) }
                    }
                }
            } catch {
                throw MirrorError(wrapping: error)
            }
        }
        return entries.withLock { $0.sorted { $0.digest < $1.digest } }
    }

    /// The row of a file; `nil` when it was hashed and is damaged.
    private func row(of entry: ShardScan.Entry, _ time: Int64, _ hasher: inout ObjectHasher) -> ObjectRow? {
        var row = ObjectRow(size: entry.size, storedAt: min(entry.modificationTime, time), project: .nobody)
        if isRehashing {
            guard let isRight = isRight(entry.digest, of: entry.size, with: &hasher) else { return nil }
            if isRight { row.verifiedAt = time }
        }
        return row
    }

    /// Hashes the objects that no record speaks of, and leaves out those that have other bytes than their names say.
    ///
    /// They are what upstream replaced, or what a crash left: their size is told nowhere.
    func hashUnowned() async throws(MirrorError) {
        var last: SHA256Digest?
        while !Task.isCancelled {
            let start = last
            let (batch, end) = try await unowned(after: start)
            guard let end else { return }
            last = end
            tell(.leftovers, share: Double(end.bytes[0]) / 256)
            guard !batch.isEmpty, !isRehashing else { continue }
            let wrong = Locked<[(digest: SHA256Digest, size: UInt64)]>([])
            let slices = min(batch.count, 16)
            do throws(DigestError) {
                try await workers.forEach(count: slices) { slice throws(DigestError) in
                    var hasher = try ObjectHasher()
                    for index in stride(from: slice, to: batch.count, by: slices) {
                        if interruption.isRequested { return }
                        let (digest, size) = batch[index]
                        if isRight(digest, of: size, with: &hasher) == nil {
                            wrong.withLock { $0.append((digest, size)) }
                        }
                    }
                }
            } catch {
                throw .library("\(error)")
            }
            try await leaveOut(wrong.withLock { $0 })
        }
    }

    /// Takes objects out of the new index; their files stay.
    func leaveOut(_ objects: [(digest: SHA256Digest, size: UInt64)]) async throws(MirrorError) {
        guard !objects.isEmpty else { return }
        try await write { catalog throws(CatalogError) in
            for object in objects { try catalog.remove(object.digest, in: Tables.objects) }
        }
        progress.update { progress in
            progress.report.objects -= objects.count
            progress.report.bytes -= objects.reduce(0) { $0 + $1.size }
        }
    }

    /// Some of the objects without owner, and the last object that was looked at.
    private func unowned(
        after start: SHA256Digest?
    ) async throws(MirrorError) -> (batch: [(digest: SHA256Digest, size: UInt64)], last: SHA256Digest?) {
        do throws(CatalogError) {
            return try await workers.run { () throws(CatalogError) in
                try catalog.read { catalog throws(CatalogError) in
                    var batch: [(digest: SHA256Digest, size: UInt64)] = []
                    var last: SHA256Digest?
                    var count = 0
                    try catalog.forEach(in: Tables.objects, from: start) { digest, row throws(CatalogError) in
                        if digest == start { return true }
                        last = digest
                        count += 1
                        if row.project == .nobody { batch.append((digest, row.size)) }
                        return batch.count < Self.transactionSize && count < 100_000
                    }
                    return (batch, last)
                }
            }
        } catch {
            throw .catalog(error)
        }
    }

    /// Hashes an object, and reports what is wrong.
    ///
    /// - Returns: Whether it is right: false when it could not be read, which says nothing; `nil` when it is damaged.
    private func isRight(_ digest: SHA256Digest, of size: UInt64, with hasher: inout ObjectHasher) -> Bool? {
        let path = "objects/" + ObjectStore.relativePath(of: digest)
        switch condition(of: digest, size, with: &hasher) {
        case .right: return true
        case .interrupted: return false
        case .unreadable(let problem):
            note(Failure(project: nil, reason: "\(path) could not be checked: \(problem)", attempts: 0))
            return false
        case .damaged(let problem):
            note(Failure(project: nil, reason: "\(path): \(problem); left out of the index", attempts: 0))
            return nil
        }
    }

    /// What hashing an object told.
    enum Condition {
        /// It has the bytes that its name says.
        case right
        /// It has others.
        case damaged(String)
        /// It could not be read, which says nothing of its bytes.
        case unreadable(String)
        /// The rebuild was interrupted before it was known.
        case interrupted
    }

    /// Hashes an object.
    func condition(of digest: SHA256Digest, _ size: UInt64, with hasher: inout ObjectHasher) -> Condition {
        do throws(ObjectError) {
            let found = try objects.rehash(digest, expecting: size, with: &hasher) { _ in !interruption.isRequested }
            guard let found else { return .interrupted }
            progress.update {
                $0.report.hashedObjects += 1
                $0.report.hashedBytes += found.size
            }
            if found.digest == digest { return .right }
            return .damaged("its \(found.size) bytes have the digest \(found.digest)")
        } catch {
            return .unreadable("\(error)")
        }
    }
}
