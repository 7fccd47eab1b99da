internal import Catalog
internal import Digest
internal import Packaging
internal import Publication
internal import Record
internal import Scheduling
internal import Selection
internal import SimpleIndex

/// Records of projects of which something is blocked, and what takes the place of those that cannot be read.
extension PolicyEnforcement {
    /// The projects on the pages of which something may be blocked, those included of which only the tree tells.
    func affected() async throws(MirrorError) -> [ProjectRow] {
        let selection = selection
        let digests = selection.files.blocks.digests.compactMap { SHA256Digest(hex: $0) }
        return try await mirror.read { catalog throws(CatalogError) in
            // Files with a digest are found by their objects: what has none is on no page, or had on demand.
            var holders: Set<ProjectKey> = []
            for digest in digests {
                let row = try catalog.row(of: digest, in: Tables.objects)
                holders.formUnion(try catalog.projects(referringTo: digest, row))
            }
            var rows: [ProjectRow] = []
            try catalog.forEach(in: Tables.projects) { key, row throws(CatalogError) in
                let mayBeBlocked = !digests.isEmpty && row.files.known > 0
                guard row.state != .unseen,
                    mayBeBlocked || holders.contains(key) || selection.mayBlock(row.name)
                else { return true }
                rows.append(row)
                return true
            }
            // After a rebuild, what had a damaged record is published and nothing else.
            try catalog.forEach(in: Tables.published) { key, row throws(CatalogError) in
                guard row.isListed, !digests.isEmpty || selection.mayBlock(row.name) else { return true }
                let known = try catalog.row(of: key, in: Tables.projects)
                if (known?.state ?? .unseen) == .unseen { rows.append(known ?? ProjectRow(name: row.name)) }
                return true
            }
            return rows
        }
    }

    /// Takes off what is blocked of one project.
    func enforce(
        _ row: ProjectRow,
        _ committer: GroupCommit,
        _ enforced: inout EnforcedPolicy
    ) async throws(MirrorError) {
        let isBlocked = selection.projects.blocks(row.name)
        var row = row
        var record: ProjectRecord
        if let known = try await readRecord(of: row) {
            record = known
        } else if row.state == .removed {
            return
        } else if let remains = try await remains(of: row.name) {
            record = remains
            row.state = .active
            row.isIncomplete = true
            row.etag = nil
            if !isBlocked { enforced.emptied.append(row.name) }
        } else {
            return
        }
        enforced.links += record.blockedLinks(by: selection)
        // What was taken off lists nothing already.
        if row.state == .removed { return }
        let isTakenOff = record.takeOff(by: selection, at: mirror.now())
        if record.removal == nil {
            guard isTakenOff || enforced.emptied.last == row.name else { return }
        } else {
            row.state = .removed
            row.isIncomplete = false
            row.etag = nil
        }
        row.files = record.counts
        row.nextRelease = record.nextRelease
        // Decided by no selection: a block that is lifted before a sync saw it leaves the project due all the same.
        row.selection = record.removal == nil ? 0 : ProjectRow.blockedSelection
        try await mirror.submit(record, row: row, under: try mirror.key(of: row.name), to: committer)
        enforced.changed.append(row.name)
    }

    /// The record of a project; `nil` when there is none that can be read.
    func readRecord(of row: ProjectRow) async throws(MirrorError) -> ProjectRecord? {
        let mirror = mirror
        return try await mirror.workers.runWrapping { () throws -> ProjectRecord? in
            do {
                return try mirror.knownRecord(of: row)?.record
            } catch let error as RecordStoreError {
                guard case .damaged = error else { throw error }
                return nil
            }
        }
    }

    /// What takes the place of a record that cannot be read, so that what is blocked does not stay on the pages.
    ///
    /// It holds what readers see and the policy blocks, and nothing else: the next sync makes the record anew.
    ///
    /// - Returns: The record; `nil` when what readers see of the project has nothing that is blocked.
    private func remains(of name: ProjectName) async throws(MirrorError) -> ProjectRecord? {
        var record = newRecord(of: name)
        let isBlocked = selection.projects.blocks(name)
        guard let shown = try await shownFiles(of: name) else { return record }
        for file in shown {
            let seen = PageFile(shown: file, on: record.page)
            var kept = FileRecord(seen, firstSeen: record.firstSeen)
            kept.path = file.path
            for kind in CompanionKind.allCases { kept[kind].object = file.object(of: kind) }
            if let (reason, _) = selection.files.block(seen, of: name) {
                kept.state = .excluded(rule: reason)
            } else if isBlocked {
                kept.state = .removed(at: record.firstSeen)
            } else {
                continue
            }
            record.files.append(kept)
        }
        record.files.sort { $0.filename.utf8.lexicographicallyPrecedes($1.filename.utf8) }
        return isBlocked || !record.files.isEmpty ? record : nil
    }

    /// The files on the pages of a project that readers see or are about to; `nil` when a page cannot be read.
    private func shownFiles(of name: ProjectName) async throws(MirrorError) -> [PublishedFile]? {
        let mirror = mirror
        return try await mirror.workers.runWrapping { () throws -> [PublishedFile]? in
            let key = try ProjectKey(name)
            var views: [ViewID] = []
            let slots = mirror.publisher.slots
            if let live = try slots.live(), let view = try slots.view(of: name, in: live) { views.append(view) }
            let next = try mirror.catalog.read { catalog throws(CatalogError) in
                try catalog.row(of: key, in: Tables.published)?.view
            }
            if let next, !views.contains(next) { views.append(next) }
            var files: [String: PublishedFile] = [:]
            for view in views {
                guard let found = try mirror.publisher.views.files(view, of: name) else { return nil }
                for file in found { files[file.filename] = files[file.filename] ?? file }
            }
            return Array(files.values)
        }
    }

    func newRecord(of name: ProjectName) -> ProjectRecord {
        ProjectRecord(name: name, page: mirror.pageURL(of: name), firstSeen: mirror.now())
    }
}

extension MirrorSelection {
    /// Whether something of a project may be blocked, digests aside.
    fileprivate func mayBlock(_ name: ProjectName) -> Bool {
        projects.blocks(name) || files.blocks.concernReleases(of: name)
    }
}
