internal import Catalog
internal import Digest
internal import FileIO
internal import Gzip
internal import Packaging
internal import Record
internal import Scheduling

extension Publisher {
    /// What became of a project that was to be rendered.
    private enum Rendering {
        /// Its view is the one that is published.
        case unchanged
        /// The same, and names of files on it may have been added.
        case linked
        /// It has a new view, which lists some links that a collection had marked.
        ///
        /// One that is not whole, since its documents say less than they should, is to be written again.
        case changed(PublishedRow, regained: [CondemnedKey], isWhole: Bool)
        /// It keeps the view that it has, and is to be rendered again.
        case postponed
    }

    /// What became of some projects that were to be rendered.
    private struct RenderedBatch: Sendable {
        /// The rows of those whose view is another one than before.
        var changes: [ProjectKey: PublishedRow] = [:]
        /// Those that need not be rendered again.
        var settled: [ProjectKey] = []
        /// Those of the changes whose views are not whole.
        var poor: Set<ProjectKey> = []
        /// Whether names of files may have been added to views that are as they were.
        var hasLinks = false
        /// Links that a collection marked and that are listed again.
        var regained: [CondemnedKey] = []
    }

    /// Renders and writes the views of all projects whose records changed, in batches that are durable together.
    ///
    /// - Parameters:
    ///   - generation: The number of the publication.
    ///   - progress: Told how many of how many projects are rendered.
    ///   - problem: Told of projects that keep their old view, and why.
    /// - Returns: The number of projects whose view changed.
    /// - Throws: ``PublicationError``.
    func renderChanges(
        generation: UInt64,
        progress: @escaping @Sendable (Int, Int) -> Void,
        problem: @escaping @Sendable (ProjectName, PublicationError) -> Void
    ) async throws(PublicationError) -> Int {
        let total = try await read { catalog throws(CatalogError) in try catalog.count(of: Tables.unpublished) }
        var done = 0
        var changed = 0
        var last: ProjectKey?
        while true {
            let start = last
            let batch = try await read { catalog throws(CatalogError) in
                try catalog.rows(in: Tables.unpublished, from: start, limit: Self.batchSize + 1).map(\.key)
                    .filter { $0 != start }
            }
            guard let end = batch.last else { return changed }
            last = end
            let batchResult = try await render(batch, generation: generation, problem: problem)
            try await commit(batchResult)
            changed += batchResult.changes.count
            done += batch.count
            progress(done, max(done, total))
        }
    }

    /// Renders and writes the views of some projects; not durable.
    ///
    /// - Parameters:
    ///   - keys: The projects.
    ///   - generation: The number of the publication.
    ///   - problem: Told of projects that keep their old view, and why.
    /// - Returns: What became of them.
    /// - Throws: ``PublicationError`` for what concerns more than one project.
    private func render(
        _ keys: [ProjectKey],
        generation: UInt64,
        problem: @escaping @Sendable (ProjectName, PublicationError) -> Void
    ) async throws(PublicationError) -> RenderedBatch {
        let result = Locked(RenderedBatch())
        let names = PackageBatch(links)
        let time = now()
        let chunk = 64
        let chunkCount = (keys.count + chunk - 1) / chunk
        try await workers.forEach(count: chunkCount) { index throws(PublicationError) in
            var compressor = try Self.makeCompressor()
            for key in keys[(index * chunk)..<min(keys.count, (index + 1) * chunk)] {
                let rendering = try render(
                    key,
                    generation: generation,
                    time: time,
                    compressor: &compressor,
                    names: names,
                    problem: problem
                )
                result.withLock { result in
                    switch rendering {
                    case .postponed: return
                    case .unchanged: break
                    case .linked: result.hasLinks = true
                    case .changed(let row, let regained, let isWhole):
                        result.changes[key] = row
                        result.regained += regained
                        if !isWhole { result.poor.insert(key) }
                    }
                    result.settled.append(key)
                }
            }
        }
        // What is told of below is there before.
        try await workers.run { () throws(PublicationError) in try PublicationError.wrapping { try names.settle() } }
        return result.withLock { $0 }
    }

