internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Record

extension MirrorRoot {
    /// Has no file be here whose object is neither in the stage nor in the store.
    ///
    /// The proof found all of them, but for those that were blocked, and a block may have been lifted since; or `gc` took
    /// them before an import that was cut off went on.
    ///
    /// - Parameters:
    ///   - record: A record that is about to get its place.
    ///   - stage: What came of the import.
    /// - Returns: What lacks.
    /// - Throws: `FileError`, `CatalogError`.
    func missObjects(in record: inout ProjectRecord, _ stage: ImportStage) throws -> [Failure] {
        var failures: [Failure] = []
        for index in record.files.indices where record.files[index].isPresent {
            let lacking = try Set(record.files[index].objects.filter { try !hasObject($0, stage) })
            guard !lacking.isEmpty else { continue }
            let reason = "neither the bundle nor the mirror has it; export one with --have and what `larder have` lists"
            for kind in CompanionKind.allCases where record.files[index][kind].object.map(lacking.contains) ?? false {
                record.files[index][kind] = Companion(problem: .missing(reason: reason))
            }
            if record.files[index].sha256.map(lacking.contains) ?? false {
                record.files[index].state = .missing(reason: reason)
            }
            failures.append(Failure(project: record.name, file: record.files[index].filename, reason: reason))
        }
        return failures
    }

    /// Whether an object is in the stage, the parts of which were checked, or in the store.
    func hasObject(_ object: SHA256Digest, _ stage: ImportStage) throws -> Bool {
        try fileSystem.exists(stage.object(object)) || fileSystem.exists(stage.parts(object))
            || storedSize(of: object) != nil
    }

    /// The size of an object that is here; `nil` for one that is not.
    func storedSize(of object: SHA256Digest) throws -> UInt64? {
        try catalog.read { catalog throws(CatalogError) in try objects.storedSize(of: object, catalog) }
    }
}
