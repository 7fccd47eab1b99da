internal import Catalog
internal import Digest

extension CatalogReader {
    /// The projects that refer to an object.
    ///
    /// - Parameters:
    ///   - object: The object.
    ///   - row: Its row, which names the first of them.
    /// - Returns: The first, if there is one, and then the others.
    /// - Throws: `CatalogError`.
    func projects(
        referringTo object: SHA256Digest,
        _ row: ObjectRow?
    ) throws(CatalogError) -> [ProjectKey] {
        var projects: [ProjectKey] = []
        if let first = row?.project, first != .nobody { projects.append(first) }
        return try projects + others(referringTo: object)
    }

    /// The projects that refer to an object beside the one that its row names.
    func others(referringTo object: SHA256Digest) throws(CatalogError) -> [ProjectKey] {
        var projects: [ProjectKey] = []
        let first = ReferenceKey(object: object, project: .nobody)
        try forEach(in: Tables.references, from: first) { key, _ throws(CatalogError) in
            guard key.object == object else { return false }
            projects.append(key.project)
            return true
        }
        return projects
    }
}

extension CatalogWriter {
    /// Enters that the record of a project refers to objects.
    func refer(to objects: [SHA256Digest], from project: ProjectKey) throws(CatalogError) {
        for digest in objects {
            // What is referred to again has its whole grace before it.
            try remove(CondemnedKey(.object, digest), in: Tables.condemned)
            let object = try reader.row(of: digest, in: Tables.objects)
            guard let object, object.project != project else { continue }
            try put(Mark(), under: ReferenceKey(object: digest, project: project), in: Tables.references)
        }
    }
}
