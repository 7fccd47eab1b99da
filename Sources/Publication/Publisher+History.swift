internal import Catalog
internal import FileIO
internal import JSON
package import Packaging
internal import Scheduling
package import SimpleIndex
internal import SystemPackage

extension Publisher {
    /// What the next switch replaces in the tree that readers see.
    ///
    /// A project is pending in the live slot exactly when its link there shows another view than the index says.
    ///
    /// - Parameter live: The live slot.
    /// - Returns: The projects as readers see them; `nil` when they are more than are kept.
    /// - Throws: ``PublicationError``.
    func replacedProjects(in live: Slot) async throws(PublicationError) -> [TreeChange.Project]? {
        var views: [(name: ProjectName, view: ViewID?)] = []
        var last: ProjectKey?
        while true {
            let batch = try await pendingProjects(in: live, from: last, limit: Self.batchSize)
            guard let end = batch.last else { break }
            last = end.key
            views += try await workers.run { () throws(PublicationError) in
                try PublicationError.wrapping {
                    try batch.map { ($0.row.name, try slots.view(of: $0.row.name, in: live)) }
                }
            }
            guard views.count <= TreeHistory.projectLimit else { return nil }
        }
        let found = views
        return await workers.run {
            let listed = listedNames(in: slots.tree(live), among: Set(found.map(\.name)))
            return found.map { TreeChange.Project(name: $0.name, view: $0.view, isListed: listed.contains($0.name)) }
        }
    }

    /// Which of some projects the root list of a tree names; all of them where it cannot be read.
    func listedNames(in tree: LinkTree, among names: Set<ProjectName>) -> Set<ProjectName> {
        guard !names.isEmpty else { return [] }
        let path = tree.path.appending("simple/index.v1_json")
        guard let bytes = try? fileSystem.contents(of: path, limit: 1 << 30) else { return names }
        var listed: Set<ProjectName> = []
        let meta = try? JSONRootList.forEachProject(in: bytes) { project in
            if let text = project.name, let name = ProjectName(String(decoding: text, as: UTF8.self)),
                names.contains(name)
            {
                listed.insert(name)
            }
            return true
        }
        return meta == nil ? names : listed
    }

    /// Gives what readers are about to see again, and have seen another page of since, a new time, so that no client is
    /// told that nothing changed.
    ///
    /// - Parameter live: The slot that is live, at an older generation.
    /// - Throws: ``PublicationError``.
    func renewTimes(ofPendingIn live: Slot) async throws(PublicationError) {
        var last: ProjectKey?
        while true {
            let batch = try await pendingProjects(in: live, from: last, limit: Self.batchSize)
            guard let end = batch.last else { return }
            last = end.key
            let time = now()
            let renewed = try await workers.run { () throws(PublicationError) in
                try PublicationError.wrapping {
                    try batch.map { entry in
                        var row = entry.row
                        let shown = try slots.view(of: row.name, in: live).flatMap { try views.time(of: $0) }
                        row.time = max(time, row.time + 1, (shown ?? 0) + 1)
                        try views.touch(row.view, time: row.time)
                        return (key: entry.key, row: row)
                    }
                }
            }
            try await write { catalog throws(CatalogError) in
                for (key, row) in renewed { try catalog.put(row, under: key, in: Tables.published) }
            }
        }
    }

    /// The files on pages of kept generations.
    ///
    /// - Parameter names: The projects to look at.
    /// - Returns: The files; those of pages that cannot be read are left out.
    /// - Throws: ``PublicationError`` for what keeps that from being told.
    package func keptFiles(
        of names: Set<ProjectName>
    ) async throws(PublicationError) -> [(project: ProjectName, file: PublishedFile)] {
        try await workers.run { () throws(PublicationError) in
            try PublicationError.wrapping {
                var files: [(project: ProjectName, file: PublishedFile)] = []
                for sequence in try history.sequences() {
                    // A damaged one leads nowhere.
                    guard let change = try? history.change(sequence) else { continue }
                    for project in change.projects where names.contains(project.name) {
                        guard let view = project.view else { continue }
                        files += (try views.files(view, of: project.name) ?? []).map { (project.name, $0) }
                    }
                }
                return files
            }
        }
    }

    /// What is wrong with the changes that are kept: files that are not as they were written, and pages that they lead to.
    ///
    /// - Returns: For each such change its file below the mirror's root, and the problem in one line.
    /// - Throws: ``PublicationError`` for what cannot be read.
    package func problemsOfHistory() async throws(PublicationError) -> [(path: String, detail: String)] {
        try await workers.run { () throws(PublicationError) in
            var problems: [(path: String, detail: String)] = []
            var last: (name: String, change: TreeChange)?
            for sequence in try history.sequences() {
                let (change, problem) = try self.examine(sequence)
                let name = history.path(of: sequence).lastComponent?.string ?? ""
                if let problem { problems.append(("generations/\(name)", problem)) }
                if let change, let last, (change.former.number, change.former.treeDigest) != last.change.end {
                    let detail = "it led to generation \(last.change.number), and the one after it replaced another one"
                    problems.append(("generations/\(last.name)", detail))
                }
                last = change.map { (name, $0) }
            }
            return problems
        }
    }

    /// A change that is kept, and what is wrong with it; neither when it is gone meanwhile.
    private func examine(_ sequence: UInt64) throws(PublicationError) -> (change: TreeChange?, problem: String?) {
        let change: TreeChange
        do throws(PublicationError) {
            change = try history.change(sequence)
        } catch {
            switch error {
            case .damagedState(_, let detail): return (nil, detail)
            case .file(let error) where error.isMissing: return (nil, nil)
            default: throw error
            }
        }
        for project in change.projects {
            guard let id = project.view else { continue }
            if try PublicationError.wrapping({ try madePage(id, of: project.name) }) == nil {
                return (change, "the page of \(project.name) that it keeps, \(id.hex), is not as it was made")
            }
        }
        return (change, nil)
    }
}
