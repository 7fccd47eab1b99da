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
    /// - Throws: ``MirrorError`` for what stops the whole run.
    func resolveClosure(_ settings: ClosureSettings, _ lists: [ListAnswer]) async throws(MirrorError) {
        let stated = try mirror.statedSelection()
        var closure = ClosureRun(self, settings, lists, stated)
        guard let (found, selection) = try await closure.perform() else { return }
        follow(found, try stated.following(selection))
        var notes = found.result.notes
        if notes.count > Self.noteLimit {
            notes = notes.prefix(Self.noteLimit) + ["and \(notes.count - Self.noteLimit) more of this kind"]
        }
        if found.isIncomplete {
            notes.append(
                "not everything that may be needed could be asked for; nothing was taken off because nobody seems to need it"
            )
        }
        let report = SyncReport.Closure(
            mode: settings.mode.rawValue,
            environments: settings.environments.map(\.label),
            dependencies: found.result.projects.count { !$0.isRoot },
            releases: found.result.projects.reduce(0) { $0 + $1.releases.count },
            isIncomplete: found.isIncomplete
        )
        tally.update { tally in
            tally.closure = report
            tally.warnings += notes
        }
    }

    /// A plan that takes nothing off as long as it is not known who needs what.
    func keepingUnknown(_ plan: SyncPlan) -> SyncPlan {
        var plan = plan
        let isUnknown = mirror.closureSettings != nil && closure.withLock { $0?.isIncomplete ?? true }
        if isUnknown { plan.deselected = [] }
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
        try await mirror.workers.runWrapping {
            let file = ClosureFile(mirror)
            if found.isIncomplete, try file.read() != nil { return }
            try file.write(found.result)
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
