internal import Configuration
internal import Packaging
internal import Scheduling
internal import Selection

extension SyncRun {
    /// The most lines that are told of what cannot be known.
    private static let noteLimit = 1_000

    /// Finds what is needed by what is selected, and takes it into the selection.
    ///
    /// - Parameters:
    ///   - settings: How it is followed.
    ///   - lists: What the upstreams said of their lists.
    ///   - limit: How much upstream may take back.
    /// - Throws: ``MirrorError`` for what stops the whole run.
    func resolveClosure(
        _ settings: ClosureSettings,
        _ lists: [ListAnswer],
        limit: RemovalGuard
    ) async throws(MirrorError) {
        let stated = try mirror.statedSelection()
        var closure = ClosureRun(self, settings, lists, stated, limit: limit)
        guard let (found, selection) = try await closure.perform() else { return }
        follow(found, try stated.following(selection))
        try await remember(found, isApplied: false)
        var notes = found.result.notes
        if notes.count > Self.noteLimit {
            notes = notes.prefix(Self.noteLimit) + ["and \(notes.count - Self.noteLimit) more of this kind"]
        }
        let kept = "nothing was taken off because nobody seems to need it"
        switch found.hold {
        case .unknown: notes.append("not everything that may be needed could be asked for; \(kept)")
        case .guarded: notes.append("what the guard keeps may need what else is here; \(kept)")
        case nil: break
        }
        let report = SyncReport.Closure(
            mode: settings.mode.rawValue,
            environments: settings.environments.map(\.label),
            dependencies: found.result.projects.count { !$0.isRoot },
            releases: found.result.projects.reduce(0) { $0 + $1.releases.count },
            isIncomplete: found.hold == .unknown
        )
        for unmet in found.result.unmet.prefix(Self.noteLimit) {
            tally.add(Failure(project: unmet.project, reason: unmet.reason, attempts: 0))
        }
        let untold = found.result.unmet.count - Self.noteLimit
        if untold > 0 {
            tally.add(Failure(project: nil, reason: "\(untold) more that are needed cannot be had", attempts: 0))
        }
        tally.update { tally in
            tally.closure = report
            tally.warnings += notes
        }
    }

    /// A plan that takes nothing off as long as it is not known who needs what, and knows what nobody needs any more
    /// though nobody wanted that.
    func keepingUnknown(_ plan: SyncPlan) -> SyncPlan {
        guard mirror.closureSettings != nil else { return plan }
        var plan = plan
        let found = closure.withLock { $0 }
        let projects = selection.projects
        guard let found, found.hold == nil else {
            // What has to be off is off, whoever needs it.
            plan.deselected.removeAll { projects.barrier(of: $0) == nil }
            return plan
        }
        guard !found.isEdited else { return plan }
        plan.unneeded = plan.deselected.filter { projects.standing(of: $0) == .unselected }
        plan.deselected.removeAll { projects.standing(of: $0) == .unselected }
        return plan
    }

    /// The projects of which upstream was asked while the closure was found.
    var answeredProjects: Set<ProjectName> {
        asked.withLock { asked in
            Set(asked.keys.filter { name in if case .known? = asked[name] { false } else { true } })
        }
    }

    /// Whether only what others need asks for a project.
    func isDependency(_ name: ProjectName) -> Bool {
        selection.projects.closure?.entries[name]?.isRoot == false
    }

    /// Remembers what was found and applied; where all that is here stayed, what was remembered before says so.
    func rememberClosure() async throws(MirrorError) {
        guard let found = closure.withLock({ $0 }), found.hold == nil, !found.keepsUnneeded else { return }
        try await remember(found, isApplied: true)
    }

    /// Remembers what was found, before anything is committed with all that is here.
    private func remember(_ found: FoundClosure, isApplied: Bool) async throws(MirrorError) {
        guard !options.isDryRun else { return }
        let mirror = mirror
        try await mirror.workers.runWrapping {
            let file = ClosureFile(mirror)
            let applied = isApplied ? found.stated : try file.read()?.applied
            let result = isApplied ? found.result : found.union
            try file.write(KnownClosure(result: result, stated: found.stated, applied: applied))
        }
    }

    /// Forgets what was found while dependencies were followed, where they are not.
    func forgetClosure() async throws(MirrorError) {
        guard mirror.closureSettings == nil, !options.isDryRun else { return }
        let mirror = mirror
        try await mirror.workers.runWrapping { try ClosureFile(mirror).remove() }
    }

    /// Refuses to go by what was found for something else than what is stated.
    ///
    /// - Throws: ``MirrorError``; `usage` when nothing is known, or nothing that fits.
    func checkKnownClosure() throws(MirrorError) {
        guard let settings = mirror.closureSettings else { return }
        let known = try ClosureFile(mirror).read()
        let stated = try settings.mark(of: mirror.statedSelection(), from: mirror.configuration.upstreams)
        guard known?.stated != stated else { return }
        let reason = known == nil ? "is not known yet" : "was found for another selection or configuration"
        throw .usage("what is needed \(reason); run `larder sync` without names first")
    }
}

extension ListAnswer {
    /// The answer as far as it concerns projects that are kept.
    func filtered(by selection: ProjectSelection) -> ListAnswer {
        guard case .listed(var projects) = self else { return self }
        projects.projects = projects.projects.filter { selection.contains($0.key) }
        return .listed(projects)
    }
}
