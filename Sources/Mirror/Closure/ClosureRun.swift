internal import Catalog
internal import Configuration
internal import Digest
internal import Packaging
internal import Record
internal import Scheduling
internal import Selection
internal import SimpleIndex

/// What the closure of one sync found.
struct FoundClosure: Sendable {
    /// Why nothing that is here is taken off because nobody seems to need it.
    enum Hold: Sendable {
        /// Not everything could be asked for.
        case unknown
        /// Upstream has less than the guard lets go of, and who knows what that needs.
        case guarded
    }

    let result: ClosureResult
    /// The same, with all that is here.
    let union: ClosureResult
    /// Why all that is here stays; `nil` when what nobody needs is taken off.
    let hold: Hold?
    /// What was stated, as ``ClosureSettings/mark(of:from:)``.
    let stated: String
    /// Whether something else was stated when what nobody needs was taken off the last time.
    let isEdited: Bool
    /// Whether more projects are needed by nobody than the guard lets go of.
    var keepsUnneeded = false
}

/// Finds what is needed by what is selected, round by round: pages of projects, then metadata of releases.
///
/// Nothing is committed: pages wait in files until their projects are brought up to date. In memory are, of each
/// project, its releases and what they need.
struct ClosureRun {
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

    let run: SyncRun
    let settings: ClosureSettings
    let lists: [ListAnswer]
    /// What is asked for, without what it needs.
    let stated: MirrorSelection
    /// How much upstream may take back.
    let limit: RemovalGuard
    /// Where it is looked for: each environment with the constraints of each requirement file.
    private var places: [ClosureEnvironment] = []
    private var solver: ClosureSolver
    private var isIncomplete = false
    private var held: [ProjectName: Set<String>] = [:]
    private var leaving: Set<ProjectName> = []
    private var withdrawn = 0
    private var unmet: Set<ProjectName> = []

