package import Catalog
internal import FileIO
internal import Gzip
package import Packaging
internal import Scheduling
internal import SimpleIndex
internal import SystemPackage

/// Readers held at an older generation: their tree is made of views that were shown before, and of nothing else.
///
/// The index goes on to say what the newest records render to; every project that readers see otherwise is pending in the
/// slot that is live.
extension Publisher {
    /// The generation at which readers are held; `nil` when they see the newest.
    ///
    /// A rollback that was cut off before its tree was live holds nobody.
    ///
    /// - Throws: ``PublicationError``.
    package func held() throws(PublicationError) -> UInt64? {
        guard let held = try MirrorState(root: root, fileSystem: fileSystem).held else { return nil }
        // What a damaged `generation.json` says is not known; what was held is, until readers see the newest.
        guard let live = try intactGeneration() else { return try slots.live() == nil ? nil : held }
        return live.number == held ? held : nil
    }

    /// The generations to which readers can be taken back, the newest first, without the one that is live.
    ///
    /// - Throws: ``PublicationError``.
    package func keptGenerations() async throws(PublicationError) -> [Generation] {
        try await workers.run { () throws(PublicationError) in
            guard let live = try self.live() else { return [] }
            var kept: [Generation] = []
            try history.walkBack(from: live) { change in
                let former = change.former
                if former.number != live.number, !kept.contains(where: { $0.number == former.number }) {
                    kept.append(former)
                }
                return true
            }
            return kept
        }
    }

    /// Takes readers to an older generation, or forward to one that was live before, and holds them there.
    ///
    /// What is blocked by now, or not here any more, is left out of its pages.
    ///
    /// - Parameters:
    ///   - number: The generation.
    ///   - showable: What may be shown.
    /// - Returns: The generation as it is live now.
    /// - Throws: ``PublicationError``; `unreachable` when it is not kept, `damagedState` when what is kept of it does not
    ///   come to what it was; readers then see what they saw.
    package func hold(at number: UInt64, _ showable: Showable) async throws(PublicationError) -> Generation {
        guard let slot = try slots.live() else { throw .unreachable(generation: number, kept: []) }
        let live = try await shownGeneration(in: slot)
        var projects: [ProjectName: TreeChange.Project] = [:]
        guard number != live.number else { return try await take([:], like: live, from: live, in: slot, showable) }
        let target = try await workers.run { () throws(PublicationError) -> (Generation, [TreeChange.Project])? in
            var found: [ProjectName: TreeChange.Project] = [:]
            var former: Generation?
            try history.walkBack(from: live) { change in
                for project in change.projects { found[project.name] = project }
                if change.former.number == number { former = change.former }
                return former == nil
            }
            return former.map { ($0, Array(found.values)) }
        }
        guard let target else {
            throw .unreachable(generation: number, kept: try await keptGenerations().map(\.number))
        }
        for project in target.1 { projects[project.name] = project }
        return try await take(projects, like: target.0, from: live, in: slot, showable)
    }

    /// Renders what readers who are held see of some projects again, without what may not be shown by now.
    ///
    /// A project whose page is damaged is not shown until readers see the newest.
    ///
    /// - Parameters:
    ///   - names: The projects.
    ///   - showable: What may be shown.
    /// - Returns: The generation as it is live now, and projects whose records cannot be rendered now, with the reason.
    /// - Throws: ``PublicationError``.
    package func reduce(
        _ names: Set<ProjectName>,
        to showable: Showable
    ) async throws(PublicationError) -> (generation: Generation, postponed: [ProjectName: String]) {
        guard let slot = try slots.live() else { throw .unreachable(generation: 0, kept: []) }
        let live = try await shownGeneration(in: slot)
        // What the newest records render to may mend a page that readers see as well.
        let state = try MirrorState(root: root, fileSystem: fileSystem)
        let postponed = Locked<[ProjectName: String]>([:])
        _ = try await renderChanges(
            generation: state.generation + 1,
            progress: { _, _ in },
            problem: { name, error in postponed.withLock { $0[name] = error.reason } }
        )
        let projects = try await workers.run { () throws(PublicationError) in
            try PublicationError.wrapping {
                let listed = listedNames(in: slots.tree(slot), among: names)
                var projects: [ProjectName: TreeChange.Project] = [:]
                for name in names {
                    guard let view = try slots.view(of: name, in: slot) else { continue }
                    projects[name] = .init(name: name, view: view, isListed: listed.contains(name))
                }
                return projects
            }
        }
        let generation = try await take(projects, like: live, from: live, in: slot, showable, droppingDamaged: true)
        return (generation, postponed.withLock { $0 })
    }

    /// What the live tree says of itself, or what it comes to where that is damaged.
    private func shownGeneration(in slot: Slot) async throws(PublicationError) -> Generation {
        if let live = try intactGeneration() { return live }
        let state = try MirrorState(root: root, fileSystem: fileSystem)
        return try await summary(of: slot, number: state.held ?? state.generation).0
    }

