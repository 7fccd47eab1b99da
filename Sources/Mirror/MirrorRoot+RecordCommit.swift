internal import Catalog
internal import Digest
internal import ObjectStore
internal import Record
internal import Scheduling
internal import SystemPackage

extension MirrorRoot {
    /// Hands a new record and its row over to a group.
    ///
    /// - Parameters:
    ///   - record: The record.
    ///   - row: The row; it gets the record's digest.
    ///   - key: The project's key.
    ///   - committer: What commits them.
    ///   - isDurable: Called once both are durable.
    /// - Throws: ``MirrorError`` of the disk, or of an earlier group.
    func submit(
        _ record: ProjectRecord,
        row: ProjectRow,
        under key: ProjectKey,
        to committer: GroupCommit,
        isDurable: @escaping @Sendable () -> Void = {}
    ) async throws(MirrorError) {
        let records = records
        let path = objects.newStagingPath()
        var row = row
        row.record = try await workers.runWrapping { () throws -> SHA256Digest in
            let (bytes, digest) = try record.encoded()
            try records.stage(bytes, at: path)
            return digest
        }
        let staged = GroupCommit.StagedRecord(path: path, objects: record.objects)
        try await committer.submit(row, under: key, record: staged, isDurable: isDurable)
    }
}
