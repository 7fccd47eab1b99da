internal import Catalog
internal import Packaging
internal import Scheduling
internal import Selection

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
                try await enforce(row, committer, &enforced)
            }
            enforced.changed += try await announce(selection.projects.blockedNames, committer)
            enforced.retracted = try await announcedOnly()
        } catch {
            try? await committer.finish()
            throw error
        }
        try await committer.finish()
        enforced.changed.sort()
        return enforced
    }

    /// Removes the links of what readers see blocked, and notes that they see the policy applied.
    ///
    /// That is not noted while they still see old pages of projects that it concerns.
    ///
    /// - Parameters:
    ///   - enforced: What was applied.
    ///   - failed: Projects that keep the pages that they had.
    /// - Returns: Why something may still be shown of what is blocked, and what to do.
    /// - Throws: ``MirrorError``.
    func settle(_ enforced: EnforcedPolicy, failed: Set<ProjectName>) async throws(MirrorError) -> [Failure] {
        let (older, damaged) = try await reduceOlderTrees(enforced.concerned, failed)
        try await remove(enforced.links.filter { !failed.contains($0.project) } + older)
        try await retract(enforced.retracted)
        guard damaged.isEmpty else { return damaged }
        guard enforced.concerned.union(enforced.changed).isDisjoint(with: failed) else { return [] }
        let (catalog, mark) = (mirror.catalog, selection.policyMark)
        try await mirror.workers.runWrapping { () throws -> Void in
            try catalog.write { catalog throws(CatalogError) in
                try catalog.put(MetaRow(mark), under: .policy, in: Tables.meta)
            }
        }
        return []
    }

    /// Whether the policy is another than the one that readers see applied.
    private func isDue() async throws(MirrorError) -> Bool {
        let known = try await mirror.read { catalog throws(CatalogError) in
            try catalog.row(of: MetaKey.policy, in: Tables.meta)?.text
        }
        if known == nil, selection.projects.blocked.isEmpty, selection.files.blocks.isEmpty { return false }
        return known != selection.policyMark
    }
}
