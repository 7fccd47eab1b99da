internal import Catalog
internal import Packaging
internal import Publication
internal import Scheduling
internal import Selection
internal import SimpleIndex
internal import Transfer

extension SyncRun {
    /// More names than these are looked up in the upstream's root list rather than asked for one by one.
    static let largestDirectSelection = 1_000

    /// Finds what there is to ask for.
    func makePlan() async throws(MirrorError) -> SyncPlan {
        guard options.projects.isEmpty else { return try namedPlan() }
        var listed: ListedProjects?
        var isUnchanged = false
        if asksForRootList {
            switch try await rootList() {
            case .listed(let projects): listed = projects
            case .unchanged: isUnchanged = true
            }
        }
        let selection = selection
        let time = mirror.now()
        let (seed, unchanged) = (listed, isUnchanged)
        let plan = try await read { catalog throws(CatalogError) in
            var planner = SyncPlanner(
                selection: selection,
                now: time,
                listed: seed,
                isListUnchanged: unchanged
            )
            try catalog.forEach(in: Tables.projects) { key, row throws(CatalogError) in
                planner.consider(row, key: key)
                return true
            }
            return planner.finish()
        }
        for name in plan.invalidNames {
            tally.add(warning: "upstream lists '\(name)', which no project can be called; it is left out")
        }
        return plan
    }

    private var asksForRootList: Bool {
        selection.projects.isOpen || selection.projects.names.count > Self.largestDirectSelection
    }

    /// The plan for projects that were asked for by name.
    private func namedPlan() throws(MirrorError) -> SyncPlan {
        for name in options.projects {
            switch selection.projects.standing(of: name) {
            case .selected: continue
            case .unselected: throw .usage("\(name) is not selected; add it with `larder add \(name)` first")
            case .excluded(let rule, _): throw .usage("\(name) is excluded by \(rule)")
            case .blocked(let rule): throw .usage("\(name) is blocked by \(rule)")
            }
        }
        var plan = SyncPlan()
        plan.due = Set(options.projects).sorted().map { SyncPlan.Due(name: $0) }
        plan.selected = plan.due.count
        plan.listed = plan.due.count
        return plan
    }

    private enum RootAnswer {
        case listed(ListedProjects)
        case unchanged
    }

    private func rootList() async throws(MirrorError) -> RootAnswer {
        switch await upstream.rootList(validator: try await storedValidator()) {
        case .unchanged:
            noteUsableAnswer()
            return .unchanged
        case .gone(let error), .failed(let error):
            // Stopped before there was a plan: nothing is due.
            if Task.isCancelled { return .unchanged }
            throw Self.unreachable(error)
        case .page(let response, let contentType):
            let (bytes, base) = (response.bytes, response.finalURL)
            let list: RootList
            do throws(PageError) {
                list = try await mirror.workers.run { () throws(PageError) in
                    try RootList.parse(bytes, contentType: contentType, base: base)
                }
            } catch {
                throw .unreachable("\(response.fromURL): \(error); nothing was changed")
            }
            noteUsableAnswer()
            return try judge(list, response)
        }
    }

    /// Refuses a root list that went backwards (I15), and keeps of it what the plan needs.
    private func judge(_ list: RootList, _ response: TransferResponse) throws(MirrorError) -> RootAnswer {
        let state: MirrorState
        do throws(PublicationError) {
            state = try MirrorState(root: mirror.path, fileSystem: mirror.fileSystem)
        } catch {
            throw .publication(error)
        }
        if let serial = list.lastSerial, serial < state.highestSerial {
            tally.add(
                Failure(
                    project: nil,
                    url: response.fromURL,
                    reason: "the upstream's serial went back from \(state.highestSerial) to \(serial); its list is not "
                        + "followed; kept what was here",
                    attempts: response.attempts
                )
            )
            return .unchanged
        }
        var projects = ListedProjects()
        projects.count = list.count
        projects.serial = list.lastSerial
        projects.invalidNames = list.invalidNames
        let selection = selection.projects
        for entry in list where selection.contains(entry.name) { projects.serials[entry.name] = .some(entry.serial) }
        // A list without serials that has not changed says nothing of the projects' pages.
        if projects.serials.values.allSatisfy({ $0 != nil }) { projects.validator = response.validator }
        return .listed(projects)
    }

    /// The validator of the root list that the last whole run saw; `nil` when it cannot stand for the list.
    private func storedValidator() async throws(MirrorError) -> String? {
        let selection = selectionKind
        return try await read { catalog throws(CatalogError) in
            guard try catalog.row(of: MetaKey.selection, in: Tables.meta)?.text == selection else { return nil }
            return try catalog.row(of: MetaKey.rootListValidator, in: Tables.meta)?.text
        }
    }

    /// Remembers the root list of a run that left nothing out.
    func store(_ plan: SyncPlan) async throws(MirrorError) {
        let kind = selectionKind
        let catalog = mirror.catalog
        // While a project waits for its serial, the list that promises it has to be read again.
        if let validator = plan.validator, tally.report.projects.deferred == 0 {
            do throws(CatalogError) {
                try await mirror.workers.run { () throws(CatalogError) in
                    try catalog.write { catalog throws(CatalogError) in
                        try catalog.put(MetaRow(validator), under: .rootListValidator, in: Tables.meta)
                        try catalog.put(MetaRow(kind), under: .selection, in: Tables.meta)
                    }
                }
            } catch {
                throw .catalog(error)
            }
        }
        guard let serial = plan.serial else { return }
        do throws(PublicationError) {
            var state = try MirrorState(root: mirror.path, fileSystem: mirror.fileSystem)
            guard serial > state.highestSerial else { return }
            state.highestSerial = serial
            try state.write(root: mirror.path, fileSystem: mirror.fileSystem)
        } catch {
            throw .publication(error)
        }
    }

    private var selectionKind: String {
        selection.projects.openness
    }
}
