internal import Catalog
internal import Digest
internal import FileIO
internal import Packaging
internal import Publication
internal import Record
internal import Scheduling
internal import SystemPackage

extension Verifier {
    /// What readers see against records and objects.
    ///
    /// - Parameter projects: The projects to look at; `nil` for everything.
    /// - Throws: ``MirrorError`` when the disk fails.
    func checkPublication(of projects: [ProjectScope]?) async throws(MirrorError) {
        progress.begin(.publication, items: projects?.count ?? publishedCount())
        let slot: Slot?
        do throws(PublicationError) {
            slot = try mirror.publisher.slots.live()
        } catch {
            guard case .damagedState(_, let detail) = error else {
                return note(Finding(.ioError, path: "web", detail: "\(error)"))
            }
            return note(Finding(.publicationDangling, path: "web", detail: detail))
        }
        if let projects {
            guard let slot else { return checkAbsence(projects.contains { wasLive($0.key) }) }
            await mirror.workers.forEach(count: projects.count) { index in
                if let row = currentRow(of: projects[index].key, in: Tables.published) {
                    check(row, under: projects[index].key, in: slot)
                    checkStandby(row, under: projects[index].key, in: slot.other)
                }
            }
            return
        }
        if let slot {
            try await forEachBatch(of: Tables.published) { batch throws(MirrorError) in
                await mirror.workers.forEach(count: batch.count) { index in
                    if limits.isOver { return }
                    check(batch[index].row, under: batch[index].key, in: slot)
                    checkStandby(batch[index].row, under: batch[index].key, in: slot.other)
                    progress.update { $0.items.done += 1 }
                }
            }
            try await checkTree(of: slot)
        } else {
            let wasAnyLive = Locked(false)
            try await forEachBatch(of: Tables.published) { batch throws(MirrorError) in
                await mirror.workers.forEach(count: batch.count) { index in
                    if wasLive(batch[index].key) { wasAnyLive.withLock { $0 = true } }
                }
            }
            checkAbsence(wasAnyLive.withLock { $0 })
        }
        await checkLinks()
        try await checkHistory()
    }

    /// The generations that are kept for a rollback, and the snapshots.
    private func checkHistory() async throws(MirrorError) {
        if limits.isOver { return }
        do throws(PublicationError) {
            for problem in try await mirror.publisher.problemsOfHistory() {
                note(Finding(.pageMismatch, path: problem.path, detail: problem.detail))
            }
            let limits = limits
            for problem in try await mirror.publisher.problemsOfSnapshots(isOver: { limits.isOver }) {
                let kind: Finding.Class = problem.isLink ? .publicationDangling : .pageMismatch
                note(Finding(kind, path: problem.file, detail: problem.detail))
            }
        } catch {
            note(Finding(.ioError, path: "generations", detail: "\(error)"))
        }
    }

    /// What a slot that is live holds beside the pages of projects.
    private func checkTree(of slot: Slot) async throws(MirrorError) {
        await mirror.workers.run { findStrangers(in: slot) }
        try await checkLists(in: slot)
    }

    /// What is wrong after a repair with what readers see, beside links of packages.
    ///
    /// - Parameters:
    ///   - projects: The projects to look at.
    ///   - isOfTree: Whether to look at what belongs to no project as well.
    /// - Throws: ``MirrorError`` when that cannot be told.
    func checkAgain(_ projects: [(name: ProjectName, key: ProjectKey)], isOfTree: Bool) async throws(MirrorError) {
        let slot: Slot?
        do throws(PublicationError) {
            slot = try mirror.publisher.slots.live()
        } catch {
            throw .publication(error)
        }
        guard let slot else { return note(Finding(.publicationDangling, path: "web", detail: "the link is missing")) }
        if isOfTree { try await checkTree(of: slot) }
        await mirror.workers.forEach(count: projects.count) { index in
            let (name, key) = projects[index]
            let row = currentRow(of: key, in: Tables.published)
            // Readers who are held see what the index does not speak of.
            if row != nil, isPending(key, in: slot) == true, (try? mirror.publisher.held()) != .some(nil) { return }
            guard let row, isPending(key, in: slot) == false else {
                let detail = "it is not published"
                return note(Finding(.publicationDangling, path: "web/simple/\(name)", project: name, detail: detail))
            }
            check(row, under: key)
            check(row, under: key, in: slot)
            checkStandby(row, under: key, in: slot.other)
        }
    }

    /// Whether a project was before readers.
    ///
    /// Until the first publication has ended, every project is marked for both slots.
    private func wasLive(_ key: ProjectKey) -> Bool {
        guard isThere(key, in: Tables.published) else { return false }
        return Slot.allCases.contains { isPending(key, in: $0) == false }
    }

    /// Without a document root, nothing may have been live before.
    private func checkAbsence(_ wasLive: Bool) {
        // A first publication may have ended meanwhile.
        guard wasLive, (try? mirror.publisher.slots.live()) == .some(nil) else { return }
        note(Finding(.publicationDangling, path: "web", detail: "the link is missing"))
    }

    private func publishedCount() -> Int {
        let count = try? mirror.catalog.read { catalog throws(CatalogError) in try catalog.count(of: Tables.published) }
        return count ?? 0
    }

