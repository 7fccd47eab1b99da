internal import Catalog
internal import Digest
internal import FileIO
internal import Packaging
internal import Publication
internal import Scheduling
internal import SystemPackage

extension Rebuilder {
    /// The tree that readers see; `nil` when there is none, or none that can be told.
    func readLiveTree() -> LiveTree? {
        do throws(PublicationError) {
            return try LiveTree(root: root, settings: settings, fileSystem: fileSystem)
        } catch {
            let reason = "\(error); everything is published anew by `larder publish`"
            note(Failure(project: nil, reason: reason, attempts: 0))
            return nil
        }
    }

    /// Enters how a project is published, and that the other slot's link is older.
    func enter(
        _ shown: ShownProject?,
        of key: ProjectKey,
        _ tree: LiveTree?,
        _ catalog: borrowing CatalogWriter
    ) throws(CatalogError) {
        guard let shown, let tree else { return }
        try catalog.put(shown.row, under: key, in: Tables.published)
        // A slot links to a view only once all of it is durable.
        try catalog.put(Mark(), under: shown.row.view, in: Tables.views)
        guard !shown.isInOtherSlot else { return }
        try catalog.put(Mark(), under: SlotKey(slot: tree.live.other, project: key), in: Tables.pending)
    }

    /// Enters projects that readers see and that have no record which can be believed, so that they stay on the pages.
    func takeStrangers(of tree: LiveTree) async throws(MirrorError) {
        let names = try await workers.runWrapping { try tree.projectNames() }
        for start in stride(from: 0, to: names.count, by: 1_024) {
            if Task.isCancelled { return }
            let batch = Array(names[start..<min(start + 1_024, names.count)])
            let strangers = try await workers.runWrapping { [catalog] in
                let keyed = try batch.map { (key: try ProjectKey($0), name: $0) }
                return try catalog.read { catalog throws(CatalogError) in
                    var strangers: [(key: ProjectKey, name: ProjectName)] = []
                    for project in keyed where try !catalog.contains(project.key, in: Tables.projects) {
                        strangers.append(project)
                    }
                    return strangers
                }
            }
            for (key, name) in strangers { try await take(name, key, of: tree) }
        }
    }

    private func take(_ name: ProjectName, _ key: ProjectKey, of tree: LiveTree) async throws(MirrorError) {
        let shown: ShownProject?
        do {
            shown = try await workers.run { try tree.project(name) }
        } catch {
            return note(Failure(project: name, reason: "its page cannot be read: \(error)", attempts: 0))
        }
        guard let shown else {
            return note(Failure(project: name, reason: "its page is not one that was published here", attempts: 0))
        }
        try await write { catalog throws(CatalogError) in try enter(shown, of: key, tree, catalog) }
        progress.update { $0.report.published += 1 }
    }
}
