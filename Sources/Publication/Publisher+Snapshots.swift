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
        try await workers.run { () throws(PublicationError) in try tree.prepare(hasDocuments: documents != nil) }
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
                try slots.tree(slot).prepare(hasDocuments: documents != nil)
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

    /// Renders pages of all snapshots again without what may not be shown by now.
    ///
    /// - Parameters:
    ///   - names: The projects that it may concern.
    ///   - showable: What may be shown.
    /// - Returns: The files that were taken off.
    /// - Throws: ``PublicationError``.
    package func reduceSnapshots(
        _ names: Set<ProjectName>,
        to showable: Showable
    ) async throws(PublicationError) -> [(project: ProjectName, file: PublishedFile)] {
        var dropped: [(project: ProjectName, file: PublishedFile)] = []
        for snapshot in try PublicationError.wrapping({ try snapshots.names() }) {
            let tree = snapshots.tree(snapshot)
            let before = try await workers.run { () throws(PublicationError) in try snapshots.manifest(snapshot) }
            let (manifest, files) = try await workers.run { () throws(PublicationError) in
                try PublicationError.wrapping {
                    var manifest = before
                    var files: [(project: ProjectName, file: PublishedFile)] = []
                    for index in manifest.rows.indices where names.contains(manifest.rows[index].name) {
                        let row = manifest.rows[index]
                        let project = TreeChange.Project(name: row.name, view: row.view, isListed: row.isListed)
                        guard let reduced = try show(project, instead: project, row, showable).0 else { continue }
                        if reduced == row { continue }
                        files += try (views.files(row.view, of: row.name) ?? [])
                            .filter { !showable.allows($0, row.name) }.map { (row.name, $0) }
                        try tree.link(row.name, to: reduced.view)
                        manifest.rows[index] = reduced
                    }
                    return (manifest, files)
                }
            }
            dropped += files
            if manifest.rows == before.rows { continue }
            _ = try await write(manifest, in: tree)
            try await workers.run { () throws(PublicationError) in
                try PublicationError.wrapping { try barrier.synchronize() }
            }
        }
        return dropped
    }

    /// What readers see of every project, in the order of their keys.
    ///
    /// - Parameter slot: The slot that is live.
    /// - Returns: A row for each project that has a page.
    /// - Throws: ``PublicationError``.
    func shownRows(in slot: Slot) async throws(PublicationError) -> [PublishedRow] {
        let everything = Showable(isListed: { _ in true }, allows: { _, _ in true })
        let showings = try await showings(of: [:], in: slot, everything, droppingDamaged: false)
        let others = Dictionary(uniqueKeysWithValues: showings.map { ($0.key, $0.row) })
        return try await read { catalog throws(CatalogError) in
            var rows: [PublishedRow] = []
            try catalog.forEach(in: Tables.published) { key, row throws(CatalogError) in
                if let shown = others[key] ?? row { rows.append(shown) }
                return true
            }
            return rows
        }
    }

    /// Writes the lists of a snapshot and what it says of itself; not durable.
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
                let result = try summary.finish(number: manifest.generation, time: manifest.time)
                try tree.replace("manifest", with: try manifest.encoded(), time: manifest.created)
                return result
            }
        }
        try await writeRootList(list, generation: found, in: tree)
        return found
    }
}
