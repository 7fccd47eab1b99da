package import Bundle
internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Packaging
internal import Publication
internal import Record
internal import Scheduling
internal import SystemPackage

extension MirrorRoot {
    /// How many projects are read at a time.
    private static let batchSize = 256

    /// Lists what the mirror has, for an export elsewhere that carries what it lacks; needs no lock.
    ///
    /// An object whose file is gone or has another size is left out, so that it is carried again.
    ///
    /// - Parameters:
    ///   - head: Called first, with what the inventory says of itself.
    ///   - projects: Called with one batch of projects after the other, in the order of their keys.
    /// - Throws: ``MirrorError``.
    package func inventory(
        head: (InventoryHead) -> Void,
        projects: ([InventoryProject]) -> Void
    ) async throws(MirrorError) {
        let imported = try await importedBundle()
        head(InventoryHead(mirror: imported?.mirror, state: imported?.state))
        var last: ProjectKey?
        while true {
            let start = last
            let rows = try await read { catalog throws(CatalogError) in
                try catalog.rows(in: Tables.projects, from: start, limit: Self.batchSize + 1)
            }
            let batch = rows.filter { $0.key != start }
            guard let end = batch.last else { return }
            last = end.key
            projects(
                try await workers.runWrapping { () throws -> [InventoryProject] in
                    try batch.compactMap { try self.inventory(of: $0.row) }
                }
            )
        }
    }

    /// What there is of a project; `nil` for nothing.
    private func inventory(of row: ProjectRow) throws -> InventoryProject? {
        guard row.state != .unseen, let (record, digest) = try readableRecord(of: row.name) else { return nil }
        // What nobody refers to any more, gc may take at any time.
        let needed = record.removal == nil ? record.objects : []
        let objects = try needed.filter { try storedSize(of: $0) != nil }
        return InventoryProject(name: row.name, record: digest, objects: objects)
    }

    /// The record of a project; `nil` for one that is gone or damaged, so that it is carried again.
    func readableRecord(of name: ProjectName) throws -> (record: ProjectRecord, digest: SHA256Digest)? {
        do throws(RecordStoreError) {
            return try records.read(name)
        } catch {
            guard case .damaged = error else { throw error }
            return nil
        }
    }
}

extension ImportedBundle {
    /// The state that it led to.
    var state: BundleState {
        BundleState(bundle: bundle, sequence: sequence, generation: generation, treeDigest: treeDigest)
    }
}
