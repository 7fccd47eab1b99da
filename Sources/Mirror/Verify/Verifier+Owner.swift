internal import Catalog
internal import Digest
internal import Packaging
internal import Record

extension Verifier {
    /// The project and the file that an object belongs to; `nil` when nothing says.
    func owner(of digest: SHA256Digest, _ row: ObjectRow) -> (project: ProjectName, file: String?)? {
        let project = try? mirror.catalog.read { catalog throws(CatalogError) in
            try catalog.row(of: row.project, in: Tables.projects)
        }
        guard let name = project?.name else { return nil }
        let record = try? mirror.records.read(name)?.record
        for file in record?.files ?? [] {
            if file.sha256 == digest { return (name, file.filename) }
            for kind in CompanionKind.allCases where file[kind].object == digest {
                return (name, file.filename + kind.suffix)
            }
        }
        return (name, nil)
    }
}
