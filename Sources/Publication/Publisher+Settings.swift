package import Catalog
internal import FileIO
internal import Scheduling
internal import SystemPackage

/// The settings of documents and of pages for people, which concern every view.
extension Publisher {
    /// How the views were rendered that the index knows, as far as no mark says that they are to be rendered anew.
    package func publishedSettings() throws(CatalogError) -> ViewSettings {
        try catalog.read { catalog throws(CatalogError) in
            try catalog.row(of: .documents, in: Tables.meta).map { ViewSettings(text: $0.text) } ?? .bare
        }
    }

    /// Remembers what views hold, once every project is marked that is published otherwise.
    ///
    /// The first publication with other settings therefore renders everything, in as many runs as it takes.
    func adoptSettings() async throws(PublicationError) {
        let known = try await read { catalog throws(CatalogError) in
            try catalog.row(of: .documents, in: Tables.meta)?.text
        }
        let wanted = settings.text
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
            if settings.listsKnownFiles { try catalog.put(MetaRow("yes"), under: .onDemand, in: Tables.meta) }
        }
    }

    /// Whether the links that settings decide about are in a slot as they should be.
    func hasLinks(_ slot: Slot) throws(PublicationError) -> Bool {
        let tree = slots.tree(slot)
        do throws(FileError) {
            for (name, target) in tree.links(settings) {
                guard try fileSystem.linkState(tree.path.appending(name)).target == target else { return false }
            }
            return true
        } catch {
            throw .file(error)
        }
    }

    /// What is wrong with the links in a live slot that settings decide about.
    ///
    /// A missing one is none until all is rendered that other settings, or a program that knew less, left; nor where there
    /// is nothing to lead to.
    func settingsProblems(in slot: Slot) throws -> [ListProblem] {
        let tree = slots.tree(slot)
        var problems: [ListProblem] = []
        for (name, target) in tree.links(try publishedSettings()) {
            guard let target else { continue }
            let found = try fileSystem.linkState(tree.path.appending(name))
            guard let detail = found.problem(expecting: target) else { continue }
            if found == .missing, try isWaiting() { continue }
            problems.append(ListProblem(file: name, isLink: true, detail: detail))
        }
        return problems
    }

    /// Whether something is to be rendered yet, or nothing ever was.
    func isWaiting() throws(CatalogError) -> Bool {
        try catalog.read { catalog throws(CatalogError) in
            if try catalog.count(of: Tables.unpublished) > 0 { return true }
            return try catalog.count(of: Tables.published) == 0
        }
    }
}

extension ViewSettings {
    /// Notes in an index that everything without a mark is published so.
    package func remember(in catalog: borrowing CatalogWriter) throws(CatalogError) {
        guard self != .bare else { return }
        try catalog.put(MetaRow(text), under: .documents, in: Tables.meta)
        if listsKnownFiles { try catalog.put(MetaRow("yes"), under: .onDemand, in: Tables.meta) }
    }
}
