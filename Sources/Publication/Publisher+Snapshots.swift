internal import Catalog
internal import Digest
internal import FileIO
internal import Gzip
package import Packaging
internal import Scheduling
package import SimpleIndex
internal import SystemPackage

/// Trees that are kept under names, beside the live one.
extension Publisher {
    /// Keeps what readers see now under a name; durable.
    ///
    /// - Parameter name: The name, which no snapshot has.
    /// - Returns: The generation that it shows.
    /// - Throws: ``PublicationError``; `snapshotTaken` where there is one, `unreachable` before the first publication.
    package func makeSnapshot(_ name: SnapshotName) async throws(PublicationError) -> Generation {
        guard let slot = try slots.live(), let live = try live() else {
            throw .unreachable(generation: 0, kept: [])
        }
        if try PublicationError.wrapping({ try fileSystem.exists(snapshots.tree(name).path) }) {
            throw .snapshotTaken(name)
        }
        let rows = try await shownRows(in: slot)
        let tree = snapshots.newTree(name)
        try await workers.run { () throws(PublicationError) in try tree.prepare(settings) }
        let chunk = 256
        try await workers.forEach(count: (rows.count + chunk - 1) / chunk) { index throws(PublicationError) in
            for row in rows[(index * chunk)..<min(rows.count, (index + 1) * chunk)] {
                try tree.link(row.name, to: row.view)
            }
        }
        let manifest = SnapshotManifest(created: now(), generation: live.number, time: live.time, rows: rows)
        let generation = try await write(manifest, in: tree)
        guard generation.treeDigest == live.treeDigest else {
            let detail = "the live tree comes to \(generation.treeDigest), and should to \(live.treeDigest)"
            throw .damagedState(path: slots.path(of: slot), detail: detail)
        }
        try await workers.run { () throws(PublicationError) in
            try PublicationError.wrapping {
                try barrier.synchronize()
                try snapshots.place(name)
                // A slot that was published before there were snapshots does not lead to them yet.
                try slots.tree(slot).share()
                try fileSystem.synchronizeDirectory(slots.path(of: slot))
            }
        }
        return generation
    }

    /// Removes a snapshot, durably; what only it referred to is for `gc`.
    ///
    /// - Throws: ``PublicationError``; `noSnapshot` when there is none of this name.
    package func removeSnapshot(_ name: SnapshotName) async throws(PublicationError) {
        try await workers.run { () throws(PublicationError) in
            try PublicationError.wrapping {
                guard try fileSystem.exists(snapshots.tree(name).path) else { throw PublicationError.noSnapshot(name) }
                try snapshots.remove(name)
            }
        }
    }