    /// What readers see of all projects together.
    ///
    /// - Parameters:
    ///   - slot: The slot that is live.
    ///   - number: The number of its generation.
    /// - Returns: The generation, of this moment, and its root list.
    /// - Throws: ``PublicationError``.
    func summary(of slot: Slot, number: UInt64) async throws(PublicationError) -> (Generation, PublishedRootList) {
        let rows = try await shownRows(in: slot)
        return try PublicationError.wrapping {
            var summary = try TreeSummary()
            for row in rows { summary.add(row) }
            return try summary.finish(number: number, time: now())
        }
    }

    /// What is wrong with what readers who are held see of a project; `nil` when nothing is, or they see none.
    ///
    /// - Throws: What keeps it from being read.
    package func problemOfHeld(_ name: ProjectName, in slot: Slot) throws -> (isLink: Bool, detail: String)? {
        let link = try fileSystem.linkState(slots.linkPath(of: name, in: slot))
        if link == .missing { return nil }
        guard let id = link.target.flatMap({ ViewStore.view(linkTarget: $0) }) else {
            return (true, "it leads to no view")
        }
        return try problem(ofPage: id, of: name)
    }

    /// What is wrong with a page that no record speaks of, and with the files that it lists; `nil` when nothing is.
    func problem(ofPage id: ViewID, of name: ProjectName) throws -> (isLink: Bool, detail: String)? {
        guard let (page, view) = try madePage(id, of: name) else { return (false, "the page is not as it was made") }
        if let problem = try views.problems(of: view).first { return (false, "\(problem.file): \(problem.detail)") }
        for file in PublishedPage(of: page)?.files ?? [] where try !links.leads(to: file) {
            return (true, "\(file.filename) cannot be had")
        }
        return nil
    }

    /// The JSON page of a view, and the view that it renders to with the documents that the view has; `nil` when that is
    /// another one, so that the page is damaged.
    func madePage(_ id: ViewID, of name: ProjectName) throws -> (page: ProjectPage, view: View)? {
        guard let page = try views.page(id, of: name) else { return nil }
        for settings in [documents, views.documentSettings(of: id)] {
            if let view = try View(of: page, documents: settings), view.id == id { return (page, view) }
        }
        return nil
    }

    /// How a project is to be shown.
    struct Showing: Sendable {
        let key: ProjectKey
        let name: ProjectName
        /// What readers see of it.
        let before: TreeChange.Project
        /// What they are to see; `nil` for nothing.
        let row: PublishedRow?
        /// What the index says.
        let newest: PublishedRow
        /// Whether the view was written for this.
        let isNew: Bool
        /// Whether less is shown than was asked for.
        let isReduced: Bool

        /// Whether readers see what the index says.
        var isNewest: Bool { row?.view == newest.view && row?.isListed == newest.isListed }
        /// Whether readers see another page than before.
        var isChange: Bool { before.view != row?.view || row != nil && before.isListed != row?.isListed }
    }

    /// Makes the tree that readers see live again with other views of some projects, and holds them there.
    ///
    /// - Parameters:
    ///   - projects: How these are to be shown.
    ///   - target: What the tree is to say of itself, but for what is left out.
    ///   - live: What it says now.
    ///   - slot: The slot that is live.
    ///   - showable: What may be shown.
    ///   - droppingDamaged: Whether a project whose page is damaged is not shown, rather than an error.
    /// - Returns: What it says then.
    /// - Throws: ``PublicationError``.
    func take(
        _ projects: [ProjectName: TreeChange.Project],
        like target: Generation,
        from live: Generation,
        in slot: Slot,
        _ showable: Showable,
        droppingDamaged: Bool = false
    ) async throws(PublicationError) -> Generation {
        let standby = slot.other
        let showings = try await showings(of: projects, in: slot, showable, droppingDamaged: droppingDamaged)
        let isReduced = showings.contains { $0.isReduced }
        // The index calls no view whole that is not durable.
        try await workers.run { () throws(PublicationError) in
            try PublicationError.wrapping { try barrier.synchronize() }
        }
        // Before any link is another one, so that whatever publishes next after a crash makes all of them right.
        try await write { catalog throws(CatalogError) in
            for showing in showings {
                try catalog.put(Mark(), under: SlotKey(slot: standby, project: showing.key), in: Tables.pending)
                guard let row = showing.row else { continue }
                try catalog.remove(CondemnedKey(row.view), in: Tables.condemned)
                if showing.isNew { try catalog.put(Mark(), under: row.view, in: Tables.views) }
            }
        }
        try await workers.run { () throws(PublicationError) in
            try slots.tree(standby).prepare(hasDocuments: documents != nil)
        }
        try await workers.forEach(count: showings.count) { index throws(PublicationError) in
            let showing = showings[index]
            if let row = showing.row {
                try slots.tree(standby).link(showing.name, to: row.view)
            } else {
                try PublicationError.wrapping {
                    try fileSystem.removeIfPresent(slots.linkPath(of: showing.name, in: standby))
                }
            }
        }
        let rows = Dictionary(uniqueKeysWithValues: showings.map { ($0.key, $0.row) })
        let (found, list) = try await summarize(number: target.number, time: target.time, replacing: rows)
        if found.treeDigest != target.treeDigest, !isReduced, target.number != live.number {
            let detail = "generation \(target.number) comes to \(found.treeDigest), and was \(target.treeDigest)"
            throw .damagedState(path: history.directory, detail: detail)
        }
        try await writeRootList(list, generation: found, in: slots.tree(standby))
        let changed = showings.filter(\.isChange).map(\.before)
        let isKept = changed.count <= TreeHistory.projectLimit
        if !changed.isEmpty || found != live { try await stageChange(from: live, to: found, isKept ? changed : nil) }
        var state = try MirrorState(root: root, fileSystem: fileSystem)
        state.held = target.number
        try await switchTo(standby, state: state, behind: Set(showings.filter { !$0.isNewest }.map(\.key)))
        return found
    }

