internal import Catalog
internal import Digest
internal import Logging
internal import ObjectStore
internal import Packaging
internal import Publication
internal import Record
internal import Scheduling
internal import WheelMetadata

/// What came on demand is entered into records by the next command that may change them.
extension MirrorRoot {
    /// How many projects are entered before the index forgets that something of them came.
    private static let arrivalBatch = 1_000

    /// Has records say that files are here which came on demand; whoever calls it holds the lock.
    ///
    /// Nothing depends on it but what records and counts tell: what cannot be entered now is found when the project's page is
    /// merged again.
    func settleArrivals() async {
        do throws(MirrorError) {
            while true {
                let keys = try await takeArrivals()
                if keys.isEmpty { return }
                // It needs no more room than `gc` does, which may be run for want of it.
                let committer = GroupCommit(self, isFreeing: true)
                do throws(MirrorError) {
                    for key in keys { try await enterArrivals(of: key, committer) }
                } catch {
                    try? await committer.finish()
                    throw error
                }
                try await committer.finish()
            }
        } catch {
            logger.warning("what came on demand is entered later: \(error)")
        }
    }

    /// Some projects of which something came; the index forgets that, so that what comes meanwhile is noted anew.
    private func takeArrivals() async throws(MirrorError) -> [ProjectKey] {
        let catalog = catalog
        return try await workers.runWrapping { () throws -> [ProjectKey] in
            let keys = try catalog.read { catalog throws(CatalogError) in
                try catalog.rows(in: Tables.arrived, from: nil, limit: Self.arrivalBatch).map(\.key)
            }
            guard !keys.isEmpty else { return [] }
            try catalog.write { catalog throws(CatalogError) in
                for key in keys { try catalog.remove(key, in: Tables.arrived) }
            }
            return keys
        }
    }

    private func enterArrivals(of key: ProjectKey, _ committer: GroupCommit) async throws(MirrorError) {
        let found = try await workers.runWrapping { [self] () throws -> (ProjectRecord, ProjectRow)? in
            let row = try catalog.read { catalog throws(CatalogError) in
                try catalog.row(of: key, in: Tables.projects)
            }
            guard var row, row.state == .active, let known = try knownRecord(of: row), !known.isUnindexed else {
                return nil
            }
            var record = known.record
            for index in record.files.indices where record.files[index].state == .known {
                guard let digest = record.files[index].sha256, let size = try storedSize(of: digest) else { continue }
                record.files[index].size = size
                record.files[index].state = .present
                try compareSidecar(of: &record.files[index], digest)
            }
            guard record != known.record else { return nil }
            row.files = record.counts
            row.nextRelease = record.nextRelease
            return (record, row)
        }
        guard let (record, row) = found else { return }
        try await submit(record, row: row, under: key, to: committer)
    }

    /// Leaves out a sidecar that is not the metadata of the wheel that came.
    private func compareSidecar(of file: inout FileRecord, _ digest: SHA256Digest) throws {
        guard let sidecar = file.sidecar.object else { return }
        do throws(WheelMetadataError) {
            let metadata = try WheelMetadata.read(wheelAt: objects.path(of: digest), filename: file.filename)
            let within = try? SHA256Digest.hash(metadata)
            guard let within, within != sidecar else { return }
            let reason = "upstream's sidecar has \(sidecar), the metadata within the wheel has \(within)"
            file.sidecar = Companion(problem: .refused(reason: reason))
        } catch {
            // What could not be read may be right.
            if case .failed = error.reason { return }
            let reason = "the wheel's own metadata cannot be read: \(error)"
            file.sidecar = Companion(problem: .refused(reason: reason))
        }
    }
}
