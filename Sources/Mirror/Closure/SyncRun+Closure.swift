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
        guard let found, found.hold == nil else {
            plan.deselected = []
            return plan
        }
        guard !found.isEdited else { return plan }
        let projects = selection.projects
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

    /// Remembers what was found, unless not everything could be asked: what is remembered is better then.
    func rememberClosure() async throws(MirrorError) {
        guard let found = closure.withLock({ $0 }) else { return }
        let mirror = mirror
        let isHeld = found.hold != nil || found.keepsUnneeded
        try await mirror.workers.runWrapping {
            let file = ClosureFile(mirror)
            let known = try file.read()
            if isHeld, known != nil { return }
            try file.write(
                KnownClosure(result: found.result, applied: isHeld ? known?.applied : found.stated)
            )
        }
    }
}

extension ListAnswer {
    /// The answer as far as it concerns projects that are kept.
    func filtered(by selection: ProjectSelection) -> ListAnswer {
        guard case .listed(var projects) = self else { return self }
        projects.serials = projects.serials.filter { selection.contains($0.key) }
        return .listed(projects)
    }
}
