internal import Catalog
internal import Digest
internal import FileIO
internal import Gzip
internal import Packaging
internal import Scheduling
internal import SimpleIndex
internal import SystemPackage

extension Publisher {
    /// Projects whose link in a slot is older than their view, in the order of their keys.
    func pendingProjects(
        in slot: Slot,
        from start: ProjectKey? = nil,
        limit: Int
    ) async throws(PublicationError) -> [(key: ProjectKey, row: PublishedRow)] {
        try await read { catalog throws(CatalogError) in
            var projects: [(key: ProjectKey, row: PublishedRow)] = []
            let first = (start ?? ProjectKey(bytes: repeatElement(0, count: 16))).map {
                SlotKey(slot: slot, project: $0)
            }
            try catalog.forEach(in: Tables.pending, from: first) { key, _ throws(CatalogError) in
                guard key.slot == slot, projects.count < limit else { return false }
                if let row = try catalog.row(of: key.project, in: Tables.published), key.project != start {
                    projects.append((key.project, row))
                }
                return true
            }
            return projects
        }
    }

    /// Points the links of all pending projects of a slot to their views; not durable.
    func linkPending(in slot: Slot) async throws(PublicationError) {
        try await workers.run { () throws(PublicationError) in
            try slots.tree(slot).prepare(settings)
        }
        var last: ProjectKey?
        while true {
            let batch = try await pendingProjects(in: slot, from: last, limit: Self.batchSize)
            guard let end = batch.last else { return }
            last = end.key
            try await workers.forEach(count: batch.count) { index throws(PublicationError) in
                try slots.tree(slot).link(batch[index].row.name, to: batch[index].row.view)
            }
        }
    }

    /// What all published projects come to together.
    ///
    /// The tree digest takes the projects in the order of their keys, which depends on their names only.
    ///
    /// - Parameters:
    ///   - number: The number of the generation.
    ///   - time: When it was made, in seconds since 1970; `nil` for now.
    ///   - replacements: Rows that take the place of those of the index; `nil` for none.
    /// - Returns: The generation, and its root list.
    /// - Throws: ``PublicationError``.
    func summarize(
        number: UInt64,
        time: Int64? = nil,
        replacing replacements: [ProjectKey: PublishedRow?] = [:]
    ) async throws(PublicationError) -> (Generation, PublishedRootList) {
        let time = time ?? now()
        return try await workers.run { () throws(PublicationError) in
            try PublicationError.wrapping {
                var summary = try TreeSummary()
                try catalog.read { catalog throws(CatalogError) in
                    try catalog.forEach(in: Tables.published) { key, published throws(CatalogError) in
                        if let row = replacements[key] ?? published { summary.add(row) }
                        return true
                    }
                }
                return try summary.finish(number: number, time: time)
            }
        }
    }

    /// Writes the root list and the note of the generation into a tree; not durable.
    func writeRootList(
        _ list: PublishedRootList,
        generation: Generation,
        in tree: LinkTree
    ) async throws(PublicationError) {
        let time = try rootListTime(generation, in: tree)
        let hasNames = tree.hasNames(settings)
        try await workers.forEach(count: hasNames ? 3 : 2) { index throws(PublicationError) in
            try PublicationError.wrapping {
                let isHTML = index == 0
                let name = ["simple/index.html", "simple/index.v1_json", "names.js"][index]
                let bytes = isHTML ? list.html() : index == 1 ? list.json() : list.names()
                try tree.replace(name, with: bytes, time: time)
                // A long list is compressed fast rather than well: it is written at every publication.
                var compressor = try GzipCompressor(level: 2)
                try tree.replace(name + ".gz", with: try compressor.compress(bytes), time: time)
                guard isHTML else { return }
                for suffix in ["", ".gz"] {
                    try tree.alias(name + suffix, as: "simple/index.v1_html" + suffix)
                }
            }
        }
        try await workers.run { () throws(PublicationError) in
            if !hasNames {
                try PublicationError.wrapping {
                    for name in ["names.js", "names.js.gz"] {
                        try fileSystem.removeIfPresent(tree.path.appending(name))
                    }
                }
            }
            try write(generation, in: tree, time: time)
        }
    }

    /// A time for the root list that is later than that of the live one, and of the tree's own, so that no client gets a
    /// wrong 304.
    private func rootListTime(_ generation: Generation, in tree: LinkTree) throws(PublicationError) -> Int64 {
        do throws(FileError) {
            let times = try [slots.web, tree.path].map { tree throws(FileError) in
                try fileSystem.statusIfPresent(tree.appending("generation.json"))?.modificationTime ?? 0
            }
            return max(generation.time, (times.max() ?? 0) + 1)
        } catch {
            throw .file(error)
        }
    }
}
