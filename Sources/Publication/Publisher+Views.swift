internal import Catalog
internal import Digest
internal import FileIO
internal import Gzip
internal import Packaging
internal import Record
internal import Scheduling

extension Publisher {
    /// Renders and writes the views of all projects whose records changed, in batches that are durable together.
    ///
    /// - Returns: The number of projects whose view changed.
    func renderChanges(
        generation: UInt64,
        progress: @escaping @Sendable (Int, Int) -> Void
    ) async throws(PublicationError) -> Int {
        let total = try await read { catalog throws(CatalogError) in try catalog.count(of: Tables.unpublished) }
        var done = 0
        var changed = 0
        while true {
            let batch = try await read { catalog throws(CatalogError) in
                try catalog.rows(in: Tables.unpublished, limit: Self.batchSize).map(\.key)
            }
            guard !batch.isEmpty else { return changed }
            let changes = try await render(batch, generation: generation)
            try await commit(changes, of: batch)
            changed += changes.count
            done += batch.count
            progress(done, max(done, total))
        }
    }

    /// Renders and writes the views of some projects; not durable.
    ///
    /// - Returns: The rows of those whose view is another one than before.
    private func render(
        _ keys: [ProjectKey],
        generation: UInt64
    ) async throws(PublicationError) -> [ProjectKey: PublishedRow] {
        let changes = Locked<[ProjectKey: PublishedRow]>([:])
        let time = now()
        let chunk = 64
        let chunkCount = (keys.count + chunk - 1) / chunk
        try await workers.forEach(count: chunkCount) { index throws(PublicationError) in
            var compressor = try Self.makeCompressor()
            for key in keys[(index * chunk)..<min(keys.count, (index + 1) * chunk)] {
                let row = try render(key, generation: generation, time: time, compressor: &compressor)
                if let row { changes.withLock { $0[key] = row } }
            }
        }
        return changes.withLock { $0 }
    }

    /// Renders and writes the view of one project; `nil` when it is the one that is published.
    private func render(
        _ key: ProjectKey,
        generation: UInt64,
        time: Int64,
        compressor: inout GzipCompressor
    ) throws(PublicationError) -> PublishedRow? {
        let project: ProjectRow?
        let published: PublishedRow?
        do throws(CatalogError) {
            (project, published) = try catalog.read { catalog throws(CatalogError) in
                (try catalog.row(of: key, in: Tables.projects), try catalog.row(of: key, in: Tables.published))
            }
        } catch {
            throw .catalog(error)
        }
        guard let project else { return nil }
        let record: (ProjectRecord, SHA256Digest)?
        do throws(RecordStoreError) {
            record = try records.read(project.name)
        } catch {
            throw .record(error)
        }
        // A record that the index does not know is of a commit that was cut off; the next sync makes it good.
        guard let (record, digest) = record, digest == project.record else { return nil }
        let view: View
        do throws(DigestError) {
            view = try View(of: record) { content in
                // A project whose upstream has no serials keeps its own for as long as its page says the same.
                if let published, published.content == content { published.serial } else { generation }
            }
        } catch {
            throw .digest(error)
        }
        if let published, published.view == view.id, published.isListed == view.isListed { return nil }
        let pageTime = max(time, (published?.time ?? 0) + 1)
        let isWhole: Bool
        do throws(CatalogError) {
            isWhole = try catalog.read { catalog throws(CatalogError) in
                try catalog.contains(view.id, in: Tables.views)
            }
        } catch {
            throw .catalog(error)
        }
        try views.write(view, time: pageTime, isWhole: isWhole, compressor: &compressor)
        try links.add(record.publishableFiles)
        return PublishedRow(
            name: record.name,
            view: view.id,
            content: view.content,
            isListed: view.isListed,
            serial: view.serial,
            time: pageTime,
            files: UInt32(clamping: view.fileCount)
        )
    }

    /// Makes the written views durable, and then tells the index.
    private func commit(
        _ changes: [ProjectKey: PublishedRow],
        of keys: [ProjectKey]
    ) async throws(PublicationError) {
        if !changes.isEmpty {
            do throws(FileError) {
                try await workers.run { () throws(FileError) in
                    try fileSystem.synchronizeFileSystem(holding: root)
                }
            } catch {
                throw .file(error)
            }
        }
        try await write { catalog throws(CatalogError) in
            for key in keys {
                try catalog.remove(key, in: Tables.unpublished)
                guard let row = changes[key] else { continue }
                try catalog.put(row, under: key, in: Tables.published)
                try catalog.put(Mark(), under: row.view, in: Tables.views)
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
