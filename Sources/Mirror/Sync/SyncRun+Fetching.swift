internal import Configuration
internal import Packaging
internal import Scheduling

extension SyncRun {
    /// Brings all projects of a plan up to date, many at once, and those of each upstream beside those of the others.
    ///
    /// Projects that the root list names no more are asked for directly, unless they are so many that the guard would
    /// keep them anyway. An upstream of which nothing can be had ends its own part: its projects are reported.
    func fetchAll(_ plan: SyncPlan, limit: RemovalGuard, progress: SyncProgress) async throws(MirrorError) {
        var due = plan.due
        if options.acceptsRemovals || plan.missing.count <= limit.projects {
            due += plan.missing.map { SyncPlan.Due(name: $0, isMissing: true) }
        } else {
            for name in plan.missing { removals.note(project: name) }
        }
        let parts = Dictionary(grouping: due) { mirror.claims.claim(of: $0.name)?.upstream }
        for project in parts[nil] ?? [] {
            tally.add(
                Failure(project: project.name, reason: "no [[upstream]] claims it; asked for nowhere", attempts: 0)
            )
        }
        do {
            try await withThrowingDiscardingTaskGroup { group in
                for (index, source) in sources.enumerated() {
                    guard let due = parts[index] else { continue }
                    group.addTask { [self] in try await fetch(due, from: source, progress) }
                }
            }
        } catch {
            throw MirrorError(wrapping: error)
        }
    }

    /// Brings projects of one upstream up to date.
    private func fetch(
        _ due: [SyncPlan.Due],
        from source: SyncSource,
        _ progress: SyncProgress
    ) async throws(MirrorError) {
        let settled = Locked<Set<ProjectName>>([])
        do {
            try await withThrowingDiscardingTaskGroup { group in
                for project in due {
                    await source.pageBudget.acquire()
                    await projectBudget.acquire()
                    // A child that threw has cancelled the group; the rest is not begun.
                    if Task.isCancelled || group.isCancelled {
                        projectBudget.release()
                        source.pageBudget.release()
                        break
                    }
                    group.addTask { [self] in
                        defer {
                            projectBudget.release()
                            progress.update { $0.projects.done += 1 }
                        }
                        let sync = ProjectSync(run: self, source: source, due: project)
                        try await sync.perform { source.pageBudget.release() }
                        if !Task.isCancelled { settled.withLock { _ = $0.insert(project.name) } }
                    }
                }
            }
        } catch {
            let error = MirrorError(wrapping: error)
            guard case .unreachable(let reason) = error else { throw error }
            if Task.isCancelled { return }
            source.note(outage: reason)
            // One may have told of its failure, and have been cancelled before it was settled.
            let settled = settled.withLock { $0 }.union(tally.report.failures.compactMap(\.project))
            for project in due where !settled.contains(project.name) {
                report(unasked: project.name, at: source, reason)
            }
        }
    }

    /// Reports a project for which its upstream was not asked any more, and why.
    func report(unasked name: ProjectName, at source: SyncSource, _ reason: String) {
        let url = source.upstream.pageURL(of: name)
        tally.add(Failure(project: name, url: url, reason: "\(reason); kept what was here"))
        tally.addFailed()
    }

    /// Refuses to go on with a run in which nothing answered.
    ///
    /// - Parameters:
    ///   - plan: What was asked for.
    ///   - isInterrupted: Whether the run was stopped.
    /// - Throws: ``MirrorError/unreachable(_:)``.
    func checkAnswers(_ plan: SyncPlan, isInterrupted: Bool) throws(MirrorError) {
        guard !isInterrupted, !sources.contains(where: \.hasUsableAnswer) else { return }
        if let unreachable { throw unreachable }
        guard !plan.due.isEmpty, let failure = tally.report.failures.first(where: { $0.attempts > 0 }) else { return }
        throw .unreachable("\(failure.reason); nothing was changed")
    }
}
