internal import Catalog
internal import Digest
internal import FileIO
internal import Packaging
internal import Publication
internal import Record
internal import Scheduling
internal import Selection
internal import SimpleIndex
internal import SystemPackage

/// The link below `packages/` of a file that is blocked, and those of what goes with it.
struct BlockedLink: Sendable {
    let project: ProjectName
    let filename: String
    /// The directory below `packages/`.
    let path: String
    let object: SHA256Digest
    /// All of its names.
    let entries: [PackageEntry]
}

extension BlockedLink {
    /// The link of a file as a page lists it.
    init(_ project: ProjectName, _ file: PublishedFile) {
        self.init(
            project: project,
            filename: file.filename,
            path: file.path,
            object: file.sha256,
            entries: file.packages
        )
    }
}

extension ProjectRecord {
    /// The links of files that are blocked, there or not.
    func blockedLinks(by selection: MirrorSelection) -> [BlockedLink] {
        let isBlocked = selection.projects.blocks(name)
        return files.compactMap { file in
            guard let path = file.path, let object = file.sha256,
                isBlocked || selection.files.block(file.asKnown, of: name) != nil
            else { return nil }
            return BlockedLink(
                project: name,
                filename: file.filename,
                path: path,
                object: object,
                entries: file.packages
            )
        }
    }

    /// Whether its page leads to a link.
    fileprivate func shows(_ link: BlockedLink) -> Bool {
        publishableFiles(onDemand: true).contains { $0.filename == link.filename && $0.path == link.path }
    }
}

/// Who knows the URL of a file, as lock files do, must not get it any more than who reads the page.
extension PolicyEnforcement {
    /// Takes what is blocked off the pages of snapshots, and its links; pages of kept generations leave it out when they
    /// are shown again.
    ///
    /// What snapshots say of themselves changes last, so that the links are found again after a crash.
    ///
    /// - Parameters:
    ///   - names: The projects that it may concern.
    ///   - failed: Those of them whose live pages are as before.
    /// - Returns: The links that kept generations list, and a failure for each snapshot that cannot be read.
    /// - Throws: ``MirrorError``.
    func reduceOlderTrees(
        _ names: Set<ProjectName>,
        _ failed: Set<ProjectName>
    ) async throws(MirrorError) -> (links: [BlockedLink], damaged: [Failure]) {
        guard !names.isEmpty else { return ([], []) }
        let showable = selection.showable
        let kept: [(project: ProjectName, file: PublishedFile)]
        let reduced: ReducedSnapshots
        do throws(PublicationError) {
            reduced = try await mirror.publisher.reduceSnapshots(names, to: showable)
            kept = try await mirror.publisher.keptFiles(of: names).filter { !showable.allows($0.file, $0.project) }
        } catch {
            throw .publication(error)
        }
        try await remove(reduced.dropped.map(BlockedLink.init).filter { !failed.contains($0.project) })
        do throws(PublicationError) {
            // A link that stays is to be found again.
            if failed.isDisjoint(with: names) { try await mirror.publisher.finish(reduced) }
        } catch {
            throw .publication(error)
        }
        let damaged = reduced.damaged.map { name in
            let reason = "snapshot \(name) is damaged, and may show what is blocked; run `larder verify --repair`"
            return Failure(project: nil, reason: reason + ", or delete it", attempts: 0)
        }
        return (kept.map(BlockedLink.init).filter { !failed.contains($0.project) }, damaged)
    }

    /// Removes links of files that are blocked and on no page any more; durable.
    ///
    /// The page goes first, so that no page leads to a file that cannot be had (I4). The bytes are for `gc`.
    func remove(_ links: [BlockedLink]) async throws(MirrorError) {
        guard !links.isEmpty else { return }
        let mirror = mirror
        try await mirror.workers.runWrapping { () throws -> Void in
            var gone: [CondemnedKey] = []
            var removed: [PackageKey] = []
            for link in links where try !self.isShownElsewhere(link) {
                for entry in link.entries
                where try mirror.publisher.links.remove(entry.filename, at: entry.path, to: entry.object) {
                    gone.append(try PackageLinks.key(of: entry.filename, at: entry.path))
                    if let key = try PackageLinks.rowKey(of: entry.filename, at: entry.path) { removed.append(key) }
                }
            }
            guard !gone.isEmpty else { return }
            try mirror.barrier.synchronize()
            let (keys, rows) = (gone, removed)
            try mirror.catalog.write { catalog throws(CatalogError) in
                try PackageLinks.forget(rows, in: catalog)
                for key in keys { try catalog.remove(key, in: Tables.condemned) }
            }
        }
    }

    /// Whether a page leads to a link, be it that of another project that has a file of this name; also when that cannot
    /// be told (I10).
    private func isShownElsewhere(_ link: BlockedLink) throws -> Bool {
        let own = try ProjectKey(link.project)
        let names = try mirror.catalog.read { catalog throws(CatalogError) in
            let row = try catalog.row(of: link.object, in: Tables.objects)
            var names: [ProjectName] = []
            for key in try catalog.projects(referringTo: link.object, row) where key != own {
                guard let row = try catalog.row(of: key, in: Tables.projects), row.state == .active else { continue }
                names.append(row.name)
            }
            return names
        }
        for name in names {
            guard let record = try? mirror.records.read(name)?.record, !record.shows(link) else { return true }
        }
        return false
    }
}
