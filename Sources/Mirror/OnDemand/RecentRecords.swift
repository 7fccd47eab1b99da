internal import Catalog
internal import Digest
internal import Publication
internal import Record
internal import Scheduling

/// What pages list of the projects that were asked for lately: a record may have thousands of files, and many of them are
/// asked for one after the other.
///
/// Records are told apart by the digest that the index has of them, so that nothing here is older than the index.
final class RecentRecords: Sendable {
    /// The most files of all records together, but for one record.
    private static let limit = 20_000

    private struct State {
        var files: [SHA256Digest: [String: FileRecord]] = [:]
        var count = 0
    }

    private let state = Locked(State())

    /// The files that pages may list of a project, by their names.
    ///
    /// - Parameters:
    ///   - row: What the index has of the project.
    ///   - records: Where its record is.
    /// - Returns: The files; `nil` without a record.
    /// - Throws: `RecordStoreError`.
    func files(of row: ProjectRow, in records: RecordStore) throws(RecordStoreError) -> [String: FileRecord]? {
        if let expected = row.record, let known = state.withLock({ $0.files[expected] }) { return known }
        guard let (record, digest) = try records.read(row.name) else { return nil }
        let listed = record.publishableFiles(onDemand: true)
        let files = Dictionary(listed.map { ($0.filename, $0) }) { first, _ in first }
        state.withLock { state in
            if state.count + files.count > Self.limit { state = State() }
            if state.files.updateValue(files, forKey: digest) == nil { state.count += files.count }
        }
        return files
    }
}
