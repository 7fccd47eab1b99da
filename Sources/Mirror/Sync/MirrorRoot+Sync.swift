internal import Catalog
internal import Configuration
internal import FileIO
internal import Glibc
internal import Packaging
internal import Publication
internal import Scheduling
internal import Selection
internal import Transfer

extension MirrorRoot {
    /// Brings the mirror up to date with its upstream and publishes it.
    ///
    /// Pages are asked for in parallel while files of projects whose pages came are downloaded; what is whole is
    /// committed in groups on the way. A failure of a project or a file is in the report and stops nothing else.
    /// When the task is cancelled, what is committed is kept, and the report says `interrupted`.
    ///
    /// - Parameters:
    ///   - options: What to do.
    ///   - progress: Told how far it is.
    /// - Returns: What was done.
    /// - Throws: ``MirrorError`` for what stops the whole run: `locked`, `unreachable`, a full disk.
    package func sync(
        _ options: SyncOptions = SyncOptions(),
        progress: SyncProgress = SyncProgress()
    ) async throws(MirrorError) -> SyncReport {
        let start = ContinuousClock.now
        let lock = options.isBrief ? try await briefLock() : try await lock()
        defer { lock.release() }
        try await checkHasUpstream()
        if !options.isDryRun { try reserve.check(changes: 0) }
        let run = try SyncRun(self, options: options, progress: progress)
        defer { run.upstreams.shutdown() }
        for note in run.selection.notes { run.tally.add(warning: note) }
        if !options.isDryRun { try await enforcePolicy(run, progress) }
        let removable = try await activeCounts()
        let limit = RemovalGuard(
            configuration.removalGuard,
            projects: removable.projects,
            files: removable.files
        )
        let plan = try await run.makePlan(limit: limit)
        try await run.announceBlocked(plan)
        progress.update {
            $0.phase = .fetching
            $0.projects.total = plan.due.count
        }
        let isInterrupted: Bool
        do throws(MirrorError) {
            isInterrupted = try await fetch(plan, run, limit: limit, progress)
        } catch {
            // The lock must not go before the last group is settled.
            try? await run.committer.finish()
            throw error
        }
        if !options.isDryRun, !isInterrupted {
            if options.projects.isEmpty {
                try await run.store(plan)
                try await run.rememberClosure()
            }
            if options.publishes { try await publishWhole(run, progress) }
        }
        await run.discardStagedPages()
        if options.isDryRun { try await foresee(run) }
        var report = try await run.finish(plan, isInterrupted: isInterrupted)
        report.seconds = (ContinuousClock.now - start).inSeconds
        progress.update { $0.phase = .finished }
        // Monitors are told of what somebody asked for.
        if !options.isDryRun, !options.isBrief { try await noteSync(report, serial: plan.serial) }
        return report
    }

    /// Fetches all that a plan says and takes off what is gone.
    ///
    /// - Returns: Whether it was interrupted.
    private func fetch(
        _ plan: SyncPlan,
        _ run: SyncRun,
        limit: RemovalGuard,
        _ progress: SyncProgress
    ) async throws(MirrorError) -> Bool {
        try await run.fetchAll(plan, limit: limit, progress: progress)
        try await run.committer.finish()
        try run.checkAnswers(plan, isInterrupted: Task.isCancelled)
        if !Task.isCancelled { try await run.applyRemovals(limit, plan) }
        try await run.committer.finish()
        return Task.isCancelled
    }

    /// Takes off what the policy blocks, and shows that at once, whatever upstream will answer.
    private func enforcePolicy(_ run: SyncRun, _ progress: SyncProgress) async throws(MirrorError) {
        let enforcement = PolicyEnforcement(mirror: self, selection: run.selection)
        guard let enforced = try await enforcement.apply() else { return }
        run.tally.update { $0.blockedProjects = enforced.changed }
        // This very run asks for them.
        for note in enforced.notes { run.tally.add(warning: "\(note.project): \(note.reason)") }
        guard run.options.publishes else { return }
        if try await heldGeneration() != nil {
            let failed = try await reduceHeld(enforced, by: run.selection, run)
            return try await settle(enforced, enforcement, failed: failed, run)
        }
        // What an earlier run committed and did not publish may be a block too.
        let failed = try await isPublicationBehind() ? try await publish(run, progress) : []
        try await settle(enforced, enforcement, failed: failed, run)
    }

    private func settle(
        _ enforced: EnforcedPolicy,
        _ enforcement: PolicyEnforcement,
        failed: Set<ProjectName>,
        _ run: SyncRun
    ) async throws(MirrorError) {
        for failure in try await enforcement.settle(enforced, failed: failed) { run.tally.addOnce(failure) }
    }

    /// Takes what the policy blocks off the pages that readers see who are held.
    ///
    /// - Returns: The projects whose records cannot be rendered now.
    private func reduceHeld(
        _ enforced: EnforcedPolicy,
        by selection: MirrorSelection,
        _ run: SyncRun
    ) async throws(MirrorError) -> Set<ProjectName> {
        let (_, postponed) = try await reduceHeld(enforced.concerned, by: selection)
        for (name, reason) in postponed { run.tally.addOnce(Failure(project: name, reason: reason)) }
        return Set(postponed.keys)
    }

