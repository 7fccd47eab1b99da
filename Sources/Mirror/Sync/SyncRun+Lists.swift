internal import Catalog
internal import Configuration
internal import Digest
internal import Logging
internal import Packaging
internal import Publication
internal import Scheduling
internal import Selection
internal import SimpleIndex
internal import Transfer

/// The upstreams' root lists: asked for by condition, each judged by its own serials, and remembered each on its own.
extension SyncRun {
    /// More names than these are looked up in an upstream's root list rather than asked for one by one.
    static let largestDirectSelection = 1_000

    /// The most names of projects that are told where many are counted.
    private static let toldNames = 5

    /// Asks the upstreams for their lists that are needed, all at once.
    ///
    /// - Returns: What each said, in their order.
    /// - Throws: ``MirrorError/unreachable(_:)`` when no upstream that has to be asked answers.
    func rootLists() async throws(MirrorError) -> [ListAnswer] {
        let needed = sources.indices.filter(asksForList)
        guard !needed.isEmpty else { return sources.map { _ in .none } }
        let validators = try await storedValidators()
        let known = try await knownDependencies()
        var answers = sources.map { _ in ListAnswer.none }
        do {
            try await withThrowingTaskGroup(of: (Int, ListAnswer).self) { group in
                for index in needed {
                    group.addTask { [self] in
                        (index, try await rootList(of: index, validator: validators[index], known))
                    }
                }
                for try await (index, answer) in group { answers[index] = answer }
            }
        } catch {
            throw MirrorError(wrapping: error)
        }
        // Without anyone left to ask, nothing is changed.
        if !Task.isCancelled, let unreachable, sources.allSatisfy({ $0.outage != nil }) { throw unreachable }
        return answers
    }

    /// The error of a run whose upstreams cannot be asked any more; `nil` when all of them can.
    var unreachable: MirrorError? {
        let outages = sources.compactMap { source in
            source.outage.map { sources.count == 1 ? $0 : "\(source.upstream.settings.label): \($0)" }
        }
        return outages.isEmpty ? nil : .unreachable(outages.joined(separator: "; ") + "; nothing was changed")
    }

    private func asksForList(_ index: Int) -> Bool {
        if selection.projects.isOpen { return true }
        let names = selection.projects.names
        guard names.count > Self.largestDirectSelection else { return false }
        return names.count { mirror.claims.claim(of: $0)?.upstream == index } > Self.largestDirectSelection
    }

    /// The projects that are here and that a closure may find to be needed.
    private func knownDependencies() async throws(MirrorError) -> Set<ProjectName> {
        guard mirror.closureSettings != nil else { return [] }
        return try await mirror.read { catalog throws(CatalogError) in
            var names: Set<ProjectName> = []
            try catalog.forEach(in: Tables.projects) { _, row throws(CatalogError) in
                if row.state == .active { names.insert(row.name) }
                return true
            }
            return names
        }
    }

    private func rootList(
        of index: Int,
        validator: String?,
        _ known: Set<ProjectName>
    ) async throws(MirrorError) -> ListAnswer {
        let source = sources[index]
        switch await source.upstream.rootList(validator: validator) {
        case .unchanged:
            source.noteUsableAnswer()
            return .unchanged
        case .gone(let error), .failed(let error):
            // Stopped before there was a plan: nothing is due.
            if Task.isCancelled { return .unchanged }
            guard case .unreachable(let reason) = SyncSource.unreachable(error) else {
                throw SyncSource.unreachable(error)
            }
            source.note(outage: reason)
            return .failed
        case .page(let response, let contentType):
            let (bytes, base) = (response.bytes, response.finalURL)
            let list: RootList
            do throws(PageError) {
                list = try await mirror.workers.run { () throws(PageError) in
                    try RootList.parse(bytes, contentType: contentType, base: base)
                }
            } catch {
                source.note(outage: "\(response.fromURL): \(error)")
                return .failed
            }
            source.noteUsableAnswer()
            return try await judge(list, response, of: index, known)
        }
    }

    /// Refuses a root list that went backwards (I15), and keeps of it what the plan needs.
    private func judge(
        _ list: RootList,
        _ response: TransferResponse,
        of index: Int,
        _ known: Set<ProjectName>
    ) async throws(MirrorError) -> ListAnswer {
        if list.isEmpty, !options.acceptsRemovals, try await hasProjects(of: index) {
            let reason =
                "the upstream lists no project at all; its list is not followed; kept what was here; accept with "
                + "`larder sync --accept-removals`"
            tally.add(Failure(project: nil, url: response.fromURL, reason: reason, attempts: response.attempts))
            return .unchanged
        }
        let highest = try state().highestSerial(
            of: sources[index].upstream.settings.url.text,
            isOnly: sources.count == 1
        )
        if let serial = list.lastSerial, serial < highest {
            tally.add(
                Failure(
                    project: nil,
                    url: response.fromURL,
                    reason: "the upstream's serial went back from \(highest) to \(serial); its list is not "
                        + "followed; kept what was here",
                    attempts: response.attempts
                )
            )
            return .unchanged
        }
        var projects = ListedProjects()
        projects.serial = list.lastSerial
        projects.invalidNames = list.invalidNames
        // What was needed the last time is looked up in the list too, and what is here.
        let (selection, claims) = (selection.projects, mirror.claims)
        let blocked = selection.blockedPatterns
        var idle = rules.idleProjects
        defer { rules.keep(idle) }
        for entry in list {
            idle.note(entry.name)
            if blocked.contains(where: { $0.matches(entry.name) }) { projects.blocked.append(entry.name) }
            guard let claimant = claims.claim(of: entry.name)?.upstream else { continue }
            if claimant == index {
                projects.count += 1
                if selection.contains(entry.name) || known.contains(entry.name) {
                    projects.projects[entry.name] = ProjectListing(serial: entry.serial, content: entry.content)
                }
            } else if claimant < index {
                projects.shadowed += 1
                if projects.shadowedNames.count < Self.toldNames { projects.shadowedNames.append(entry.name) }
            }
        }
        tell(of: projects, in: index)
        // A list without serials that has not changed says nothing of the projects' pages.
        if projects.projects.values.allSatisfy({ $0.serial != nil }) { projects.validator = response.validator }
        return .listed(projects)
    }

