internal import Catalog
internal import Digest
internal import Packaging
internal import Record
internal import SystemPackage

/// A project's record on disk, as far as the index vouches for it.
///
/// A record is in place before the index learns of it. Where a commit was cut off between the two, the record says of
/// files that they are here whose objects nobody has to keep.
struct KnownRecord: Sendable {
    /// The record; what it calls present is in the index.
    var record: ProjectRecord
    /// Whether the index knows another record, so that this one has to be committed whatever it says.
    var isUnindexed = false
    /// The digest that the record carries.
    let digest: SHA256Digest
    /// Whether it spoke of objects that the index does not know.
    var lacksObjects = false
}

extension MirrorRoot {
    /// Reads the record of a project.
    ///
    /// - Parameter row: What the index says of the project.
    /// - Returns: The record; `nil` when there is none.
    /// - Throws: `RecordStoreError` and `CatalogError`.
    func knownRecord(of row: ProjectRow) throws -> KnownRecord? {
        guard let (record, digest) = try records.read(row.name) else { return nil }
        guard digest != row.record else { return KnownRecord(record: record, digest: digest) }
        let vouched = try catalog.read { catalog throws(CatalogError) in
            var vouched = record
            for index in vouched.files.indices {
                let file = vouched.files[index]
                if file.isPresent, let digest = file.sha256, try !catalog.contains(digest, in: Tables.objects) {
                    vouched.files[index].state = .missing(reason: "not downloaded yet")
                }
                for kind in CompanionKind.allCases {
                    guard let object = file[kind].object, try !catalog.contains(object, in: Tables.objects) else {
                        continue
                    }
                    vouched.files[index][kind] = Companion(problem: .notDownloaded)
                }
            }
            return vouched
        }
        return KnownRecord(record: vouched, isUnindexed: true, digest: digest, lacksObjects: vouched != record)
    }
}
