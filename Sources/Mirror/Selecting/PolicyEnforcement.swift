internal import Catalog
internal import Packaging
internal import Record
internal import Scheduling
internal import Selection

/// What became of projects when the policy was applied to their records.
struct EnforcedPolicy: Sendable {
    /// Those whose pages change, in the order of their names.
    var changed: [ProjectName] = []
    /// Those of which something may be blocked.
    var concerned: Set<ProjectName> = []
}

/// Takes off the pages what the policy blocks, without asking anybody.
///
/// Whatever the network does, so that a project that is known to be bad is gone with the next publication. Runs when the
/// policy is another than the one that readers see applied, which the index remembers; a block that is lifted is the next
/// sync's business.
struct PolicyEnforcement: Sendable {
    let mirror: MirrorRoot
    let selection: MirrorSelection

    /// Applies the policy to records; what readers see changes with the next publication.
    ///
    /// It is applied again, which changes nothing any more, until ``settle(_:failed:)`` notes that readers see it: a
    /// crash, or a run that does not publish, must not leave before readers what is blocked.
    ///
    /// - Returns: What was applied; `nil` when readers see this policy applied.
    /// - Throws: ``MirrorError``.
    func apply() async throws(MirrorError) -> EnforcedPolicy? {
        guard try await isDue() else { return nil }
        let committer = GroupCommit(mirror)
        var enforced = EnforcedPolicy()
        do throws(MirrorError) {
            for row in try await affected() {
                enforced.concerned.insert(row.name)
                if try await enforce(row, committer) { enforced.changed.append(row.name) }
            }
            enforced.changed += try await announceUnknown(committer)
        } catch {
            try? await committer.finish()
            throw error
        }
        try await committer.finish()
        enforced.changed.sort()
        return enforced
    }

    /// Notes that readers see the policy applied, unless they still see old pages of projects that it concerns.
    ///
    /// - Parameters:
    ///   - enforced: What was applied.
    ///   - failed: Projects that keep the pages that they had.
    /// - Throws: ``MirrorError``.
    func settle(_ enforced: EnforcedPolicy, failed: Set<ProjectName>) async throws(MirrorError) {
        guard enforced.concerned.union(enforced.changed).isDisjoint(with: failed) else { return }
        let (catalog, mark) = (mirror.catalog, selection.policyMark)
        try await mirror.workers.runWrapping { () throws -> Void in
            try catalog.write { catalog throws(CatalogError) in
                try catalog.put(MetaRow(mark), under: .policy, in: Tables.meta)
            }
        }
    }

    /// Whether the policy is another than the one that readers see applied.
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
