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
    func checkPublication() async throws(MirrorError) {
        let slot: Slot?
        do throws(PublicationError) {
            slot = try mirror.publisher.slots.live()
        } catch {
            return note(Finding(.publicationDangling, path: "web", detail: "\(error)"))
        }
        if let slot {
            let published = Locked<Set<ProjectName>>([])
            try await forEachBatch(of: Tables.published) { batch throws(MirrorError) in
                await mirror.workers.forEach(count: batch.count) { index in
                    let (key, row) = batch[index]
                    published.withLock { _ = $0.insert(row.name) }
                    check(row, under: key, in: slot)
                }
            }
            findStrangers(in: slot, published: published.withLock { $0 })
        }
        await checkLinks()
    }

    /// The link and the pages of one project.
    private func check(_ row: PublishedRow, under key: ProjectKey, in slot: Slot) {
        // A view that was rendered and is not live yet, or is about to be, is not what readers see.
        guard !isPending(key, in: slot) else { return }
        let link = mirror.publisher.slots.linkPath(of: row.name, in: slot)
        let shown = "web/simple/\(row.name)"
        do {
            let target = try mirror.fileSystem.readLink(link)
            guard target == ViewStore.linkTarget(of: row.view) else {
                return note(
                    Finding(
                        .publicationDangling,
                        path: shown,
                        project: row.name,
                        detail: "it points to \(target) and should point to \(ViewStore.linkTarget(of: row.view))"
                    )
                )
            }
            // A record that the index does not know yet says nothing of what is published.
            guard let (record, digest) = try mirror.records.read(row.name), isIndexed(digest, under: key) else {
                return
            }
            let view = try View(of: record) { _ in row.serial }
            guard view.id == row.view else {
                return note(
                    Finding(
                        .pageMismatch,
                        path: shown,
                        project: row.name,
                        detail: "the record renders to the view \(view.id.hex), \(row.view.hex) is published"
                    )
                )
            }
            for problem in try mirror.publisher.views.problems(of: view) {
                note(
                    Finding(.pageMismatch, path: "\(shown)/\(problem.file)", project: row.name, detail: problem.detail)
                )
            }
            for problem in try mirror.publisher.links.problems(of: record) {
                note(
                    Finding(
                        .publicationDangling,
                        object: problem.object,
                        path: problem.path,
                        project: row.name,
                        file: problem.file,
                        detail: problem.detail
                    )
                )
            }
        } catch let error as FileError where error.isMissing {
            note(Finding(.publicationDangling, path: shown, project: row.name, detail: "the link is missing"))
        } catch {
            note(Finding(.ioError, path: shown, project: row.name, detail: "\(error)"))
        }
    }

    private func isIndexed(_ record: SHA256Digest, under key: ProjectKey) -> Bool {
        let row = try? mirror.catalog.read { catalog throws(CatalogError) in
            try catalog.row(of: key, in: Tables.projects)
        }
        return row?.record == record
    }

    private func isPending(_ key: ProjectKey, in slot: Slot) -> Bool {
        let isPending = try? mirror.catalog.read { catalog throws(CatalogError) in
            if try catalog.contains(key, in: Tables.unpublished) { return true }
            return try catalog.contains(SlotKey(slot: slot, project: key), in: Tables.pending)
        }
        return isPending ?? true
    }

    /// Finds links to projects that were never published.
    private func findStrangers(in slot: Slot, published: Set<ProjectName>) {
        let directory = mirror.publisher.slots.path(of: slot).appending("simple")
        do throws(FileError) {
            for entry in try mirror.fileSystem.list(directory) where entry.kind != .regular {
                let name = ProjectName(entry.name)
                if name.map({ published.contains($0) && $0.normalized == entry.name }) ?? false { continue }
                note(
                    Finding(
                        .publicationDangling,
                        path: "web/simple/\(entry.name)",
                        detail: "the index knows no such project"
                    )
                )
            }
        } catch {
            note(Finding(.ioError, path: "web/simple", detail: "\(error)"))
        }
    }

    /// Every link below `packages/` against the index (I3).
    private func checkLinks() async {
        await mirror.workers.forEach(count: 256) { prefix in
            if Task.isCancelled { return }
            let links = mirror.publisher.links
            let problems = links.danglingLinks(below: [UInt8(prefix)].hex) { digest in
                let isKnown = try? mirror.catalog.read { catalog throws(CatalogError) in
                    try catalog.contains(digest, in: Tables.objects)
                }
                return isKnown ?? true
            }
            for problem in problems {
                note(
                    Finding(
                        .publicationDangling,
                        object: problem.object,
                        path: problem.path,
                        file: problem.file,
                        detail: problem.detail
                    )
                )
            }
        }
    }
}
