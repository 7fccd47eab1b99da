internal import Catalog
internal import Configuration
internal import Packaging
internal import Scheduling
internal import Selection

/// Finds what is needed by what is selected, round by round: pages of projects, then metadata of releases.
///
/// Nothing is committed: pages wait in files until their projects are brought up to date. In memory are, of each
/// project, its releases and what they need.
struct ClosureRun {
    let run: SyncRun
    let settings: ClosureSettings
    let lists: [ListAnswer]
    /// What is asked for, without what it needs.
    let stated: MirrorSelection
    /// How much upstream may take back.
    let limit: RemovalGuard
    /// Where it is looked for: each environment with the constraints of each requirement file.
    var places: [ClosureEnvironment] = []
    var solver: ClosureSolver
    var isIncomplete = false
    var held: [ProjectName: Set<String>] = [:]
    var leaving: Set<ProjectName> = []
    var withdrawn = 0
    var unmet: Set<ProjectName> = []

    var mirror: MirrorRoot { run.mirror }

    init(
        _ run: SyncRun,
        _ settings: ClosureSettings,
        _ lists: [ListAnswer],
        _ stated: MirrorSelection,
        limit: RemovalGuard
    ) {
        self.run = run
        self.settings = settings
        self.lists = lists
        self.stated = stated
        self.limit = limit
        solver = ClosureSolver(settings.mode, for: settings.environments)
    }

    /// Finds it; `nil` when that was interrupted.
    mutating func perform() async throws(MirrorError) -> (FoundClosure, ClosureSelection)? {
        try begin(at: try await roots())
        while true {
            let questions = solver.questions()
            if Task.isCancelled { return nil }
            if questions.isEmpty { break }
            try await askForProjects(questions.projects)
            try await askForReleases(questions.releases)
        }
        let isExhausted = solver.isExhausted
        var result = solver.finish()
        if Task.isCancelled { return nil }
        if isExhausted {
            isIncomplete = true
            run.tally.add(
                Failure(project: nil, reason: "gave up looking for what is needed: that is too much work", attempts: 0)
            )
        }
        let known = Set(result.projects.map(\.name))
        for name in leaving.sorted() where !known.contains(name) {
            result.projects.append(.init(name: name, isRoot: false, releases: [], reasons: []))
        }
        result.projects.sort { $0.name < $1.name }
        // Of those the page says that what is asked for is not there.
        result.unmet.removeAll { $0.isAskedFor && unmet.contains($0.project) }
        // What is here stays as it is, as far as not everything is known, or the guard decides.
        let hold: FoundClosure.Hold? = isIncomplete ? .unknown : isGuarded ? .guarded : nil
        let remembered = try ClosureFile(mirror).read()
        let mark = try settings.mark(of: stated, from: mirror.configuration.upstreams)
        let union = try await union(result, remembered?.result)
        result.projects = result.projects.map { project in
            hold != nil || leaving.contains(project.name) ? holding(project) : project
        }
        let found = FoundClosure(
            result: result,
            union: union,
            hold: hold,
            stated: mark,
            isEdited: remembered?.applied.map { $0 != mark } ?? false
        )
        return (found, ClosureSelection(result, settings.mode, by: settings.rule))
    }

    /// Whether upstream has less than the guard lets go of: what that needs cannot be told from what upstream has.
    private var isGuarded: Bool {
        if run.options.acceptsRemovals { return false }
        return run.pendingRemovals.projects.count > limit.projects || withdrawn > limit.files
    }

    /// Starts from projects; each is followed within the constraints of the file that asks for it.
    private mutating func begin(at names: [ProjectName]) throws(MirrorError) {
        let roots = names.flatMap { name in stated.projects.roots(of: name).map { (name: name, root: $0) } }
        var first: [ClosureConstraints?: Int] = [:]
        for (_, root) in roots where first[root.constraints] == nil {
            first[root.constraints] = places.count
            places += settings.environments.map { environment in
                ClosureEnvironment(
                    environment.target,
                    label: environment.label,
                    constraints: root.constraints?.specifiers(in: environment.target) ?? [:]
                )
            }
        }
        guard places.count <= EnvironmentSet.maximumCount else {
            throw .usage(
                "\(settings.rule): \(settings.environments.count) environments with the constraints of \(first.count) "
                    + "requirement files are more than the \(EnvironmentSet.maximumCount) that are followed; share "
                    + "constraints or environments"
            )
        }
        solver = ClosureSolver(settings.mode, for: places) { Task.isCancelled }
        for (name, root) in roots {
            let start = first[root.constraints] ?? 0
            solver.addRoot(
                name,
                root.specifiers,
                extras: root.extras,
                marker: root.marker,
                isNamed: root.isNamed,
                among: start..<start + settings.environments.count
            )
        }
    }

    /// The projects from which to start: those that are named, and those of the lists and of the index that patterns take.
    private func roots() async throws(MirrorError) -> [ProjectName] {
        var names = stated.projects.rootNames
        guard stated.projects.isOpen else { return names.sorted() }
        let selection = stated.projects
        for case .listed(let projects) in lists { names.formUnion(projects.projects.keys.filter(selection.contains)) }
        let known = try await mirror.read { catalog throws(CatalogError) in
            var known: [ProjectName] = []
            try catalog.forEach(in: Tables.projects) { _, row throws(CatalogError) in
                if row.state == .active, selection.contains(row.name) { known.append(row.name) }
                return true
            }
            return known
        }
        return names.union(known).filter { mirror.claims.claim(of: $0) != nil }.sorted()
    }
}
