internal import Catalog
internal import Digest
internal import Packaging
internal import Record
internal import Scheduling

/// A project that a verification is limited to.
struct ProjectScope: Sendable {
    /// Its name.
    let name: ProjectName
    /// The key of its rows.
    let key: ProjectKey
    /// Its row; `nil` when that is damaged.
    let row: ProjectRow?
}

extension Verifier {
    /// The projects that the verification is limited to; `nil` when it is not.
    ///
    /// - Throws: `usage` for one that the mirror does not know.
    func selectedProjects() throws(MirrorError) -> [ProjectScope]? {
        guard !options.projects.isEmpty else { return nil }
        var scopes: [ProjectScope] = []
        for name in Set(options.projects).sorted() {
            let key: ProjectKey
            do throws(DigestError) {
                key = try ProjectKey(name)
            } catch {
                throw .library("\(error)")
            }
            let row: ProjectRow?
            do throws(CatalogError) {
                row = try mirror.catalog.read { catalog throws(CatalogError) in
                    try catalog.row(of: key, in: Tables.projects)
                }
            } catch {
                note(error)
                scopes.append(ProjectScope(name: name, key: key, row: nil))
                continue
            }
            guard let row, row.name == name else { throw .usage("the mirror does not know the project \(name)") }
            scopes.append(ProjectScope(name: name, key: key, row: row))
        }
        return scopes
    }

    /// The objects that some projects refer to, project by project.
    ///
    /// - Parameters:
    ///   - projects: The projects.
    ///   - body: Gets the objects of one project that the index knows, with their rows.
    /// - Throws: ``MirrorError`` of `body`.
    func forEachObject(
        of projects: [ProjectScope],
        _ body: ([(key: SHA256Digest, row: ObjectRow)]) async throws(MirrorError) -> Void
    ) async throws(MirrorError) {
        for project in projects {
            if limits.isOver { return }
            let objects = await mirror.workers.run { () -> [(key: SHA256Digest, row: ObjectRow)] in
                switch reading(of: project.name, project.key) {
                case .none, .wrong: return []
                case .indexed(let record), .unindexed(let record, _):
                    return record.objects.compactMap { digest in
                        currentRow(of: digest, in: Tables.objects).map { (digest, $0) }
                    }
                }
            }
            try await body(objects)
        }
    }

    /// All objects, or those that some projects refer to, in pieces.
    func forEachObject(
        of projects: [ProjectScope]?,
        inPieces body: ([(key: SHA256Digest, row: ObjectRow)]) async throws(MirrorError) -> Void
    ) async throws(MirrorError) {
        if let projects {
            try await forEachObject(of: projects, body)
        } else {
            try await forEachBatch(of: Tables.objects, body)
        }
    }
}
