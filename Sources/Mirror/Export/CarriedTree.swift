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
        let wasOnDemand = try mirror.catalog.read { catalog throws(CatalogError) in
            try catalog.contains(.onDemand, in: Tables.meta)
        }
        guard wasOnDemand else { return }
        for index in rows.indices {
            let row = rows[index]
            let key = try ProjectKey(row.name)
            let isWhole = try mirror.catalog.read { catalog throws(CatalogError) in
                // What readers see of an older page, the index does not count.
                guard try catalog.row(of: key, in: Tables.published)?.view == row.view else { return false }
                return try catalog.row(of: key, in: Tables.projects)?.files.known == 0
            }
            if isWhole { continue }
            var record = try mirror.publisher.shownRecord(row)
            let count = try record.leaveAbsentFiles(mirror.catalog)
            if count == 0 { continue }
            left = (left.projects + 1, left.files + count)
            shown[row.name] = row
            rows[index].content = try record.shownContent().content
            rows[index].view = ViewID(try record.encoded().digest)
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
    /// - Throws: `PublicationError`, `CatalogError`.
    func record(of row: PublishedRow, in mirror: MirrorRoot) throws -> ProjectRecord {
        guard let own = shown[row.name] else { return try mirror.publisher.shownRecord(row) }
        var record = try mirror.publisher.shownRecord(own)
        try record.leaveAbsentFiles(mirror.catalog)
        return record
    }
}

extension ProjectRecord {
    /// Leaves out the files that are had on demand, or were and are not here: who has no upstream cannot have them.
    ///
    /// - Returns: How many there are.
    @discardableResult
    fileprivate mutating func leaveAbsentFiles(_ catalog: Catalog) throws(CatalogError) -> Int {
        let record = self
        let absent = try catalog.read { catalog throws(CatalogError) in
            var absent: [Int] = []
            for (index, file) in record.files.enumerated() {
                // A page that is older than its record does not tell which of its files ever came.
                var isLost = false
                if file.isPresent, let digest = file.sha256 {
                    isLost = try !catalog.contains(digest, in: Tables.objects)
                }
                if file.state == .known || isLost { absent.append(index) }
            }
            return absent
        }
        for index in absent {
            files[index].state = .excluded(rule: "the mirror that it was to come from did not have it")
            for kind in CompanionKind.allCases { files[index][kind] = Companion() }
        }
        return absent.count
    }
}
