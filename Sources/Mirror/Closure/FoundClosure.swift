internal import Catalog
internal import Packaging
internal import Record
internal import Scheduling
internal import Selection

/// What the closure of one sync found.
struct FoundClosure: Sendable {
    /// Why nothing that is here is taken off because nobody seems to need it.
    enum Hold: Sendable {
        /// Not everything could be asked for.
        case unknown
        /// Upstream has less than the guard lets go of, and who knows what that needs.
        case guarded
    }

    let result: ClosureResult
    /// The same, with all that is here.
    let union: ClosureResult
    /// Why all that is here stays; `nil` when what nobody needs is taken off.
    let hold: Hold?
    /// What was stated, as ``ClosureSettings/mark(of:from:)``.
    let stated: String
    /// Whether something else was stated when what nobody needs was taken off the last time.
    let isEdited: Bool
    /// Whether more projects are needed by nobody than the guard lets go of.
    var keepsUnneeded = false
}

extension ClosureRun {
    /// A project with what is here of it, unless all of that is kept anyhow.
    func holding(_ project: ClosureResult.Project) -> ClosureResult.Project {
        let isKeptAnyhow =
            project.isRoot && settings.mode == .allCompatible && stated.projects.demands(of: project.name).isEmpty
        return isKeptAnyhow ? project : project.holding(held[project.name] ?? [])
    }

    /// What is needed, with all that is here, needed or not.
    func union(_ result: ClosureResult, _ known: ClosureResult?) async throws(MirrorError) -> ClosureResult {
        let (needed, selection) = (Set(result.projects.map(\.name)), stated.projects)
        let rows = try await mirror.read { catalog throws(CatalogError) in
            var rows: [ProjectRow] = []
            try catalog.forEach(in: Tables.projects) { _, row throws(CatalogError) in
                let isOther = !needed.contains(row.name) && !selection.contains(row.name)
                if row.state == .active, isOther, selection.barrier(of: row.name) == nil { rows.append(row) }
                return true
            }
            return rows
        }
        let before = Dictionary((known?.projects ?? []).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let mirror = mirror
        let others = try await mirror.workers.runWrapping { () throws -> [ClosureResult.Project] in
            try rows.map { row in
                let known = before[row.name]
                let project = ClosureResult.Project(
                    name: row.name,
                    isRoot: false,
                    releases: known?.releases ?? [],
                    reasons: known?.reasons ?? []
                )
                do {
                    return project.holding(try mirror.knownRecord(of: row)?.record.wantedFilenames ?? [])
                } catch let error as RecordStoreError {
                    // What cannot be read holds nothing.
                    guard case .damaged = error else { throw error }
                    return project
                }
            }
        }
        var union = result
        union.projects = (result.projects.map(holding) + others).sorted { $0.name < $1.name }
        return union
    }
}

extension ProjectRecord {
    /// The names of files that are here, or should be.
    var wantedFilenames: Set<String> {
        let wanted = files.filter { file in
            switch file.state {
            case .present, .known, .missing: true
            case .excluded, .removed: false
            }
        }
        return Set(wanted.map(\.filename))
    }
}
