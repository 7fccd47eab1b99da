internal import Catalog
internal import Configuration
internal import Digest
internal import Packaging
internal import Scheduling

/// What workflows have to know of one project.
extension MirrorRoot {
    /// The key of a project.
    func key(of name: ProjectName) throws(MirrorError) -> ProjectKey {
        do throws(DigestError) {
            return try ProjectKey(name)
        } catch {
            throw .library("\(error)")
        }
    }

    /// The row of a project; `nil` when the index knows none.
    func row(of name: ProjectName) async throws(MirrorError) -> ProjectRow? {
        let key = try key(of: name)
        return try await read { catalog throws(CatalogError) in try catalog.row(of: key, in: Tables.projects) }
    }

    /// The URL of a project's page; for one that no upstream claims, where the first would have it.
    func pageURL(of name: ProjectName) -> String {
        configuration.upstreams[claims.claim(of: name)?.upstream ?? 0].url.text + name.normalized + "/"
    }

    /// Reads from the index on a thread that may wait.
    func read<Result: Sendable>(
        _ body: @escaping @Sendable (borrowing CatalogReader) throws(CatalogError) -> Result
    ) async throws(MirrorError) -> Result {
        let catalog = catalog
        return try await workers.runWrapping { () throws -> Result in try catalog.read(body) }
    }
}
