package import Catalog
internal import FileIO
internal import Scheduling

/// The settings of documents, which concern every view.
extension Publisher {
    /// How the views were rendered that the index knows, as far as no mark says that they are to be rendered anew; `nil`
    /// without documents.
    package func publishedDocuments() throws(CatalogError) -> DocumentSettings? {
        try catalog.read { catalog throws(CatalogError) in
            try catalog.row(of: .documents, in: Tables.meta).flatMap { DocumentSettings(text: $0.text) }
        }
    }

    /// Remembers how documents are published, once every project is marked that is published otherwise.
    ///
    /// The first publication with other settings therefore renders everything, in as many runs as it takes.
    func adoptDocuments() async throws(PublicationError) {
        let known = try await read { catalog throws(CatalogError) in
            try catalog.row(of: .documents, in: Tables.meta)?.text
        }
        let wanted = documents?.text ?? ""
        guard known ?? "" != wanted else { return }
        var last: ProjectKey?
        while true {
            let start = last
            let keys = try await read { catalog throws(CatalogError) in
                try catalog.rows(in: Tables.published, from: start, limit: Self.batchSize + 1).map(\.key)
                    .filter { $0 != start }
            }
            guard let end = keys.last else { break }
            last = end
            try await write { catalog throws(CatalogError) in
                for key in keys where try catalog.reader.contains(key, in: Tables.projects) {
                    try catalog.put(Mark(), under: key, in: Tables.unpublished)
                }
            }
        }
        try await write { catalog throws(CatalogError) in
            try catalog.put(MetaRow(wanted), under: .documents, in: Tables.meta)
        }
    }

    /// Whether the link to documents is in a slot as it should be.
    func hasDocumentsLink(_ slot: Slot) throws(PublicationError) -> Bool {
        do throws(FileError) {
            return try fileSystem.linkState(slots.documents(in: slot)).target
                == documents.map { _ in LinkTree.documentsTarget }
        } catch {
            throw .file(error)
        }
    }

    /// What is wrong with the link to documents in a live slot.
    ///
    /// A missing one is none until all is rendered that other settings, or a program that knew no documents, left; nor
    /// where there is nothing to lead to.
    func documentsProblem(in slot: Slot) throws -> ListProblem? {
        guard try publishedDocuments() != nil else { return nil }
        let found = try fileSystem.linkState(slots.documents(in: slot))
        guard let detail = found.problem(expecting: LinkTree.documentsTarget) else { return nil }
        let isWaiting = try catalog.read { catalog throws(CatalogError) in
            if try catalog.count(of: Tables.unpublished) > 0 { return true }
            return try catalog.count(of: Tables.published) == 0
        }
        if found == .missing, isWaiting { return nil }
        return ListProblem(file: "pypi", isLink: true, detail: detail)
    }
}

extension DocumentSettings {
    /// Notes in an index that everything without a mark is published so.
    package func remember(in catalog: borrowing CatalogWriter) throws(CatalogError) {
        try catalog.put(MetaRow(text), under: .documents, in: Tables.meta)
    }
}
