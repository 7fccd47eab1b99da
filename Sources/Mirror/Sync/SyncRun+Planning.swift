internal import Catalog
internal import Configuration
internal import Packaging
internal import Selection

extension SyncRun {
    /// Finds what there is to ask for.
    ///
    /// - Parameter limit: How much upstream may take back.
    /// - Returns: The plan.
    /// - Throws: ``MirrorError`` for what stops the whole run.
    func makePlan(limit: RemovalGuard) async throws(MirrorError) -> SyncPlan {
        try await forgetClosure()
        guard options.projects.isEmpty else { return try namedPlan() }
        var lists = try await rootLists()
        if let settings = mirror.closureSettings {
            try await resolveClosure(settings, lists, limit: limit)
            // What may be needed was looked up too.
            let kept = self.selection.projects
            lists = lists.map { $0.filtered(by: kept) }
        }
        let (selection, claims, time, answers) = (selection.projects, mirror.claims, mirror.now(), lists)
        let answered = answeredProjects
        let plan = try await mirror.read { [self] catalog throws(CatalogError) in
            var planner = SyncPlanner(
                selection: selection,
                claims: claims,
                revalidation: self.revalidation,
                lists: answers,
                now: time,
                answered: answered,
                lacksFiles: { self.lacksFiles($0) }
            ) { self.mark(of: $0, from: self.sources[$1]) }
            try catalog.forEach(in: Tables.projects) { key, row throws(CatalogError) in
                planner.consider(row, key: key)
                return true
            }
            return planner.finish()
        }
        tell(of: plan)
        return keepingUnknown(plan)
    }

    /// The plan for projects that were asked for by name.
    private func namedPlan() throws(MirrorError) -> SyncPlan {
        try checkKnownClosure()
        for name in options.projects {
            switch selection.projects.standing(of: name) {
            case .selected: break
            case .unselected: throw .usage("\(name) is not selected; add it with `larder add \(name)` first")
            case .excluded(let rule, _): throw .usage("\(name) is excluded by \(rule)")
            case .blocked(let rule): throw .usage("\(name) is blocked by \(rule)")
            }
            guard source(of: name) != nil else { throw .unclaimed(name) }
        }
        var plan = SyncPlan()
        plan.due = Set(options.projects).sorted().map { SyncPlan.Due(name: $0) }
        plan.selected = plan.due.count
        plan.listed = plan.due.count
        return plan
    }

    /// Reports what cannot be asked for at all.
    private func tell(of plan: SyncPlan) {
        for name in plan.unclaimed {
            let place = mirror.projects.line(of: name).map { "\(MirrorFiles.projectListName):\($0): " } ?? ""
            tally.add(
                Failure(project: name, reason: "\(place)no [[upstream]] claims it; asked for nowhere", attempts: 0)
            )
            tally.addFailed()
        }
        for (source, list) in zip(sources, plan.lists) {
            guard case .failed = list, let outage = source.outage else { continue }
            let label = source.upstream.settings.label
            let reason = "\(label) shows no list of its projects, which stay as they are: \(outage)"
            tally.add(Failure(project: nil, url: source.upstream.settings.url.text, reason: reason))
        }
        tally.update { $0.projects.failed += plan.unreached }
    }
}
