internal import Catalog
internal import FileIO
internal import Gzip
internal import Packaging
internal import Scheduling
internal import SimpleIndex
internal import SystemPackage
internal import WebPages

/// A tree that is made of pages which were shown before.
extension Publisher {
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
            try slots.tree(standby).prepare(settings)
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
        let known = try knownFiles(of: project.name)
        let files = try published.files.compactMap { file in
            showable.allows(file, project.name) ? try links.reachable(file, known: known) : nil
        }
        let isNew = files != published.files
        let isBlocked = isNew && !published.files.contains { showable.allows($0, project.name) }
        let view =
            isNew
            ? try View(
                PublishedPage(name: page.name, serial: whole.serial, status: page.status, files: files, versions: nil),
                serial: whole.serial,
                isListed: isListed,
                absence: isBlocked ? .policy : nil,
                settings
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
