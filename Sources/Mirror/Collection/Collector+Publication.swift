internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Packaging
internal import Publication
internal import Record
internal import Scheduling
internal import SystemPackage

extension Collector {
    /// Collects links below `packages/` that no page lists.
    ///
    /// Readers follow the links of a page for some time after they got it, so that a link stays for a day at least,
    /// unless there is no grace at all.
    func collectLinks(_ roots: Roots) async throws(MirrorError) {
        let grace = grace == 0 ? 0 : Self.readersTime
        for prefix in roots.range {
            if Task.isCancelled { return }
            tell(.links, share: Double(prefix) / 256)
            let links = try await mirror.workers.runWrapping { [mirror] in
                try mirror.publisher.links.links(below: prefix).map { link in
                    (key: try PackageLinks.key(of: link.filename, at: link.path.text), link: link)
                }
            }
            let since = try await marks(of: links.map(\.key))
            var marks: [CondemnedKey] = []
            var unmarks: [CondemnedKey] = []
            var removals: [PackageLink] = []
            for (key, link) in links {
                if roots.links.contains(key.name) {
                    guard since[key] != nil else { continue }
                    unmarks.append(key)
                    count(nil) { $0.add(link) }
                    continue
                }
                let verdict = verdict(since: since[key], grace: grace)
                count(verdict) { $0.add(link) }
                switch verdict {
                case .mark: marks.append(key)
                case .wait: break
                case .remove:
                    removals.append(link)
                    if since[key] != nil { unmarks.append(key) }
                    continue
                }
                if let object = link.object { linked.withLock { $0.insert(object) } }
            }
            if isActing {
                let gone = removals
                try await onDisk { [mirror] () throws(FileError) in
                    for link in gone { try mirror.publisher.links.remove(link.filename, at: link.path) }
                }
            }
            try await change(marks: marks, unmarks: unmarks)
        }
        if isActing { try await forgetNames(roots.range) }
    }

    /// Removes rows of names that are gone, once that is durable.
    private func forgetNames(_ range: ClosedRange<UInt8>) async throws(MirrorError) {
        let links = mirror.publisher.links
        let isNone = try await mirror.read { catalog throws(CatalogError) in
            try catalog.count(of: Tables.packages) == 0
        }
        if isNone { return }
        var isSettled = false
        for prefix in range {
            if Task.isCancelled { return }
            let keys = try await mirror.workers.runWrapping { try links.rowsWithoutName(below: prefix) }
            if keys.isEmpty { continue }
            if !isSettled { try await mirror.workers.runWrapping { [mirror] in try mirror.barrier.synchronize() } }
            isSettled = true
            for start in stride(from: 0, to: keys.count, by: Self.transactionSize) {
                let batch = Array(keys[start..<min(start + Self.transactionSize, keys.count)])
                try await write { catalog throws(CatalogError) in try PackageLinks.forget(batch, in: catalog) }
            }
        }
    }

    /// Collects views that no slot and no snapshot shows.
    func collectViews(_ roots: Roots) async throws(MirrorError) {
        let grace = grace == 0 ? 0 : max(grace, Self.readersTime)
        for prefix in UInt8.min...UInt8.max {
            if Task.isCancelled { return }
            tell(.views, share: Double(prefix) / 256)
            let views = try await mirror.workers.runWrapping { [mirror] in
                try mirror.publisher.views.ids(below: [prefix].hex)
            }
            let since = try await marks(of: views.map { CondemnedKey($0) })
            var marks: [CondemnedKey] = []
            var unmarks: [CondemnedKey] = []
            var removals: [ViewID] = []
            for view in views {
                let key = CondemnedKey(view)
                if roots.views.contains(key.name) {
                    guard since[key] != nil else { continue }
                    unmarks.append(key)
                    count(nil) { $0.views += 1 }
                    continue
                }
                let verdict = verdict(since: since[key], grace: grace)
                count(verdict) { $0.views += 1 }
                switch verdict {
                case .mark: marks.append(key)
                case .wait: break
                case .remove: removals.append(view)
                }
            }
            try await change(marks: marks, unmarks: unmarks)
            if isActing { try await remove(removals) }
        }
    }

    /// Removes views, which the index first calls whole no more.
    private func remove(_ views: [ViewID]) async throws(MirrorError) {
        for start in stride(from: 0, to: views.count, by: Self.transactionSize) {
            let batch = views[start..<min(start + Self.transactionSize, views.count)]
            try await write { catalog throws(CatalogError) in
                for view in batch {
                    try catalog.remove(view, in: Tables.views)
                    try catalog.remove(CondemnedKey(view), in: Tables.condemned)
                }
            }
            try await onDisk { [mirror] () throws(FileError) in
                for view in batch { try mirror.publisher.views.remove(view) }
            }
        }
    }

    /// Lets the records of projects that were taken off for longer than the grace say that their files are removed, so
    /// that no record speaks of bytes that may go (I2).
    func settleRemovedProjects() async throws(MirrorError) {
        // A disk without room is what it may be run for.
        let committer = GroupCommit(mirror, isFreeing: true)
        do throws(MirrorError) {
            try await settleRemovedProjects(committer)
        } catch {
            // The lock must not go before the last group is settled.
            try? await committer.finish()
            throw error
        }
        try await committer.finish()
    }

    private func settleRemovedProjects(_ committer: GroupCommit) async throws(MirrorError) {
        var last: ProjectKey?
        while !Task.isCancelled {
            let start = last
            let batch = try await mirror.workers.runWrapping { [mirror] in
                try mirror.catalog.read { catalog throws(CatalogError) in
                    try catalog.rows(in: Tables.projects, from: start, limit: 2_000).filter { $0.key != start }
                }
            }
            guard let end = batch.last else { return }
            last = end.key
            for (key, row) in batch where row.state == .removed && row.record != nil {
                try await settle(row, key, committer)
            }
        }
    }

    private func settle(_ row: ProjectRow, _ key: ProjectKey, _ committer: GroupCommit) async throws(MirrorError) {
        let (mirror, time, grace) = (mirror, time, grace)
        let path = mirror.objects.newStagingPath()
        let changed = try await mirror.workers.runWrapping { () throws -> ProjectRow? in
            guard let found = try mirror.records.read(row.name), found.digest == row.record,
                case var record = found.record,
                let removal = record.removal, time - removal.time >= grace, record.files.contains(where: \.isKept)
            else { return nil }
            record.removeFiles()
            let (bytes, digest) = try record.encoded()
            try mirror.records.stage(bytes, at: path)
            var row = row
            row.files = record.counts
            row.nextRelease = record.nextRelease
            row.record = digest
            return row
        }
        guard let changed else { return }
        let staged = GroupCommit.StagedRecord(path: path, objects: [])
        try await committer.submit(changed, under: key, record: staged) {}
    }
}

extension CollectionReport.Counts {
    /// Counts a name of a package.
    fileprivate mutating func add(_ link: PackageLink) {
        links += 1
        copyBytes += link.copySize
    }
}