    /// The link and the pages of one project, and what its pages lead to.
    private func check(_ row: PublishedRow, under key: ProjectKey, in slot: Slot) {
        // A view that was rendered and is not live yet, or is about to be, is not what readers see.
        guard isPending(key, in: slot) == false else { return checkHeld(row.name, in: slot) }
        let link = mirror.publisher.slots.linkPath(of: row.name, in: slot)
        let shown = "web/simple/\(row.name)"
        // What a publication changed meanwhile is no finding.
        let tell: PublicationNote = { kind, object, path, file, detail in
            guard isStill(key, in: Tables.published, { $0 == row }), isPending(key, in: slot) != true else { return }
            note(Finding(kind, object: object, path: path, project: row.name, file: file, detail: detail))
        }
        do {
            let found = try mirror.fileSystem.linkState(link)
            if let problem = found.problem(expecting: ViewStore.linkTarget(of: row.view)) {
                return tell(.publicationDangling, nil, shown, nil, problem)
            }
            // A record that the index does not know yet says nothing of what is published.
            guard case .indexed(let record) = reading(of: row.name, key) else {
                // Nor does a project that the index does not know.
                return options.modes.contains(.index) ? () : check(row, under: key)
            }
            let settings = try mirror.publisher.publishedSettings()
            let view = try View(of: record, settings: settings, after: (row.content, row.serial))
            guard view.id == row.view else {
                let detail = "the record renders to the view \(view.id.hex), \(row.view.hex) is published"
                return tell(.pageMismatch, nil, shown, nil, detail)
            }
            for problem in try mirror.publisher.views.problems(of: view) {
                tell(.pageMismatch, nil, "web/\(problem.tree)/\(row.name)/\(problem.file)", nil, problem.detail)
            }
            let kinds = try mirror.publisher.links.kinds()
            // A publication that turns all names into another kind is no damage.
            let onDemand = settings.listsKnownFiles
            for problem in try mirror.publisher.links.problems(of: record, onDemand: onDemand)
            where try mirror.publisher.links.kinds() == kinds {
                noteTold(problem.path)
                tell(Finding.Class(problem.kind), problem.object, problem.path, problem.file, problem.detail)
            }
            for file in record.publishableFiles(onDemand: onDemand) { check(file, tell) }
        } catch {
            tell(.ioError, nil, shown, nil, "\(error)")
        }
    }

    /// What readers see of a project who are held at an older generation, of which no record speaks.
    private func checkHeld(_ name: ProjectName, in slot: Slot) {
        guard (try? mirror.publisher.held()) != .some(nil) else { return }
        do {
            guard let problem = try mirror.publisher.problemOfHeld(name, in: slot) else { return }
            guard try mirror.publisher.held() != nil, try mirror.publisher.slots.live() == slot else { return }
            let kind: Finding.Class = problem.isLink ? .publicationDangling : .pageMismatch
            note(Finding(kind, path: "web/simple/\(name)", project: name, detail: problem.detail))
        } catch {
            note(Finding(.ioError, path: "web/simple/\(name)", project: name, detail: "\(error)"))
        }
    }

    /// The link of one project in the slot that the next publication makes live.
    ///
    /// That publication touches only what changed, so that what is wrong here would come before readers.
    private func checkStandby(_ row: PublishedRow, under key: ProjectKey, in slot: Slot) {
        guard isPending(key, in: slot) == false else { return }
        let path = "slots/\(slot.name)/simple/\(row.name)"
        let problem: (kind: Finding.Class, detail: String)
        do throws(FileError) {
            let found = try mirror.fileSystem.linkState(mirror.publisher.slots.linkPath(of: row.name, in: slot))
            guard let detail = found.problem(expecting: ViewStore.linkTarget(of: row.view)) else { return }
            problem = (.publicationDangling, detail)
        } catch {
            problem = (.ioError, "\(error)")
        }
        guard isStill(key, in: Tables.published, { $0 == row }), isPending(key, in: slot) != true else { return }
        note(Finding(problem.kind, path: path, project: row.name, detail: problem.detail))
    }

    /// Whether a publication of a project is due or under way; `nil` when the index cannot tell, which is a finding.
    private func isPending(_ key: ProjectKey, in slot: Slot) -> Bool? {
        read { catalog throws(CatalogError) in
            if try catalog.contains(key, in: Tables.unpublished) { return true }
            return try catalog.contains(SlotKey(slot: slot, project: key), in: Tables.pending)
        }
    }

    /// Finds links to projects that were never published.
    private func findStrangers(in slot: Slot) {
        let directory = mirror.publisher.slots.path(of: slot).appending("simple")
        do {
            for entry in try mirror.fileSystem.list(directory) where entry.kind != .regular {
                if limits.isOver { return }
                if let name = ProjectName(entry.name), name.normalized == entry.name,
                    isThere(try ProjectKey(name), in: Tables.published)
                {
                    continue
                }
                let detail = "the index knows no such project"
                note(Finding(.publicationDangling, path: "web/simple/\(entry.name)", detail: detail))
            }
        } catch let error as FileError where error.isMissing {
            note(Finding(.publicationDangling, path: "web/simple", detail: "the folder is missing"))
        } catch {
            note(Finding(.ioError, path: "web/simple", detail: "\(error)"))
        }
    }

    /// The list of projects and what the tree says of itself.
    private func checkLists(in slot: Slot) async throws(MirrorError) {
        if limits.isOver { return }
        do throws(PublicationError) {
            for problem in try await mirror.publisher.problemsOfLists(in: slot) {
                note(
                    Finding(
                        problem.isLink ? .publicationDangling : .pageMismatch,
                        path: "web/\(problem.file)",
                        detail: problem.detail
                    )
                )
            }
            let problem = try await mirror.workers.run { () throws(PublicationError) in
                try mirror.publisher.problemOfState(in: slot)
            }
            if let problem {
                note(Finding(.pageMismatch, path: "state.json", detail: problem))
            }
        } catch {
            if case .catalog(let error) = error { return note(error) }
            note(Finding(.ioError, path: "web", detail: "\(error)"))
        }
    }
}
