internal import Catalog
internal import Digest
internal import FileIO
internal import Packaging
internal import Publication
internal import Record
internal import Scheduling
internal import SystemPackage

extension Collector {
    /// Gathers what must be kept of a range; `nil` when that cannot be told, which is a failure in the report.
    func gather(_ range: ClosedRange<UInt8>) async throws(MirrorError) -> Roots? {
        let roots = Locked(Roots(range))
        let indexed = Locked(0)
        let live: Slot?
        do throws(PublicationError) {
            live = try mirror.publisher.slots.live()
        } catch {
            throw .publication(error)
        }
        for shard in UInt8.min...UInt8.max {
            if Task.isCancelled { return nil }
            tell(.records, share: Double(shard) / 256)
            let found = try await mirror.workers.runWrapping { [mirror] in try mirror.records.names(inShard: shard) }
            for stranger in found.strangers {
                refuse("\(stranger): this is no record, and it cannot be told what it keeps; move it away")
            }
            for start in stride(from: 0, to: found.names.count, by: 128) {
                let batch = Array(found.names[start..<min(start + 128, found.names.count)])
                await mirror.workers.forEach(count: batch.count) { index in
                    var own = Roots(range)
                    do {
                        if try add(batch[index], live, to: &own) { indexed.withLock { $0 += 1 } }
                        roots.withLock { $0.formUnion(own) }
                    } catch {
                        refuse("\(error)", project: batch[index])
                    }
                }
            }
        }
        let isAll = indexed.withLock { $0 }
        try await mirror.workers.runWrapping { try checkRecords(isAll) }
        let whole = try await mirror.workers.runWrapping { () throws -> Roots in
            var all = roots.withLock { $0 }
            do {
                try addSlots(live, to: &all)
                for source in sources { try source.add(to: &all) }
            } catch {
                refuse("\(error)")
            }
            all.seal()
            return all
        }
        return isRefused ? nil : whole
    }

    /// Adds what a record, its page, and the page that readers see refer to.
    ///
    /// - Parameters:
    ///   - name: The project.
    ///   - live: The slot that readers see.
    ///   - roots: What is kept.
    /// - Returns: Whether the index knows a record of the project.
    /// - Throws: What keeps the record or the page from being read.
    private func add(_ name: ProjectName, _ live: Slot?, to roots: inout Roots) throws -> Bool {
        guard let (record, digest) = try mirror.records.read(name) else {
            throw MirrorError.damaged(try mirror.records.path(of: name), "the record lies in the wrong directory")
        }
        let key = try ProjectKey(name)
        let (row, published, isUnpublished) = try mirror.catalog.read { catalog throws(CatalogError) in
            (
                try catalog.row(of: key, in: Tables.projects), try catalog.row(of: key, in: Tables.published),
                try catalog.contains(key, in: Tables.unpublished)
            )
        }
        // What a record says that the index does not know is of a commit that was cut off: all of it is kept.
        let isKnown = row?.record == digest
        for file in record.files where !isKnown || record.removal == nil && file.isKept {
            for object in file.objects { roots.hold(object) }
        }
        try roots.hold(pageOf: record)
        if let live, let shown = try mirror.publisher.slots.view(of: name, in: live) {
            // Where readers see what the record says, the page need not be read.
            if !isKnown || isUnpublished || published?.view != shown { try add(shown, of: name, to: &roots) }
        }
        return row?.record != nil
    }

    /// Adds what a page that readers see lists.
    private func add(_ view: ViewID, of name: ProjectName, to roots: inout Roots) throws {
        let views = mirror.publisher.views
        guard let files = try views.files(view, of: name) else {
            throw MirrorError.damaged(
                views.path(of: view),
                "the page cannot be read, and it cannot be told what it lists"
            )
        }
        try roots.hold(files)
    }

    /// Adds the views of both slots and of the index, and what readers see of projects without a record.
    private func addSlots(_ live: Slot?, to roots: inout Roots) throws {
        for slot in Slot.allCases {
            for name in try mirror.publisher.slots.projectNames(in: slot) {
                guard let view = try mirror.publisher.slots.view(of: name, in: slot) else { continue }
                roots.hold(view)
                guard slot == live else { continue }
                let key = try ProjectKey(name)
                let row = try mirror.catalog.read { catalog throws(CatalogError) in
                    try catalog.row(of: key, in: Tables.projects)
                }
                if row?.record == nil { try add(view, of: name, to: &roots) }
            }
        }
        var views: [ViewID] = []
        try mirror.catalog.read { catalog throws(CatalogError) in
            try catalog.forEach(in: Tables.published) { _, row throws(CatalogError) in
                views.append(row.view)
                return true
            }
        }
        for view in views { roots.hold(view) }
    }

    /// Refuses to go on when records are gone that the index knows.
    private func checkRecords(_ found: Int) throws {
        var expected = 0
        var names: [ProjectName] = []
        try mirror.catalog.read { catalog throws(CatalogError) in
            try catalog.forEach(in: Tables.projects) { _, row throws(CatalogError) in
                guard row.record != nil else { return true }
                expected += 1
                return true
            }
            guard expected != found, !isRefused else { return }
            try catalog.forEach(in: Tables.projects) { _, row throws(CatalogError) in
                if row.record != nil { names.append(row.name) }
                return true
            }
        }
        for name in names where try !mirror.fileSystem.exists(try mirror.records.path(of: name)) {
            refuse("its record is gone, and it cannot be told what it keeps", project: name)
        }
    }
}
