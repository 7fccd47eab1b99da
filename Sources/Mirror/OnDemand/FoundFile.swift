internal import Catalog
internal import Digest
internal import Packaging
internal import Publication
internal import Record

/// A file of a published record, by its place below `packages/`.
struct FoundFile: Sendable {
    let project: ProjectName
    let key: ProjectKey
    let file: FileRecord
    let digest: SHA256Digest
    /// Whether its object is in the store.
    let isHere: Bool

    /// What it is told apart by: the same bytes may come from different upstreams.
    var id: ID { ID(project: key, digest: digest) }

    /// A file, for its project.
    struct ID: Hashable, Sendable {
        let project: ProjectKey
        let digest: SHA256Digest
    }
}

extension MirrorRoot {
    /// Finds the file that pages lead to at a place; `nil` for a place to which no page leads.
    ///
    /// Only what a published record lists is found, so that nobody can have anything else fetched.
    ///
    /// - Parameters:
    ///   - filename: The name of the file.
    ///   - path: Its directory below `packages/`.
    ///   - recent: Records that were read lately.
    /// - Returns: The file, and whether it is here.
    /// - Throws: `CatalogError`, `RecordStoreError`, `DigestError`.
    func publishedFile(_ filename: String, at path: String, _ recent: RecentRecords) throws -> FoundFile? {
        for name in ProjectName.candidates(of: filename) {
            let key = try ProjectKey(name)
            let row = try catalog.read { catalog throws(CatalogError) -> ProjectRow? in
                guard let row = try catalog.row(of: key, in: Tables.projects), row.name == name, row.state == .active
                else { return nil }
                return try catalog.contains(key, in: Tables.published) ? row : nil
            }
            guard let row, let listed = try recent.files(of: row, in: records),
                let file = listed[filename], file.path == path, let digest = file.sha256
            else { continue }
            let size = try catalog.read { catalog throws(CatalogError) in try objects.storedSize(of: digest, catalog) }
            return FoundFile(project: name, key: key, file: file, digest: digest, isHere: size != nil)
        }
        return nil
    }
}

extension MirrorRoot {
    /// Gives a file that came its name, unless no page leads there any more.
    ///
    /// Whoever blocks it meanwhile changes the record first and takes the name then: one of the two looks finds that out.
    func link(_ found: FoundFile, _ recent: RecentRecords) {
        guard let path = found.file.path, leadsHere(found, path, recent) else { return }
        try? publisher.links.link(found.file)
        guard !leadsHere(found, path, recent) else { return }
        _ = try? publisher.links.remove(found.file.filename, at: path, to: found.digest)
    }

    private func leadsHere(_ found: FoundFile, _ path: String, _ recent: RecentRecords) -> Bool {
        let now = try? publishedFile(found.file.filename, at: path, recent)
        return now?.digest == found.digest
    }
}

extension ProjectName {
    /// The names of the projects that a file of this name may be of: what stands before each of its hyphens.
    ///
    /// The names of sdists may hold hyphens before that of the version.
    fileprivate static func candidates(of filename: String) -> [ProjectName] {
        var names: [ProjectName] = []
        var index = filename.startIndex
        while let hyphen = filename[index...].firstIndex(of: "-"), names.count < 16 {
            if let name = ProjectName(String(filename[..<hyphen])), !names.contains(name) { names.append(name) }
            index = filename.index(after: hyphen)
        }
        return names
    }
}
