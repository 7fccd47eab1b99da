internal import Catalog
internal import Configuration
internal import Digest
internal import Packaging
internal import Publication
internal import Record

/// What a bundle can carry of what readers see: all of it but the files that are had on demand and are not here.
///
/// Where there are such files, projects have other pages on the other side than here, and both trees other digests.
struct CarriedTree: Sendable {
    /// What the other side comes to.
    private(set) var generation: Generation
    /// What it shows of each project, in the order of the projects' keys.
    ///
    /// The view of a project that lacks files here is of no page: it tells one state of what is carried from another.
    private(set) var rows: [PublishedRow]
    /// Files that are not carried, and the projects that they are of.
    private(set) var left = (projects: 0, files: 0)
    /// What readers see here of the projects that are carried in part.
    private var shown: [ProjectName: PublishedRow] = [:]

    /// What can be carried of what readers see; blocks.
    ///
    /// - Parameters:
    ///   - tree: What readers see.
    ///   - mirror: The mirror.
    /// - Throws: `CatalogError`, `PublicationError`, `DigestError`.
    init(_ tree: (generation: Generation, rows: [PublishedRow]), of mirror: MirrorRoot) throws {
        (generation, rows) = tree
        guard mirror.configuration.selection.files.areServedOnDemand else { return }
        for index in rows.indices {
            let row = rows[index]
            let key = try ProjectKey(row.name)
            let files = try mirror.catalog.read { catalog throws(CatalogError) in
                try catalog.row(of: key, in: Tables.projects)?.files.known
            }
            // What the index does not know may be of an older page.
            if files == 0 { continue }
            var record = try mirror.publisher.shownRecord(row)
            let count = record.leaveKnownFiles()
            if count == 0 { continue }
            left = (left.projects + 1, left.files + count)
            shown[row.name] = row
            rows[index].content = try record.shownContent().content
            rows[index].view = ViewID(rows[index].content)
            rows[index].files = UInt32(clamping: record.publishableFiles(onDemand: false).count)
        }
        if left.projects > 0 { generation = try generation.showing(rows) }
    }

    /// The record of a project that renders to what the other side shows of it; blocks.
    ///
    /// - Parameters:
    ///   - row: One of the rows.
    ///   - mirror: The mirror.
    /// - Returns: The record.
    /// - Throws: `PublicationError`.
    func record(of row: PublishedRow, in mirror: MirrorRoot) throws -> ProjectRecord {
        guard let own = shown[row.name] else { return try mirror.publisher.shownRecord(row) }
        var record = try mirror.publisher.shownRecord(own)
        record.leaveKnownFiles()
        return record
    }
}

extension ProjectRecord {
    /// Leaves out the files that are had on demand: who has no upstream cannot have them.
    ///
    /// - Returns: How many there are.
    @discardableResult
    fileprivate mutating func leaveKnownFiles() -> Int {
        let known = files.indices.filter { files[$0].state == .known }
        for index in known {
            files[index].state = .excluded(rule: "the mirror that it was to come from did not have it")
            for kind in CompanionKind.allCases { files[index][kind] = Companion() }
        }
        return known.count
    }
}
