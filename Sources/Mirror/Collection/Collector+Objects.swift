internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Packaging
internal import Record
internal import Scheduling
internal import SystemPackage

extension Collector {
    /// An object of the index.
    private typealias Entry = (key: SHA256Digest, row: ObjectRow)

    /// Collects objects that nothing refers to.
    func collectObjects(_ roots: Roots) async throws(MirrorError) {
        var last: SHA256Digest?
        let first = SHA256Digest(bytes: [roots.range.lowerBound] + [UInt8](repeating: 0, count: 31))
        while !Task.isCancelled {
            let start = last
            let batch = try await mirror.workers.runWrapping { [mirror] in
                try mirror.catalog.read { catalog throws(CatalogError) in
                    try catalog.rows(in: Tables.objects, from: start ?? first, limit: 4_096)
                        .filter { $0.key != start && $0.key.bytes[0] <= roots.range.upperBound }
                }
            }
            guard let end = batch.last?.key else { return }
            last = end
            tell(.objects, share: Double(end.bytes[0]) / 256)
            let since = try await marks(of: batch.map { CondemnedKey(.object, $0.key) })
            var marks: [CondemnedKey] = []
            var unmarks: [CondemnedKey] = []
            var removals: [Entry] = []
            for entry in batch {
                let key = CondemnedKey(.object, entry.key)
                if roots.objects.contains(entry.key) {
                    guard since[key] != nil else { continue }
                    unmarks.append(key)
                    count(nil, entry)
                    continue
                }
                var verdict = verdict(since: since[key], grace: grace)
                // A link that somebody may still follow holds its object.
                if verdict == .remove, linked.withLock({ $0.contains(entry.key) }) {
                    verdict = since[key] == nil ? .mark : .wait
                }
                switch verdict {
                case .mark: marks.append(key)
                case .wait: break
                case .remove:
                    removals.append(entry)
                    if isActing { continue }
                }
                count(verdict, entry)
            }
            try await change(marks: marks, unmarks: unmarks)
            guard isActing else { continue }
            for start in stride(from: 0, to: removals.count, by: Self.transactionSize) {
                try await remove(Array(removals[start..<min(start + Self.transactionSize, removals.count)]))
            }
        }
    }

    private func count(_ verdict: Verdict?, _ entry: Entry) {
        let size = entry.row.size
        count(verdict) { counts in
            counts.objects += 1
            counts.bytes += size
        }
    }

    /// Removes objects: first their rows, durably, then their files.
    ///
    /// Whether a record refers to one of them is looked up once more, while no group commit can run.
    private func remove(_ entries: [Entry]) async throws(MirrorError) {
        let mirror = mirror
        let removed = try await mirror.workers.runWrapping { () throws -> [Entry] in
            let lock = try FileLock.ofCommits(mirror.path, fileSystem: mirror.fileSystem)
            let held = try self.held(among: Set(entries.map(\.key)), entries)
            let gone = entries.filter { !held.contains($0.key) }
            try self.settleLinks()
            try mirror.catalog.write { catalog throws(CatalogError) in
                for entry in entries {
                    try catalog.remove(CondemnedKey(.object, entry.key), in: Tables.condemned)
                    if held.contains(entry.key) { continue }
                    try catalog.remove(entry.key, in: Tables.objects)
                    for project in try catalog.reader.others(referringTo: entry.key) {
                        let key = ReferenceKey(object: entry.key, project: project)
                        try catalog.remove(key, in: Tables.references)
                    }
                }
            }
            for entry in gone {
                try mirror.fileSystem.removeIfPresent(mirror.objects.path(of: entry.key))
            }
            withExtendedLifetime(lock) {}
            return gone
        }
        for entry in removed { count(.remove, entry) }
    }

    /// Makes durable that names of links are gone, before their objects are (I3); once is enough.
    private func settleLinks() throws {
        guard !areLinksSettled.withLock({ $0 }) else { return }
        try mirror.barrier.synchronize()
        areLinksSettled.withLock { $0 = true }
    }

    /// Those among some objects that a record says are here.
    private func held(among digests: Set<SHA256Digest>, _ entries: [Entry]) throws -> Set<SHA256Digest> {
        let names = try mirror.catalog.read { catalog throws(CatalogError) in
            var keys: Set<ProjectKey> = []
            for entry in entries {
                keys.formUnion(try catalog.projects(referringTo: entry.key, entry.row))
            }
            var names: [ProjectName] = []
            for key in keys {
                if let row = try catalog.row(of: key, in: Tables.projects) { names.append(row.name) }
            }
            return names
        }
        var held: Set<SHA256Digest> = []
        for name in names {
            guard let (record, _) = try mirror.records.read(name) else { continue }
            held.formUnion(record.objects.filter { digests.contains($0) })
        }
        return held
    }

    /// Collects files among the objects that the index does not know: what a crash left.
    func collectOrphans(_ roots: Roots) async throws(MirrorError) {
        for prefix in roots.range {
            if Task.isCancelled { return }
            tell(.orphans, share: Double(prefix) / 256)
            let orphans = try await findOrphans(prefix)
            let since = try await marks(of: orphans.map { CondemnedKey(.orphan, $0.digest) })
            var marks: [CondemnedKey] = []
            var unmarks: [CondemnedKey] = []
            for orphan in orphans {
                let key = CondemnedKey(.orphan, orphan.digest)
                let size = orphan.size
                // A record that speaks of it may have it back, by a repair or a rebuild.
                if roots.objects.contains(orphan.digest) {
                    if since[key] != nil { unmarks.append(key) }
                    continue
                }
                let verdict = verdict(since: since[key], grace: grace)
                count(verdict) { counts in
                    counts.orphans += 1
                    counts.bytes += size
                }
                switch verdict {
                case .mark: marks.append(key)
                case .wait: break
                case .remove:
                    if since[key] != nil { unmarks.append(key) }
                    if isActing { try await removeOrphan(orphan.digest) }
                }
            }
            try await change(marks: marks, unmarks: unmarks)
        }
    }

    private func findOrphans(_ prefix: UInt8) async throws(MirrorError) -> [ShardScan.Entry] {
        try await mirror.workers.runWrapping { [mirror] in
            var orphans: [ShardScan.Entry] = []
            for shard in try mirror.objects.shards(below: prefix).shards {
                let entries = try mirror.objects.scan(shard: shard).objects
                orphans += try mirror.catalog.read { catalog throws(CatalogError) in
                    var unknown: [ShardScan.Entry] = []
                    for entry in entries where try !catalog.contains(entry.digest, in: Tables.objects) {
                        unknown.append(entry)
                    }
                    return unknown
                }
            }
            return orphans
        }
    }

    private func removeOrphan(_ digest: SHA256Digest) async throws(MirrorError) {
        try await mirror.workers.runWrapping { [mirror] in
            let lock = try FileLock.ofCommits(mirror.path, fileSystem: mirror.fileSystem)
            let isKnown = try mirror.catalog.read { catalog throws(CatalogError) in
                try catalog.contains(digest, in: Tables.objects)
            }
            if !isKnown {
                try self.settleLinks()
                try mirror.fileSystem.removeIfPresent(mirror.objects.path(of: digest))
            }
            withExtendedLifetime(lock) {}
        }
    }
}