    private var mirror: MirrorRoot { run.mirror }

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
        var result = solver.result
        if solver.isExhausted {
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

    /// A project with what is here of it, unless all of that is kept anyhow.
    private func holding(_ project: ClosureResult.Project) -> ClosureResult.Project {
        let isKeptAnyhow =
            project.isRoot && settings.mode == .allCompatible && stated.projects.demands(of: project.name).isEmpty
        return isKeptAnyhow ? project : project.holding(held[project.name] ?? [])
    }

    /// What is needed, with all that is here, needed or not.
    private func union(_ result: ClosureResult, _ known: ClosureResult?) async throws(MirrorError) -> ClosureResult {
        let (needed, selection) = (Set(result.projects.map(\.name)), stated.projects)
        let rows = try await mirror.read { catalog throws(CatalogError) in
            var rows: [ProjectRow] = []
            try catalog.forEach(in: Tables.projects) { _, row throws(CatalogError) in
                let isOther = !needed.contains(row.name) && !selection.contains(row.name)
                if row.state == .active, isOther, selection.barrier(of: row.name) == nil { rows.append(row) }
                return true
            }
            return rows
        }
        let before = Dictionary((known?.projects ?? []).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let mirror = mirror
        let others = try await mirror.workers.runWrapping { () throws -> [ClosureResult.Project] in
            try rows.map { row in
                let known = before[row.name]
                let project = ClosureResult.Project(
                    name: row.name,
                    isRoot: false,
                    releases: known?.releases ?? [],
                    reasons: known?.reasons ?? []
                )
                do {
                    return project.holding(try mirror.knownRecord(of: row)?.record.wantedFilenames ?? [])
                } catch let error as RecordStoreError {
                    // What cannot be read holds nothing.
                    guard case .damaged = error else { throw error }
                    return project
                }
            }
        }
        var union = result
        union.projects = (result.projects.map(holding) + others).sorted { $0.name < $1.name }
        return union
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
        for case .listed(let projects) in lists { names.formUnion(projects.serials.keys.filter(selection.contains)) }
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

    // MARK: Pages

    private mutating func askForProjects(_ names: [ProjectName]) async throws(MirrorError) {
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
        switch SyncPlanner.standing(of: name, row, key: key, claims: mirror.claims, lists: lists, now: mirror.now()) {
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
                found.releases = try await releases(page, before.record)
                found.withdrawn = before.withdrawnCount(by: page)
                found.isUnmet = isUnmet(page)
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
            found.releases = try await releases(record.pageAsSeen, record)
            found.isUnmet = isUnmet(record.pageAsSeen)
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
        let url = source.upstream.pageURL(of: sync.due.name)
        run.tally.add(
            Failure(project: sync.due.name, url: url, reason: "\(outage ?? "stopped"); kept what was here")
        )
        run.tally.addFailed()
        return .failed
    }

    private func releases(
        _ page: ProjectPage,
        _ record: ProjectRecord?
    ) async throws(MirrorError) -> [ClosureRelease] {
        let environments = places
        return try await mirror.workers.runWrapping { [self] in
            FileSelection.releases(page.files, decisions(page, record), of: page.name, for: environments)
        }
    }

    /// Whether a page lacks what is asked for by name, which is told when the project is brought up to date.
    private func isUnmet(_ page: ProjectPage) -> Bool {
        stated.projects.demands(of: page.name).contains { !$0.unmet(by: page.files, of: page.name).isEmpty }
    }

    /// What the rules leave of a page, and the digests that are asked for.
    private func decisions(_ page: ProjectPage, _ record: ProjectRecord?) -> [FileDecision] {
        let seen = Dictionary(
            (record?.files ?? []).map { ($0.filename, $0.firstSeen) },
            uniquingKeysWith: { first, _ in first }
        )
        let demands = stated.projects.limitingDemands(of: page.name)
        return stated.files.decide(page.files, of: page.name, demands: demands, now: mirror.now()) {
            seen[$0.filename]
        }
    }

    // MARK: Metadata

    private mutating func askForReleases(_ releases: [ProjectName: [String]]) async throws(MirrorError) {
        let names = releases.keys.sorted()
        for start in stride(from: 0, to: names.count, by: 64) {
            if Task.isCancelled { return }
            let part = names[start..<min(start + 64, names.count)]
            let answers: [(ProjectName, [String: ReleaseRequirements], Bool)]
            do {
                answers = try await withThrowingTaskGroup(
                    of: (ProjectName, [String: ReleaseRequirements], Bool).self
                ) { group in
                    for name in part {
                        let versions = releases[name] ?? []
                        group.addTask { [self] in
                            let (needs, hasFailed) = try await self.needs(of: name, Set(versions))
                            return (name, needs, hasFailed)
                        }
                    }
                    var answers: [(ProjectName, [String: ReleaseRequirements], Bool)] = []
                    for try await answer in group { answers.append(answer) }
                    return answers
                }
            } catch {
                throw MirrorError(wrapping: error)
            }
            for (name, needs, hasFailed) in answers.sorted(by: { $0.0 < $1.0 }) {
                if hasFailed { isIncomplete = true }
                for (version, needed) in needs.sorted(by: { $0.key < $1.key }) {
                    solver.take(needed, of: version, name)
                }
            }
        }
    }

    /// What releases of one project need, from what is known already, else from upstream.
    private func needs(
        of name: ProjectName,
        _ versions: Set<String>
    ) async throws(MirrorError) -> (needs: [String: ReleaseRequirements], hasFailed: Bool) {
        guard let source = run.source(of: name) else { return ([:], false) }
        let sync = ProjectSync(run: run, source: source, due: .init(name: name))
        let record = try await sync.readBefore().record
        let asked = run.asked.withLock { $0[name] }
        let store = RequirementStore(mirror)
        let (page, sources, known) = try await mirror.workers.runWrapping { [self] in
            var page = record?.pageAsSeen ?? ProjectPage(name: name)
            if case .staged(let path, _) = asked { page = try run.staged(path).page }
            let sources = FileSelection.sources(page.files, decisions(page, record), of: name, versions)
            return (page, sources, store.read(name))
        }
        let fetch = MetadataFetch(run: run, source: source, name: name, record: record)
        var needs: [String: ReleaseRequirements] = [:]
        var new: [String: ReleaseRequirements] = [:]
        var hasFailed = false
        do {
            try await withThrowingTaskGroup(of: (String, ReleaseRequirements, PageFile?, Bool).self) { group in
                for version in versions {
                    let files = (sources[version] ?? []).map { page.files[$0] }
                    if let found = files.lazy.compactMap({ known[RequirementStore.key(of: $0)] }).first {
                        needs[version] = found
                        continue
                    }
                    await source.fileBudget.acquire()
                    group.addTask {
                        defer { source.fileBudget.release() }
                        let (needed, file, hasFailed) = try await fetch.requirements(of: files, version)
                        return (version, needed, file, hasFailed)
                    }
                }
                for try await (version, needed, file, failed) in group {
                    needs[version] = needed
                    if failed { hasFailed = true }
                    if let file { new[RequirementStore.key(of: file)] = needed }
                }
            }
        } catch {
            throw MirrorError(wrapping: error)
        }
        if !new.isEmpty, !run.options.isDryRun, !Task.isCancelled {
            let here = Set(page.files.map { RequirementStore.key(of: $0) })
            let merged = known.filter { here.contains($0.key) }.merging(new) { $1 }
            try await mirror.workers.runWrapping { try store.write(merged, of: name) }
        }
        return (needs, hasFailed)
    }
}

extension ProjectBefore {
    /// How many files are here that a page has no more, as ``RecordMerge`` counts them.
    fileprivate func withdrawnCount(by page: ProjectPage) -> Int {
        guard let record, page.status?.marker != .quarantined, !isMoved || page.files.isEmpty else { return 0 }
        let listed = Set(page.files.map(\.filename))
        return record.files.count { $0.isPresent && !listed.contains($0.filename) }
    }
}

extension ProjectRecord {
    /// The names of files that are here, or should be.
    fileprivate var wantedFilenames: Set<String> {
        let wanted = files.filter { file in
            switch file.state {
            case .present, .missing: true
            case .excluded, .removed: false
            }
        }
        return Set(wanted.map(\.filename))
    }
}
