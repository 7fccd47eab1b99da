internal import Packaging
internal import Scheduling
internal import Selection

extension SyncRun {
    /// The most blocked projects that lists and closures bring up and that get a page in one run.
    private static let announcementLimit = 10_000

    /// Gives projects that patterns block, and that lists or a closure brought up, pages that list nothing.
    ///
    /// Those that are blocked, or asked for, by name have theirs already, but in a dry run.
    func announceBlocked(_ plan: SyncPlan) async throws(MirrorError) {
        var names = Set(plan.lists.flatMap { $0.projects?.blocked ?? [] })
        names.formUnion(barred.withLock { $0 }.filter(selection.projects.blocks))
        if options.isDryRun { names.formUnion(selection.projects.blockedNames) }
        let enforcement = PolicyEnforcement(mirror: mirror, selection: selection)
        let unknown = try await enforcement.unknown(names).map(\.name)
        if unknown.count > Self.announcementLimit {
            tally.add(
                warning: "\(unknown.count) blocked projects have no page yet; each sync gives one to "
                    + "\(Self.announcementLimit) of them, and clients may look for the others elsewhere"
            )
        }
        let announced = Set(unknown.prefix(Self.announcementLimit))
        guard !announced.isEmpty else { return }
        if options.isDryRun {
            for name in announced {
                guard case .blocked(let rule) = selection.projects.standing(of: name) else { continue }
                tally.update { $0.changes.addRemoval(rule.key, files: 0, bytes: 0) }
            }
        } else {
            let changed = try await enforcement.announce(announced, committer)
            tally.update { $0.blockedProjects = Set($0.blockedProjects + changed).sorted() }
        }
    }
}
