internal import Catalog
internal import Configuration
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Packaging
internal import Record
internal import Scheduling
internal import Selection
internal import SystemPackage
internal import Transfer

/// Records: asked for anew, never believed.
///
/// What only the old record knew is lost: since when files are known, and those that upstream has no more.
extension Repairer {
    /// Makes damaged records anew from upstream; files whose objects are here are not downloaded again.
    ///
    /// A project that upstream does not answer for keeps its record and its view as they are.
    func repairRecords() async throws(MirrorError) {
        let found = findings
        let byProject = Dictionary(grouping: indices(of: [.recordCorrupt])) { found[$0].project }
        var due: [ProjectName: [Int]] = [:]
        for (name, indices) in byProject {
            guard let name else { continue }
            switch try await state(of: name) {
            case .right: drop(indices)
            case .unreadable(let detail): settle(indices, .left, "it could not be read again: \(detail)")
            case .unknown:
                settle(indices, .left, "the index does not know the project; `larder rebuild` makes it anew")
            case .takenOff:
                try await quarantineRecord(of: name, indices)
                try await makeTombstone(of: name)
                settle(indices, .repaired, "made anew without files, since the project is not kept any more")
            case .damaged:
                guard try mirror.selection().projects.contains(name) else {
                    settle(indices, .left, "the project is not selected any more; the next sync takes it off")
                    continue
                }
                due[name] = indices
            }
        }
        guard !due.isEmpty, !Task.isCancelled else { return }
        for (name, indices) in due.sorted(by: { $0.key < $1.key }) { try await quarantineRecord(of: name, indices) }
        let distrusted = try await quarantineObjects(of: Set(due.keys))
        let reasons = try await ask(due.keys.sorted(), distrusting: distrusted)
        for (name, indices) in due {
            if case .right = try await state(of: name) {
                settle(
                    indices,
                    .repaired,
                    "made anew from upstream; since when files are known, and files that upstream has no more, are lost"
                )
            } else {
                let reason = reasons[name] ?? "upstream has no page of it"
                settle(indices, .left, "upstream does not help, so the project keeps what is published: \(reason)")
            }
        }
    }

    /// Makes the rows of projects anew whose records are whole and not what the index knows.
    func repairRows() async throws(MirrorError) {
        let found = findings
        let byProject = Dictionary(grouping: indices(of: [.indexDangling])) { found[$0].project }
        for (name, indices) in byProject.sorted(by: { ($0.key?.normalized ?? "") < ($1.key?.normalized ?? "") }) {
            // What concerns no record is a row that refers to nothing.
            let indices = indices.filter { found[$0].isAboutRecord }
            guard let name, !indices.isEmpty, !Task.isCancelled else { continue }
            let mirror = mirror
            let isAdopted = try await onDisk { try mirror.adoptRecord(of: name, isDistrusting: true) }
            guard isAdopted else { continue }
            notePublication()
            settle(indices, .repaired, "the index knows the record as it is; the next sync asks for the project again")
        }
    }

    private enum RecordState: Sendable {
        case right
        case damaged
        case unreadable(String)
        case takenOff
        case unknown
    }

    private func state(of name: ProjectName) async throws(MirrorError) -> RecordState {
        let (mirror, key) = (mirror, try mirror.key(of: name))
        return try await onDisk { () throws -> RecordState in
            let row = try mirror.catalog.read { catalog throws(CatalogError) in
                try catalog.row(of: key, in: Tables.projects)
            }
            guard let row, row.record != nil else { return .unknown }
            do throws(RecordStoreError) {
                if try mirror.records.read(name) != nil { return .right }
            } catch {
                guard case .damaged = error else { return .unreadable("\(error)") }
            }
            return row.state == .active ? .damaged : .takenOff
        }
    }

    /// Copies a damaged record to quarantine, with its story.
    ///
    /// Both are durable before the record gives its name to another one: a group commit sees to that.
    private func quarantineRecord(of name: ProjectName, _ indices: [Int]) async throws(MirrorError) {
        let (mirror, quarantine, detail) = (mirror, quarantine, indices.first.map { findings[$0].detail } ?? "")
        try await onDisk {
            let time = mirror.now()
            let path = try mirror.records.path(of: name)
            let story = QuarantineStory(
                object: nil,
                kind: .recordCorrupt,
                detail: detail,
                uses: [QuarantineStory.Use(project: name, file: "")],
                path: "records/\(path.removingLastComponent().lastComponent?.string ?? "")/\(name.normalized).json",
                time: time,
                outcome: .repaired
            )
            _ = try quarantine.keep(path, for: name.normalized, time: time, story: story.bytes)
        }
    }

    /// Gives damaged objects of projects whose records are to be made anew a second name in quarantine.
    ///
    /// So what is downloaded with the record can take their places; sidecars are compared with wheels, which have to be
    /// right. The second names are durable before, as those of records are.
    ///
    /// - Returns: All objects that are not to be relied on.
    private func quarantineObjects(of names: Set<ProjectName>) async throws(MirrorError) -> Set<SHA256Digest> {
        let found = findings
        let byObject = Dictionary(grouping: objectIndices) { found[$0].object }
        let objects = byObject.compactMap { digest, indices in digest.map { (digest: $0, indices: indices) } }
        guard !objects.isEmpty else { return [] }
        let damaged = try await examine(objects).filter { !$0.isHere }
        let (mirror, repairer) = (mirror, self)
        try await onDisk {
            let time = mirror.now()
            for object in damaged where !names.isDisjoint(with: object.projects) {
                _ = try repairer.keep(object, time: time, outcome: .repaired)
            }
        }
        return Set(damaged.map(\.digest))
    }

    /// Makes the record of a project that was taken off anew: it says no more than that.
    private func makeTombstone(of name: ProjectName) async throws(MirrorError) {
        guard var row = try await mirror.row(of: name) else { return }
        var record = ProjectRecord(name: name, page: mirror.pageURL(of: name), firstSeen: mirror.now())
        let isSelected = try mirror.selection().projects.contains(name)
        record.removal = Removal(cause: isSelected ? .upstream : .selection, time: mirror.now())
        row.files = record.counts
        let committer = GroupCommit(mirror)
        try await mirror.submit(record, row: row, under: try mirror.key(of: name), to: committer)
        try await committer.finish()
        notePublication()
    }

    /// Brings projects up to date, as a sync of them by name does; nothing is taken off.
    ///
    /// - Returns: Why it failed, by project.
    private func ask(
        _ names: [ProjectName],
        distrusting distrusted: Set<SHA256Digest>
    ) async throws(MirrorError) -> [ProjectName: String] {
        var options = SyncOptions()
        options.distrusted = distrusted
        let run = try SyncRun(mirror, options: options, progress: SyncProgress())
        defer { run.upstreams.shutdown() }
        var plan = SyncPlan()
        plan.due = names.map { SyncPlan.Due(name: $0) }
        let limit = RemovalGuard(mirror.configuration.removalGuard, projects: 0, files: 0)
        var reasons: [ProjectName: String] = [:]
        do throws(MirrorError) {
            try await run.fetchAll(plan, limit: limit, progress: SyncProgress())
        } catch {
            try? await run.committer.finish()
            throw error
        }
        try await run.committer.finish()
        notePublication()
        for failure in run.tally.report.failures {
            if let name = failure.project { reasons[name] = failure.reason }
        }
        return reasons
    }
}

extension Finding {
    /// Whether it is about the record of a project.
    var isAboutRecord: Bool { path?.hasPrefix("records/") ?? false }
}