    /// How all projects are to be shown that may differ between the slots, or are asked for.
    func showings(
        of projects: [ProjectName: TreeChange.Project],
        in slot: Slot,
        _ showable: Showable,
        droppingDamaged: Bool
    ) async throws(PublicationError) -> [Showing] {
        var newest: [ProjectKey: PublishedRow] = [:]
        for each in Slot.allCases {
            var last: ProjectKey?
            while true {
                let batch = try await pendingProjects(in: each, from: last, limit: Self.batchSize)
                guard let end = batch.last else { break }
                last = end.key
                for (key, row) in batch { newest[key] = row }
            }
        }
        let named = try await read { catalog throws(CatalogError) in
            var rows: [ProjectKey: PublishedRow] = [:]
            for name in projects.keys {
                // What the index does not know had a page only for being blocked.
                guard let key = try? ProjectKey(name) else { continue }
                rows[key] = try catalog.row(of: key, in: Tables.published)
            }
            return rows
        }
        newest.merge(named) { first, _ in first }
        let all = Array(newest)
        let listed = await workers.run { listedNames(in: slots.tree(slot), among: Set(all.map(\.value.name))) }
        let showings = Locked<[Showing]>([])
        try await workers.forEach(count: all.count) { index throws(PublicationError) in
            let (key, row) = all[index]
            let found = try PublicationError.wrapping {
                let before = TreeChange.Project(
                    name: row.name,
                    view: try slots.view(of: row.name, in: slot),
                    isListed: listed.contains(row.name)
                )
                let project = projects[row.name] ?? before
                var (shown, isNew): (PublishedRow?, Bool)
                do {
                    (shown, isNew) = try show(project, instead: before, row, showable)
                } catch PublicationError.damagedState where droppingDamaged {
                    (shown, isNew) = (nil, true)
                }
                return Showing(
                    key: key,
                    name: row.name,
                    before: before,
                    row: shown,
                    newest: row,
                    isNew: isNew,
                    isReduced: isNew || shown.map { $0.isListed != project.isListed } ?? false
                )
            }
            showings.withLock { $0.append(found) }
        }
        return showings.withLock { $0 }
    }

    /// The row of a project as it is to be shown, and whether its view was written for that; not durable.
    func show(
        _ project: TreeChange.Project,
        instead before: TreeChange.Project,
        _ newest: PublishedRow,
        _ showable: Showable
    ) throws -> (PublishedRow?, isNew: Bool) {
        guard let id = project.view else { return (nil, false) }
        guard let (page, whole) = try madePage(id, of: project.name), let published = PublishedPage(of: page) else {
            throw PublicationError.damagedState(path: views.path(of: id), detail: "the page is not as it was made")
        }
        let isListed = project.isListed && showable.isListed(project.name)
        let files = try published.files.filter { file in
            try showable.allows(file, project.name) && links.leads(to: file)
        }
        let isNew = files.count < published.files.count
        let view =
            isNew
            ? try View(
                PublishedPage(name: page.name, serial: whole.serial, status: page.status, files: files, versions: nil),
                serial: whole.serial,
                isListed: isListed,
                documents
            ) : whole
        let isShown = before.view == view.id
        let shownTime = try before.view.flatMap { try views.time(of: $0) } ?? 0
        let time = isShown ? shownTime : max(now(), max(shownTime, newest.time) + 1)
        // What JSON says is enough to make the other pages of the view anew.
        let isDamaged = try !isNew && !views.problems(of: view).isEmpty
        if !isShown || isDamaged {
            var compressor = try GzipCompressor(level: View.compressionLevel)
            // What documents lack since metadata cannot be read is found by `verify`.
            let isKnown = try catalog.read { catalog throws(CatalogError) in
                try catalog.contains(view.id, in: Tables.views)
            }
            let isWhole = isNew ? try isKnown && views.problems(of: view).isEmpty : !isDamaged
            _ = try views.write(view, time: time, isWhole: isWhole, compressor: &compressor)
        }
        let row = PublishedRow(
            name: project.name,
            view: view.id,
            content: view.content,
            isListed: isListed,
            serial: view.serial,
            time: time,
            files: UInt32(clamping: view.fileCount)
        )
        return (row, isNew)
    }
}