    /// Publishes what the run brought, without what was blocked meanwhile.
    private func publishWhole(_ run: SyncRun, _ progress: SyncProgress) async throws(MirrorError) {
        let selection = try await newestSelection()
        let enforcement = PolicyEnforcement(mirror: self, selection: selection)
        let enforced = try await enforcement.apply()
        let failed: Set<ProjectName>
        if let held = try await heldGeneration() {
            run.tally.update { $0.held = held }
            failed = if let enforced { try await reduceHeld(enforced, by: selection, run) } else { [] }
        } else {
            failed = try await publish(run, progress)
        }
        guard let enforced else { return }
        run.tally.update { $0.blockedProjects = Set($0.blockedProjects + enforced.changed).sorted() }
        for note in enforced.notes { run.tally.add(warning: "\(note.project): \(note.reason)") }
        try await settle(enforced, enforcement, failed: failed, run)
    }

    private func isPublicationBehind() async throws(MirrorError) -> Bool {
        do throws(PublicationError) {
            return try await publisher.isBehind()
        } catch {
            throw .publication(error)
        }
    }

    /// Publishes what records say.
    ///
    /// - Returns: The projects that keep the pages that they had.
    @discardableResult
    private func publish(
        _ run: SyncRun,
        _ progress: SyncProgress
    ) async throws(MirrorError) -> Set<ProjectName> {
        progress.update { $0.phase = .publishing }
        let failed = Locked<Set<ProjectName>>([])
        do throws(PublicationError) {
            let tally = run.tally
            let (generation, _) = try await publisher.publish { done, total in
                progress.update { $0.views = (total, done) }
            } converting: { conversion in
                progress.update { $0.links = conversion }
                tally.update { $0.links = conversion }
            } problem: { name, error in
                failed.withLock { _ = $0.insert(name) }
                tally.addOnce(Failure(project: name, reason: error.reason))
            }
            run.tally.update { $0.generation = generation }
            for failure in tally.report.links?.failures ?? [] { tally.addOnce(failure) }
        } catch {
            throw .publication(error)
        }
        return failed.withLock { $0 }
    }

    /// The projects that are here, and their files.
    private func activeCounts() async throws(MirrorError) -> (projects: Int, files: Int) {
        let catalog = catalog
        do throws(CatalogError) {
            return try await workers.run { () throws(CatalogError) in
                try catalog.read { catalog throws(CatalogError) in
                    var counts = (projects: 0, files: 0)
                    try catalog.forEach(in: Tables.projects) { _, row throws(CatalogError) in
                        guard row.state == .active else { return true }
                        counts.projects += 1
                        counts.files += Int(row.files.present) + Int(row.files.known)
                        return true
                    }
                    return counts
                }
            }
        } catch {
            throw .catalog(error)
        }
    }
}

extension SyncRun {
    /// The report of a run that came to its end.
    func finish(_ plan: SyncPlan, isInterrupted: Bool) async throws(MirrorError) -> SyncReport {
        var report = tally.report
        rules.note(selection.projects.askedNames.union(barred.withLock { $0 }))
        let (counts, lag, idle) = try await mirror.read { [rules] catalog throws(CatalogError) in
            var counts = FileCounts()
            var lag = 0
            var idle = rules.idleProjects
            try catalog.forEach(in: Tables.projects) { _, row throws(CatalogError) in
                if row.state == .active { idle.note(row.name) }
                if row.isIncomplete { lag += 1 }
                if row.state == .active { counts += row.files }
                return true
            }
            return (counts, lag, idle)
        }
        rules.keep(idle)
        report.isDryRun = options.isDryRun
        if options.projects.isEmpty, !isInterrupted {
            report.warnings += idleRules(plan)
        }
        report.projects.listed = plan.listed
        report.projects.selected = plan.selected
        report.projects.unchanged += plan.unchanged
        report.files.present = Int(counts.present)
        report.files.known = Int(counts.known) + Int(counts.excluded)
        report.files.withheld = Int(counts.withheld)
        report.files.refused = Int(counts.refused)
        report.files.failed = Int(counts.missing)
        report.lag = lag
        report.upstreams = zip(sources, plan.lists).map { source, list in
            SyncReport.Upstream(source.upstream.settings, list)
        }
        let statistics = upstreams.engines.statistics
        report.transfer = statistics
        report.requests = .init(
            metadata: statistics.pages,
            files: statistics.files,
            notModified: statistics.notModified,
            retries: statistics.retries
        )
        report.failures.sort {
            ($0.project?.normalized ?? "", $0.file ?? "") < ($1.project?.normalized ?? "", $1.file ?? "")
        }
        // A file that could not be had for its metadata is asked for once more when its project is brought up to date.
        var listed: (file: String, url: String)?
        report.failures.removeAll { failure in
            guard let file = failure.file, let url = failure.url else { return false }
            defer { listed = (file, url) }
            return listed.map { $0 == (file, url) } ?? false
        }
        report.outcome = isInterrupted ? .interrupted : report.failures.isEmpty ? .complete : .partial
        return report
    }
}

extension SyncRun {
    /// What there is to warn of patterns that matched nothing.
    private func idleRules(_ plan: SyncPlan) -> [String] {
        let hasLists = !plan.lists.isEmpty && plan.lists.allSatisfy { $0.projects != nil }
        let asksNoList = plan.lists.allSatisfy { if case .none = $0 { true } else { false } }
        let isUnknown = mirror.closureSettings != nil && closure.withLock { $0.map { $0.hold != nil } ?? true }
        return rules.warnings(
            selected: plan.selected,
            knowsNames: !isUnknown && (hasLists || !selection.projects.isOpen && asksNoList),
            hasLists: hasLists
        )
    }
}

extension Duration {
    /// The duration in seconds.
    package var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
