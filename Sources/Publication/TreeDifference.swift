internal import Catalog
internal import FileIO
package import Packaging
internal import Scheduling
package import SimpleIndex

/// What one tree shows otherwise than another.
package struct TreeDifference: Sendable {
    /// A project that both show, or one of them, and not alike.
    package struct Project: Sendable {
        /// The project.
        package let name: ProjectName
        /// Whether the first tree lists it.
        package let wasListed: Bool
        /// Whether the second one does.
        package let isListed: Bool
        /// Files that only the second one lists.
        package let added: [PublishedFile]
        /// Files that only the first one lists.
        package let removed: [PublishedFile]
        /// Files that both list, and say other things of, as the second one has them.
        package let changed: [PublishedFile]
    }

    /// The projects, by name.
    package let projects: [Project]
}

/// What can be compared.
package enum ComparedTree: Sendable, Hashable {
    /// What readers see now.
    case live
    /// A snapshot.
    case snapshot(SnapshotName)
}

extension Publisher {
    /// Compares two trees, by what their pages say.
    ///
    /// - Parameters:
    ///   - first: The tree that is compared with.
    ///   - second: The other one.
    /// - Returns: How the second differs from the first.
    /// - Throws: ``PublicationError``; `noSnapshot` for one that is not there.
    package func difference(
        from first: ComparedTree,
        to second: ComparedTree
    ) async throws(PublicationError) -> TreeDifference {
        var before = Dictionary(
            try await rows(of: first).map { ($0.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        var pairs: [(name: ProjectName, before: PublishedRow?, after: PublishedRow?)] = []
        for row in try await rows(of: second) {
            let former = before.removeValue(forKey: row.name)
            // URLs and serials may differ where pages say the same.
            if former?.content == row.content, former?.isListed == row.isListed { continue }
            pairs.append((row.name, former, row))
        }
        pairs += before.values.map { ($0.name, $0, nil) }
        pairs.sort { $0.name < $1.name }
        let all = pairs
        let found = Locked<[TreeDifference.Project]>([])
        try await workers.forEach(count: all.count) { index throws(PublicationError) in
            let (name, before, after) = all[index]
            let (old, new) = (try files(of: before), try files(of: after))
            let project = TreeDifference.Project(
                name: name,
                wasListed: before?.isListed ?? false,
                isListed: after?.isListed ?? false,
                added: new.values.filter { old[$0.filename] == nil }.sorted { $0.filename < $1.filename },
                removed: old.values.filter { new[$0.filename] == nil }.sorted { $0.filename < $1.filename },
                changed: new.values.filter { file in old[file.filename].map { $0 != file } ?? false }
                    .sorted { $0.filename < $1.filename }
            )
            found.withLock { $0.append(project) }
        }
        return TreeDifference(projects: found.withLock { $0 }.sorted { $0.name < $1.name })
    }

    private func rows(of tree: ComparedTree) async throws(PublicationError) -> [PublishedRow] {
        switch tree {
        case .live:
            guard let slot = try slots.live() else { throw .unreachable(generation: 0, kept: []) }
            return try await shownRows(in: slot)
        case .snapshot(let name):
            return try await workers.run { () throws(PublicationError) in
                guard try snapshots.generation(name) != nil else { throw PublicationError.noSnapshot(name) }
                return try snapshots.manifest(name).rows
            }
        }
    }

    private func files(of row: PublishedRow?) throws(PublicationError) -> [String: PublishedFile] {
        guard let row else { return [:] }
        let files = try PublicationError.wrapping { try views.files(row.view, of: row.name) }
        guard let files else {
            throw .damagedState(path: views.path(of: row.view), detail: "the page cannot be read")
        }
        return Dictionary(files.map { ($0.filename, $0) }, uniquingKeysWith: { first, _ in first })
    }
}