    /// Takes readers to a snapshot, and holds them there.
    ///
    /// - Parameters:
    ///   - name: The snapshot.
    ///   - showable: What may be shown.
    /// - Returns: The generation as it is live now.
    /// - Throws: ``PublicationError`` as ``hold(at:_:)``; `noSnapshot` when there is none of this name.
    package func hold(
        atSnapshot name: SnapshotName,
        _ showable: Showable
    ) async throws(PublicationError) -> Generation {
        guard let slot = try slots.live(), let live = try live(), let target = try snapshots.generation(name) else {
            throw .noSnapshot(name)
        }
        let manifest = try await workers.run { () throws(PublicationError) in try snapshots.manifest(name) }
        var wanted = Dictionary(manifest.rows.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var projects: [ProjectName: TreeChange.Project] = [:]
        for shown in try await shownRows(in: slot) {
            let row = wanted.removeValue(forKey: shown.name)
            if row?.view == shown.view, row?.isListed == shown.isListed { continue }
            projects[shown.name] = .init(name: shown.name, view: row?.view, isListed: row?.isListed ?? false)
        }
        for row in wanted.values {
            projects[row.name] = .init(name: row.name, view: row.view, isListed: row.isListed)
        }
        return try await take(projects, like: target, from: live, in: slot, showable)
    }

    /// Renders pages of all snapshots again without what may not be shown by now, durably; what the snapshots say of
    /// themselves is as before until ``finish(_:)``, so that whoever comes after a crash finds the same once more.
    ///
    /// - Parameters:
    ///   - names: The projects that it may concern.
    ///   - showable: What may be shown.
    /// - Returns: What was done.
    /// - Throws: ``PublicationError``.
    package func reduceSnapshots(
        _ names: Set<ProjectName>,
        to showable: Showable
    ) async throws(PublicationError) -> ReducedSnapshots {
        try await workers.run { () throws(PublicationError) in
            try PublicationError.wrapping {
                var reduced = ReducedSnapshots()
                var links: [(tree: LinkTree, row: PublishedRow)] = []
                for snapshot in try snapshots.names() {
                    let before: SnapshotManifest
                    do {
                        before = try snapshots.manifest(snapshot)
                    } catch PublicationError.damagedState {
                        // The others must not wait for it.
                        reduced.damaged.append(snapshot)
                        continue
                    }
                    var manifest = before
                    manifest.rows = []
                    for row in before.rows {
                        guard names.contains(row.name) else {
                            manifest.rows.append(row)
                            continue
                        }
                        let project = TreeChange.Project(name: row.name, view: row.view, isListed: row.isListed)
                        do {
                            guard let shown = try show(project, instead: project, row, showable).0 else { continue }
                            manifest.rows.append(shown)
                            if shown.view != row.view { links.append((snapshots.tree(snapshot), shown)) }
                        } catch PublicationError.damagedState {
                            // What it lists cannot be told, so that it is not shown any more.
                            try fileSystem.removeIfPresent(snapshots.tree(snapshot).linkPath(of: row.name))
                        }
                        reduced.dropped += try (views.files(row.view, of: row.name) ?? [])
                            .filter { !showable.allows($0, row.name) }.map { (row.name, $0) }
                    }
                    if manifest.rows != before.rows { reduced.manifests.append((snapshot, manifest)) }
                }
                guard !reduced.manifests.isEmpty else { return reduced }
                try barrier.synchronize()
                for (tree, row) in links { try tree.link(row.name, to: row.view) }
                try barrier.synchronize()
                return reduced
            }
        }
    }

    /// Has snapshots say of themselves what they show since ``reduceSnapshots(_:to:)``; durable.
    ///
    /// - Throws: ``PublicationError``.
    package func finish(_ reduced: ReducedSnapshots) async throws(PublicationError) {
        guard !reduced.manifests.isEmpty else { return }
        for (name, manifest) in reduced.manifests { _ = try await write(manifest, in: snapshots.tree(name)) }
        try await workers.run { () throws(PublicationError) in
            try PublicationError.wrapping { try barrier.synchronize() }
        }
    }

    /// What readers see of every project, in the order of their keys; nothing is written.
    ///
    /// - Parameter slot: The slot that is live.
    /// - Returns: A row for each project that has a page.
    /// - Throws: ``PublicationError``; `damagedState` for a page that no record speaks of and that is damaged.
    func shownRows(in slot: Slot) async throws(PublicationError) -> [PublishedRow] {
        var pending: [(key: ProjectKey, row: PublishedRow)] = []
        var last: ProjectKey?
        while true {
            let batch = try await pendingProjects(in: slot, from: last, limit: Self.batchSize)
            guard let end = batch.last else { break }
            last = end.key
            pending += batch
        }
        let waiting = pending
        let others = try await workers.run { () throws(PublicationError) in
            try PublicationError.wrapping {
                let tree = slots.tree(slot)
                let listed = listedNames(in: tree, among: Set(waiting.map(\.row.name)))
                var rows: [ProjectKey: PublishedRow?] = [:]
                for (key, row) in waiting {
                    rows[key] = .some(try shownRow(of: row.name, in: tree, isListed: listed.contains(row.name)))
                }
                return rows
            }
        }
        return try await read { catalog throws(CatalogError) in
            var rows: [PublishedRow] = []
            try catalog.forEach(in: Tables.published) { key, row throws(CatalogError) in
                if let shown = others[key] ?? row { rows.append(shown) }
                return true
            }
            return rows
        }
    }

    /// What a tree shows of a project, by its page alone; `nil` for nothing.
    func shownRow(of name: ProjectName, in tree: LinkTree, isListed: Bool) throws -> PublishedRow? {
        guard let id = try tree.view(of: name) else { return nil }
        guard let view = try madePage(id, of: name)?.view else {
            throw PublicationError.damagedState(path: views.path(of: id), detail: "the page is not as it was made")
        }
        return PublishedRow(
            name: name,
            view: id,
            content: view.content,
            isListed: isListed,
            serial: view.serial,
            time: try views.time(of: id) ?? 0,
            files: UInt32(clamping: view.fileCount)
        )
    }

    /// Writes the lists of a snapshot and then, when they are durable, what it says of itself, which is not.
    ///
    /// Whoever finds the manifest as it should be finds the lists so too.
    ///
    /// - Returns: What it says.
    func write(
        _ manifest: SnapshotManifest,
        in tree: LinkTree
    ) async throws(PublicationError) -> Generation {
        let (found, list) = try await workers.run { () throws(PublicationError) in
            try PublicationError.wrapping {
                var summary = try TreeSummary()
                for row in manifest.rows { summary.add(row) }
                return try summary.finish(number: manifest.generation, time: manifest.time)
            }
        }
        try await writeRootList(list, generation: found, in: tree)
        try await workers.run { () throws(PublicationError) in
            try PublicationError.wrapping {
                try barrier.synchronize()
                try tree.replace("manifest", with: try manifest.encoded(), time: manifest.created)
            }
        }
        return found
    }
}

/// What became of snapshots of which something may not be shown any more.
package struct ReducedSnapshots: Sendable {
    /// What each snapshot shows now that shows less than before.
    var manifests: [(name: SnapshotName, manifest: SnapshotManifest)] = []
    /// The files that may not be shown, on pages as the snapshots still say that they are.
    package fileprivate(set) var dropped: [(project: ProjectName, file: PublishedFile)] = []
    /// Snapshots of which it cannot be told what they show.
    package fileprivate(set) var damaged: [SnapshotName] = []
}