    /// Renders and writes the view of one project.
    private func render(
        _ key: ProjectKey,
        generation: UInt64,
        time: Int64,
        compressor: inout GzipCompressor,
        names: PackageBatch,
        problem: (ProjectName, PublicationError) -> Void
    ) throws(PublicationError) -> Rendering {
        let project: ProjectRow?
        let published: PublishedRow?
        do throws(CatalogError) {
            (project, published) = try catalog.read { catalog throws(CatalogError) in
                (try catalog.row(of: key, in: Tables.projects), try catalog.row(of: key, in: Tables.published))
            }
        } catch {
            throw .catalog(error)
        }
        guard let project else { return .unchanged }
        let record: (ProjectRecord, SHA256Digest)?
        do throws(RecordStoreError) {
            record = try records.read(project.name)
        } catch {
            guard case .damaged = error else { throw .record(error) }
            problem(project.name, .record(error))
            return .postponed
        }
        // A record that the index does not know is of a commit that was cut off; the next sync makes it good.
        guard let (record, digest) = record, digest == project.record else {
            problem(
                project.name,
                .damagedState(path: root, detail: "the index does not know the record; run `larder sync`")
            )
            return .postponed
        }
        let view: View
        do throws(DigestError) {
            let last = published.map { ($0.content, $0.serial) }
            view = try View(of: record, settings: settings, after: last, generation: generation)
        } catch {
            throw .digest(error)
        }
        let isWhole: Bool
        do throws(CatalogError) {
            isWhole = try catalog.read { catalog throws(CatalogError) in
                try catalog.contains(view.id, in: Tables.views)
            }
        } catch {
            throw .catalog(error)
        }
        // A view that lost its mark was found damaged, and is written again under its name.
        if let published, published.view == view.id, published.isListed == view.isListed, isWhole {
            // A file on it that was had on demand may have come.
            guard settings.listsKnownFiles else { return .unchanged }
            return try add(record, names, problem) ? .linked : .postponed
        }
        let pageTime = max(time, (published?.time ?? 0) + 1)
        let poor = try views.write(view, time: pageTime, isWhole: isWhole, compressor: &compressor)
        guard try add(record, names, problem) else { return .postponed }
        if !poor.isEmpty {
            problem(project.name, .poorDocuments(poor))
            // Readers see it already.
            if let published, published.view == view.id, published.isListed == view.isListed { return .postponed }
        }
        let row = PublishedRow(
            name: record.name,
            view: view.id,
            content: view.content,
            isListed: view.isListed,
            serial: view.serial,
            time: pageTime,
            files: UInt32(clamping: view.fileCount)
        )
        let regained = try PublicationError.wrapping { try condemnedLinks(of: record) }
        return .changed(row, regained: regained, isWhole: poor.isEmpty)
    }

    /// Adds the names of a project's files; whether that could be done.
    private func add(
        _ record: ProjectRecord,
        _ names: PackageBatch,
        _ problem: (ProjectName, PublicationError) -> Void
    ) throws(PublicationError) -> Bool {
        do throws(PublicationError) {
            try links.add(record.publishableFiles(onDemand: settings.listsKnownFiles), to: names)
            return true
        } catch {
            switch error {
            case .linkTaken, .noObject: problem(record.name, error)
            default: throw error
            }
            return false
        }
    }

    /// The links on the page of a record that a collection marked when no page listed them.
    private func condemnedLinks(of record: ProjectRecord) throws -> [CondemnedKey] {
        let isNone = try catalog.read { catalog throws(CatalogError) in try catalog.count(of: Tables.condemned) == 0 }
        if isNone { return [] }
        var keys: [CondemnedKey] = []
        for entry in record.publishableFiles(onDemand: settings.listsKnownFiles).flatMap(\.packages) {
            keys.append(try PackageLinks.key(of: entry.filename, at: entry.path))
        }
        return try catalog.read { catalog throws(CatalogError) in
            var condemned: [CondemnedKey] = []
            for key in keys where try catalog.contains(key, in: Tables.condemned) { condemned.append(key) }
            return condemned
        }
    }

    /// Makes the written views durable, and then tells the index.
    private func commit(_ batch: RenderedBatch) async throws(PublicationError) {
        if !batch.changes.isEmpty || batch.hasLinks {
            do throws(FileError) {
                try await workers.run { () throws(FileError) in
                    try barrier.synchronize()
                }
            } catch {
                throw .file(error)
            }
        }
        try await write { catalog throws(CatalogError) in
            for key in batch.regained { try catalog.remove(key, in: Tables.condemned) }
            for key in batch.settled {
                let isWhole = !batch.poor.contains(key)
                if isWhole { try catalog.remove(key, in: Tables.unpublished) }
                guard let row = batch.changes[key] else { continue }
                try catalog.put(row, under: key, in: Tables.published)
                try catalog.remove(CondemnedKey(row.view), in: Tables.condemned)
                if isWhole { try catalog.put(Mark(), under: row.view, in: Tables.views) }
                for slot in Slot.allCases {
                    try catalog.put(Mark(), under: SlotKey(slot: slot, project: key), in: Tables.pending)
                }
            }
        }
    }

    private static func makeCompressor() throws(PublicationError) -> GzipCompressor {
        do throws(GzipError) {
            return try GzipCompressor(level: View.compressionLevel)
        } catch {
            throw .compression("\(error)")
        }
    }
}
