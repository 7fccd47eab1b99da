internal import Catalog
internal import FileIO
package import Packaging
internal import Scheduling
internal import SimpleIndex
internal import SystemPackage

extension Publisher {
    /// What is wrong with the snapshots: what they say of themselves, their lists, links and pages.
    ///
    /// - Parameter isOver: Whether to end early.
    /// - Returns: For each problem its file below the mirror's root, and the problem in one line.
    /// - Throws: ``PublicationError`` for what cannot be read.
    package func problemsOfSnapshots(
        isOver: @escaping @Sendable () -> Bool = { false }
    ) async throws(PublicationError) -> [ListProblem] {
        let problems = Locked<[ListProblem]>([])
        for name in try PublicationError.wrapping({ try snapshots.names() }) {
            let folder = "snapshots/\(name)"
            let note = { @Sendable (file: String, isLink: Bool, detail: String) in
                problems.withLock { $0.append(ListProblem(file: "\(folder)/\(file)", isLink: isLink, detail: detail)) }
            }
            let rows = try await workers.run { () throws(PublicationError) in try lists(of: name, note) }
            try await workers.forEach(count: rows.count) { index throws(PublicationError) in
                if isOver() { return }
                let row = rows[index]
                let problem = try PublicationError.wrapping { try self.problem(of: row, in: snapshots.tree(name)) }
                if let problem { note("simple/\(row.name)", problem.isLink, problem.detail) }
            }
        }
        return problems.withLock { $0 }.sorted { $0.file < $1.file }
    }

    /// Notes what is wrong with the lists of a snapshot.
    ///
    /// - Returns: What it is to show of each project; nothing where that cannot be told, or it is gone meanwhile.
    private func lists(
        of name: SnapshotName,
        _ note: (String, Bool, String) -> Void
    ) throws(PublicationError) -> [PublishedRow] {
        let tree = snapshots.tree(name)
        do throws(PublicationError) {
            guard let generation = try snapshots.generation(name) else {
                let isThere = try PublicationError.wrapping { try fileSystem.exists(tree.path) }
                if isThere { note("generation.json", false, "it is missing") }
                return []
            }
            let manifest = try snapshots.manifest(name)
            let rows = manifest.rows
            try PublicationError.wrapping {
                var summary = try TreeSummary()
                for row in rows { summary.add(row) }
                let (found, list) = try summary.finish(number: manifest.generation, time: manifest.time)
                if found != generation {
                    note("generation.json", false, "its tree comes to \(found.treeDigest), it says another one")
                }
                if let problem = try signatureProblem(ofSnapshot: generation, in: tree) {
                    note(Self.signatureName, false, problem)
                }
                for problem in try problems(of: list, in: tree) { note(problem.file, false, problem.detail) }
                let link = try fileSystem.linkState(tree.path.appending("packages"))
                if let problem = link.problem(expecting: "../../packages") { note("packages", true, problem) }
                let known = Set(rows.map(\.name))
                for stranger in try tree.projectNames() where !known.contains(stranger) {
                    note("simple/\(stranger)", true, "the snapshot knows no such project")
                }
            }
            return rows
        } catch {
            guard case .damagedState(let path, let detail) = error else { throw error }
            note(path.lastComponent?.string ?? "manifest", false, detail)
            return []
        }
    }

    private func problem(of row: PublishedRow, in tree: LinkTree) throws -> (isLink: Bool, detail: String)? {
        let link = try fileSystem.linkState(tree.linkPath(of: row.name))
        if let problem = link.problem(expecting: ViewStore.linkTarget(of: row.view)) { return (true, problem) }
        return try problem(ofPage: row.view, of: row.name)
    }

    /// Makes a snapshot right: its links and lists anew, without projects whose pages are damaged; durable.
    ///
    /// - Parameters:
    ///   - name: The snapshot.
    ///   - showable: What may be shown; what was blocked since is not linked again.
    /// - Returns: The projects that it does not show any more.
    /// - Throws: ``PublicationError``.
    package func repairSnapshot(
        _ name: SnapshotName,
        _ showable: Showable
    ) async throws(PublicationError) -> [ProjectName] {
        let tree = snapshots.tree(name)
        let (manifest, lost) = try await workers.run { () throws(PublicationError) in
            try PublicationError.wrapping {
                var manifest: SnapshotManifest
                do {
                    manifest = try snapshots.manifest(name)
                } catch PublicationError.damagedState {
                    let known = try? snapshots.generation(name)
                    manifest = SnapshotManifest(
                        created: now(),
                        generation: known?.number ?? 0,
                        time: known?.time ?? now(),
                        rows: try rows(linkedIn: tree)
                    )
                }
                try tree.prepare(settings)
                var (rows, lost): ([PublishedRow], [ProjectName]) = ([], [])
                for row in manifest.rows {
                    let project = TreeChange.Project(name: row.name, view: row.view, isListed: row.isListed)
                    do {
                        guard let shown = try show(project, instead: project, row, showable).0 else { continue }
                        try tree.link(row.name, to: shown.view)
                        rows.append(shown)
                    } catch PublicationError.damagedState {
                        try fileSystem.removeIfPresent(tree.linkPath(of: row.name))
                        lost.append(row.name)
                    }
                }
                let known = Set(rows.map(\.name))
                for stranger in try tree.projectNames() where !known.contains(stranger) {
                    try fileSystem.removeIfPresent(tree.linkPath(of: stranger))
                }
                manifest.rows = rows
                return (manifest, lost)
            }
        }
        _ = try await write(manifest, in: tree)
        try await workers.run { () throws(PublicationError) in
            try PublicationError.wrapping { try barrier.synchronize() }
        }
        return lost
    }

    /// What the links of a tree lead to, where nothing else tells, in the order of the projects' keys.
    private func rows(linkedIn tree: LinkTree) throws -> [PublishedRow] {
        let names = try tree.projectNames()
        let listed = listedNames(in: tree, among: Set(names))
        var rows: [(key: ProjectKey, row: PublishedRow)] = []
        for name in names {
            let shown = try? shownRow(of: name, in: tree, isListed: listed.contains(name))
            guard let row = shown ?? nil else { continue }
            rows.append((try ProjectKey(name), row))
        }
        return rows.sorted { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }.map(\.row)
    }
}
