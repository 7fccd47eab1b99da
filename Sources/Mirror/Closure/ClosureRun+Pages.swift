internal import Catalog
internal import Configuration
internal import Packaging
internal import Record
internal import Scheduling
internal import Selection
internal import SimpleIndex

/// Asking for pages of projects.
extension ClosureRun {
    /// What asking for one project found.
    private struct Found: Sendable {
        let name: ProjectName
        var asked: AskedPage?
        /// Its releases; `nil` when it has no page that could be used.
        var releases: [ClosureRelease]?
        var reason = "its page could not be had"
        /// Whether somebody is told elsewhere why it has none, or wanted that.
        var isTold = true
        /// Whether its page lacks what is asked for by name.
        var isUnmet = false
        /// Whether nobody knows them.
        var hasFailed = false
        /// Files that are here, or should be.
        var held: Set<String> = []
        /// Whether it is here and upstream has it no more, which is a matter of the guard.
        var isLeaving = false
        /// How many files are here that upstream lists no more, which is one too.
        var withdrawn = 0
    }

    mutating func askForProjects(_ names: [ProjectName]) async throws(MirrorError) {
        let parts = Dictionary(grouping: names) { mirror.claims.claim(of: $0)?.upstream }
        for name in parts[nil] ?? [] { solver.takeMissing(name, "no [[upstream]] claims it", isTold: true) }
        for (index, source) in run.sources.enumerated() {
            guard let names = parts[index] else { continue }
            // A part at a time, so that what was found does not wait for all the others.
            for start in stride(from: 0, to: names.count, by: 256) {
                if Task.isCancelled { return }
                for found in try await ask(names[start..<min(start + 256, names.count)], source) { take(found) }
            }
        }
    }

    private func ask(
        _ names: ArraySlice<ProjectName>,
        _ source: SyncSource
    ) async throws(MirrorError) -> [Found] {
        do {
            return try await withThrowingTaskGroup(of: Found.self) { group in
                for name in names {
                    await source.pageBudget.acquire()
                    group.addTask { [self] in
                        defer { source.pageBudget.release() }
                        return try await find(name, source)
                    }
                }
                var found: [Found] = []
                for try await one in group { found.append(one) }
                return found
            }
        } catch {
            throw MirrorError(wrapping: error)
        }
    }

    private mutating func take(_ found: Found) {
        if let asked = found.asked { run.asked.withLock { $0[found.name] = asked } }
        if found.hasFailed { isIncomplete = true }
        if found.isLeaving { leaving.insert(found.name) }
        withdrawn += found.withdrawn
        if found.isUnmet { unmet.insert(found.name) }
        if !found.held.isEmpty { held[found.name] = found.held }
        if let releases = found.releases {
            solver.take(releases, of: found.name)
        } else {
            solver.takeMissing(found.name, found.reason, isTold: found.isTold)
        }
    }

    /// Finds the releases of one project.
    private func find(_ name: ProjectName, _ source: SyncSource) async throws(MirrorError) -> Found {
        var found = Found(name: name)
        if let (verb, rule) = stated.projects.barrier(of: name) {
            found.reason = "\(verb) by \(rule)"
            run.barred.withLock { _ = $0.insert(name) }
            return found
        }
        let isDependency = !stated.projects.contains(name)
        let (key, row) = (try mirror.key(of: name), try await mirror.row(of: name))
        var due = SyncPlan.Due(name: name, isDependency: isDependency)
        let before = try await ProjectSync(run: run, source: source, due: due).readBefore()
        var isToAsk = true
        let standing = SyncPlanner.standing(
            of: name,
            row,
            key: key,
            claims: mirror.claims,
            revalidation: run.revalidation,
            lists: lists,
            now: mirror.now()
        )
        switch standing {
        case .due(let asked):
            due = asked
            due.isDependency = isDependency
        // What was known of it is lost where its record cannot be read.
        case .current: isToAsk = before.record == nil
        case .unreached:
            isToAsk = false
            found.hasFailed = true
        }
        let sync = ProjectSync(run: run, source: source, due: due)
        if let record = before.record, row?.state == .active {
            found.held = record.wantedFilenames
        }
        if isToAsk || before.isMoved && !found.hasFailed {
            switch try await ask(sync, before, source) {
            case .page(let page, let refusals, let etag):
                (found.releases, found.isUnmet) = try await judge(page, before.record)
                found.withdrawn = before.withdrawnCount(by: page)
                found.asked = try await run.stage(
                    page,
                    refusals,
                    etag: etag,
                    of: source.upstream.pageURL(of: name)
                )
                return found
            case .unchanged: found.asked = .unchanged
            case .gone:
                found.asked = .settled
                found.reason = "upstream has no such project"
                found.isTold = false
                found.isLeaving = row?.state == .active
                return found
            case .failed:
                found.asked = .settled
                found.hasFailed = true
            }
        } else if !found.hasFailed {
            found.asked = .known
        }
        // What was known of it, where there is nothing newer.
        if let record = before.record, row?.state == .active {
            (found.releases, found.isUnmet) = try await judge(record.pageAsSeen, record)
        } else {
            found.hasFailed = true
        }
        return found
    }

    /// Asks for a page; where the upstream is out of reach, that is noted as the sync does it.
    private func ask(
        _ sync: ProjectSync,
        _ before: ProjectBefore,
        _ source: SyncSource
    ) async throws(MirrorError) -> PageAnswer {
        var outage = source.outage
        if outage == nil {
            do throws(MirrorError) {
                return try await sync.askPage(before)
            } catch .unreachable(let reason) where !Task.isCancelled {
                source.note(outage: reason)
                outage = reason
            }
        }
        run.report(unasked: sync.due.name, at: source, outage ?? "stopped")
        return .failed
    }

    /// The releases of a page, and whether it lacks what is asked for by name, which is told when the project is brought
    /// up to date.
    private func judge(
        _ page: ProjectPage,
        _ record: ProjectRecord?
    ) async throws(MirrorError) -> (releases: [ClosureRelease], isUnmet: Bool) {
        let environments = places
        return try await mirror.workers.runWrapping { [self] in
            let (files, decisions) = decide(page, record)
            let demands = stated.projects.demands(of: page.name)
            return (
                FileSelection.releases(files, decisions, of: page.name, for: environments),
                demands.contains { !$0.unmet(by: files, of: page.name).isEmpty }
            )
        }
    }

    /// The files of a page as the sync will keep them, and what the rules make of them.
    func decide(_ page: ProjectPage, _ record: ProjectRecord?) -> (files: [PageFile], decisions: [FileDecision]) {
        let known = KnownFiles(record)
        let files = known.kept(page.files) { run.options.accepts(changeOf: $0, of: page.name) }
        let demands = stated.projects.limitingDemands(of: page.name)
        return (files, known.decide(files, of: page.name, by: stated.files, demands: demands, now: mirror.now()))
    }
}

extension ProjectBefore {
    /// How many files are here that a page has no more, as ``RecordMerge`` counts them.
    fileprivate func withdrawnCount(by page: ProjectPage) -> Int {
        guard let record, page.status?.marker != .quarantined, !isMoved || page.files.isEmpty else { return 0 }
        let listed = Set(page.files.map(\.filename))
        return record.files.count { $0.isKept && !listed.contains($0.filename) }
    }
}