    /// Whether some project is here that comes from an upstream.
    private func hasProjects(of index: Int) async throws(MirrorError) -> Bool {
        let claims = mirror.claims
        return try await mirror.read { catalog throws(CatalogError) in
            var isFound = false
            try catalog.forEach(in: Tables.projects) { _, row throws(CatalogError) in
                isFound = row.state == .active && claims.claim(of: row.name)?.upstream == index
                return !isFound
            }
            return isFound
        }
    }

    private func tell(of projects: ListedProjects, in index: Int) {
        let label = sources[index].upstream.settings.name ?? "upstream"
        if projects.shadowed > 0 {
            let names = projects.shadowedNames.map(\.normalized).joined(separator: ", ")
            mirror.logger.info(
                "\(label) lists \(projects.shadowed) projects that upstreams before it claim, as \(names); none is had from it"
            )
        }
        for name in projects.invalidNames {
            tally.add(warning: "\(label) lists '\(name)', which no project can be called; it is left out")
        }
    }

    // MARK: What is remembered

    private func state() throws(MirrorError) -> MirrorState {
        do throws(PublicationError) {
            return try MirrorState(root: mirror.path, fileSystem: mirror.fileSystem)
        } catch {
            throw .publication(error)
        }
    }

    private func key(of source: SyncSource) throws(MirrorError) -> MetaKey {
        do throws(DigestError) {
            return try MetaKey.rootListValidator(of: source.upstream.settings.name)
        } catch {
            throw .library("\(error)")
        }
    }

    /// The validators of the root lists that the last whole run saw; `nil` for one that cannot stand for its list.
    private func storedValidators() async throws(MirrorError) -> [String?] {
        let selection = try selectionText()
        var keys: [MetaKey] = []
        for source in sources { keys.append(try key(of: source)) }
        let read = keys
        return try await mirror.read { catalog throws(CatalogError) in
            guard try catalog.row(of: MetaKey.selection, in: Tables.meta)?.text == selection else {
                return read.map { _ in nil }
            }
            var validators: [String?] = []
            for key in read { validators.append(try catalog.row(of: key, in: Tables.meta)?.text) }
            return validators
        }
    }

    /// Remembers the root lists of a run that left nothing out.
    func store(_ plan: SyncPlan) async throws(MirrorError) {
        // While a project waits for its serial, or has a page that is not the list's, the list has to be read again.
        let isWhole = tally.report.projects.deferred == 0 && !hasPageBesideList.withLock { $0 }
        if !plan.lists.isEmpty, isWhole { try await storeValidators(of: plan) }
        var state = try state()
        let before = state
        for (source, list) in zip(sources, plan.lists) {
            guard let serial = list.projects?.serial else { continue }
            state.note(serial: serial, of: source.upstream.settings.url.text, isOnly: sources.count == 1)
        }
        guard state != before else { return }
        do throws(PublicationError) {
            try state.write(root: mirror.path, fileSystem: mirror.fileSystem)
        } catch {
            throw .publication(error)
        }
    }

    private func storeValidators(of plan: SyncPlan) async throws(MirrorError) {
        let selection = try selectionText()
        var rows: [(key: MetaKey, validator: String?)] = []
        for (source, list) in zip(sources, plan.lists) {
            // The validator of a list that was not seen stands for what another selection took from it.
            switch list {
            case .unchanged: continue
            case .listed(let projects):
                rows.append((try key(of: source), source.outage == nil ? projects.validator : nil))
            case .none, .failed: rows.append((try key(of: source), nil))
            }
        }
        let (catalog, changes) = (mirror.catalog, rows)
        do throws(CatalogError) {
            try await mirror.workers.run { () throws(CatalogError) in
                try catalog.write { catalog throws(CatalogError) in
                    for (key, validator) in changes {
                        if let validator {
                            try catalog.put(MetaRow(validator), under: key, in: Tables.meta)
                        } else {
                            try catalog.remove(key, in: Tables.meta)
                        }
                    }
                    try catalog.put(MetaRow(selection), under: .selection, in: Tables.meta)
                }
            }
        } catch {
            throw .catalog(error)
        }
    }

    /// A text that differs when other projects are taken from the lists.
    private func selectionText() throws(MirrorError) -> String {
        let parts = [selection.projects.openness] + mirror.configuration.upstreams.map { "\($0.url) \($0.claims)" }
        do throws(DigestError) {
            return try SHA256Digest.hash(parts.joined(separator: "\n").utf8).hex
        } catch {
            throw .library("\(error)")
        }
    }
}
