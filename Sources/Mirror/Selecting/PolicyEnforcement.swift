internal import Catalog
internal import Packaging
internal import Record
internal import Scheduling
internal import Selection

/// Takes off the pages what the policy blocks, without asking anybody.
///
/// Whatever the network does, so that a project that is known to be bad is gone with the next publication. Runs when the
/// policy is another than it was, which the index remembers; a block that is lifted is the next sync's business.
struct PolicyEnforcement: Sendable {
    let mirror: MirrorRoot
    let selection: MirrorSelection

    /// Applies the policy.
    ///
    /// - Returns: The projects whose pages change.
    /// - Throws: ``MirrorError``.
    func apply() async throws(MirrorError) -> [ProjectName] {
        guard try await isDue() else { return [] }
        let committer = GroupCommit(mirror)
        var changed: [ProjectName] = []
        do throws(MirrorError) {
            for row in try await affected() where try await enforce(row, committer) { changed.append(row.name) }
            changed += try await announceUnknown(committer)
        } catch {
            try? await committer.finish()
            throw error
        }
        try await committer.finish()
        let (catalog, mark) = (mirror.catalog, selection.policyMark)
        try await mirror.workers.runWrapping { () throws -> Void in
            try catalog.write { catalog throws(CatalogError) in
                try catalog.put(MetaRow(mark), under: .policy, in: Tables.meta)
            }
        }
        return changed.sorted()
    }

    /// Whether the policy is another than the one that was applied last.
    private func isDue() async throws(MirrorError) -> Bool {
        let known = try await mirror.read { catalog throws(CatalogError) in
            try catalog.row(of: MetaKey.policy, in: Tables.meta)?.text
        }
        if known == nil, selection.projects.blocked.isEmpty, selection.files.blocks.isEmpty { return false }
        return known != selection.policyMark
    }

    /// The projects on the pages of which something may be blocked.
    private func affected() async throws(MirrorError) -> [ProjectRow] {
        let selection = selection
        return try await mirror.read { catalog throws(CatalogError) in
            var rows: [ProjectRow] = []
            try catalog.forEach(in: Tables.projects) { _, row throws(CatalogError) in
                if row.state == .active, selection.projects.blocks(row.name) || selection.files.mayBlock(row.name) {
                    rows.append(row)
                }
                return true
            }
            return rows
        }
    }

    /// Takes off what is blocked of one project.
    ///
    /// - Returns: Whether there was anything.
    private func enforce(_ row: ProjectRow, _ committer: GroupCommit) async throws(MirrorError) -> Bool {
        let mirror = mirror
        let known = try await mirror.workers.runWrapping { () throws -> ProjectRecord? in
            do {
                return try mirror.knownRecord(of: row)?.record
            } catch let error as RecordStoreError {
                // What cannot be read is made anew by the next sync, with the policy that is then.
                guard case .damaged = error else { throw error }
                return nil
            }
        }
        let isBlocked = selection.projects.blocks(row.name)
        guard var record = known ?? (isBlocked ? newRecord(of: row.name) : nil) else { return false }
        var row = row
        if isBlocked {
            record.removal = Removal(cause: .policy, time: mirror.now())
            row.state = .removed
            row.isIncomplete = false
            row.etag = nil
        } else {
            guard record.block(by: selection.files) else { return false }
        }
        row.files = record.counts
        row.nextRelease = record.nextRelease
        try await mirror.submit(record, row: row, under: try mirror.key(of: row.name), to: committer)
        return true
    }

    /// Gives projects that are blocked by name and never had a page one that lists nothing, so that clients do not fall
    /// through to another index.
    private func announceUnknown(_ committer: GroupCommit) async throws(MirrorError) -> [ProjectName] {
        var announced: [ProjectName] = []
        for name in selection.projects.blockedNames.sorted() {
            let found = try await mirror.row(of: name)
            guard (found?.state ?? .unseen) == .unseen else { continue }
            var record = newRecord(of: name)
            record.removal = Removal(cause: .policy, time: mirror.now())
            var row = found ?? ProjectRow(name: name)
            row.state = .removed
            row.isIncomplete = false
            try await mirror.submit(record, row: row, under: try mirror.key(of: name), to: committer)
            announced.append(name)
        }
        return announced
    }

    private func newRecord(of name: ProjectName) -> ProjectRecord {
        ProjectRecord(name: name, page: mirror.pageURL(of: name), firstSeen: mirror.now())
    }
}
