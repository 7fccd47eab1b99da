internal import Catalog
internal import Digest
internal import FileIO
internal import Packaging
internal import Publication
internal import Scheduling
internal import SystemPackage

/// Finds what nothing refers to, marks it, and removes what has been marked for long enough.
///
/// It runs twice: first it only counts, then it acts, so that a guard can stop it before anything is gone. Not knowing
/// what something refers to stops it altogether (I10). The caller holds the mirror's lock, so that nothing becomes
/// referred to meanwhile; what a sync took up again between two collections loses its mark.
///
/// Deletion runs the commit order backwards: links, then rows of the index, then files, each durable before the next.
struct Collector: Sendable {
    /// How long a page or a view that is no longer shown may be in use by readers, in seconds.
    static let readersTime: Int64 = 86_400
    /// The most rows that one transaction changes at random places.
    static let transactionSize = 1_000

    let mirror: MirrorRoot
    /// The time in seconds since 1970.
    let time: Int64
    /// How long objects are kept.
    let grace: Int64
    /// Whether anything is changed, or only counted.
    let isActing: Bool
    /// Whether anything is removed, or only marked.
    let mayRemove: Bool
    let sources: [any RootSource]
    let progress: CollectionProgress
    /// Objects of links that nothing lists and that are still kept; filled by the walk over links.
    let linked = Locked(PrefixSet())
    /// Whether this run made durable that names of links are gone, those that an earlier run removed included.
    let areLinksSettled = Locked(false)

    init(
        _ mirror: MirrorRoot,
        time: Int64,
        grace: Int64,
        isActing: Bool,
        mayRemove: Bool,
        progress: CollectionProgress
    ) {
        self.mirror = mirror
        self.time = time
        self.grace = grace
        self.isActing = isActing
        self.mayRemove = mayRemove
        self.progress = progress
        sources = [
            SnapshotRoots(root: mirror.path, fileSystem: mirror.fileSystem, links: mirror.publisher.links),
            HistoryRoots(
                history: mirror.publisher.history,
                views: mirror.publisher.views,
                links: mirror.publisher.links
            ),
        ]
    }

    /// Walks over all that can be collected.
    ///
    /// - Parameters:
    ///   - passes: The parts into which the walks are split.
    ///   - first: What is kept of the first part.
    /// - Throws: ``MirrorError``.
    func run(passes: [ClosedRange<UInt8>], first: Roots) async throws(MirrorError) {
        // A pass that is the only one is gathered once for all walks.
        var roots = first
        if isActing, mayRemove {
            try await settleRemovedProjects()
        }
        for (index, range) in passes.enumerated() {
            if index > 0 {
                guard let next = try await gather(range) else { return }
                roots = next
            }
            try await collectLinks(roots)
            if index == 0 { try await collectViews(roots) }
        }
        linked.withLock { $0.seal() }
        for range in passes {
            if passes.count > 1 {
                guard let next = try await gather(range) else { return }
                roots = next
            }
            try await collectObjects(roots)
            try await collectOrphans(roots)
        }
    }

    /// What to do with something that nothing refers to.
    enum Verdict {
        case mark
        case wait
        case remove
    }

    /// What to do with something that nothing refers to, by the time since when that is known.
    func verdict(since: Int64?, grace: Int64) -> Verdict {
        // A mark from a time to come is one of a clock that was wrong; it is made anew.
        let since = since.flatMap { $0 > time ? nil : $0 }
        if time - (since ?? time) >= grace, mayRemove { return .remove }
        return since == nil ? .mark : .wait
    }

    /// Counts something by what becomes of it.
    func count(_ verdict: Verdict?, _ change: @Sendable (inout CollectionReport.Counts) -> Void) {
        progress.update { progress in
            switch verdict {
            case .mark: change(&progress.report.marked)
            case .wait: change(&progress.report.waiting)
            case .remove: change(&progress.report.removed)
            case nil: change(&progress.report.regained)
            }
        }
    }

    /// Reports why nothing, or nothing more, is removed.
    func refuse(_ reason: String, project: ProjectName? = nil) {
        let ending = isActing ? "nothing more was removed" : "nothing was removed"
        progress.update {
            $0.report.failures.add(Failure(project: project, reason: "\(reason); \(ending)", attempts: 0))
        }
    }

    /// Whether something keeps anything from being removed.
    var isRefused: Bool { !progress.snapshot.report.failures.isEmpty }

    /// Begins or continues a phase.
    func tell(_ phase: CollectionProgress.Phase, share: Double) {
        progress.update {
            $0.phase = phase
            $0.share = share
        }
    }

    /// Puts and removes marks, a bounded number in a transaction.
    func change(marks: [CondemnedKey], unmarks: [CondemnedKey]) async throws(MirrorError) {
        guard isActing else { return }
        let row = CondemnedRow(since: time)
        let changes = marks.map { ($0, true) } + unmarks.map { ($0, false) }
        for start in stride(from: 0, to: changes.count, by: Self.transactionSize) {
            let batch = changes[start..<min(start + Self.transactionSize, changes.count)]
            try await write { catalog throws(CatalogError) in
                for (key, isMark) in batch {
                    if isMark {
                        try catalog.put(row, under: key, in: Tables.condemned)
                    } else {
                        try catalog.remove(key, in: Tables.condemned)
                    }
                }
            }
        }
    }

    /// Since when things are known to be referred to by nothing, by key.
    func marks(of keys: [CondemnedKey]) async throws(MirrorError) -> [CondemnedKey: Int64] {
        try await mirror.workers.runWrapping { [mirror] in
            try mirror.catalog.read { catalog throws(CatalogError) in
                var marks: [CondemnedKey: Int64] = [:]
                for key in keys { marks[key] = try catalog.row(of: key, in: Tables.condemned)?.since }
                return marks
            }
        }
    }

    /// Writes to the index on a thread that may wait.
    func write(
        _ body: @escaping @Sendable (borrowing CatalogWriter) throws(CatalogError) -> Void
    ) async throws(MirrorError) {
        try await mirror.workers.runWrapping { [mirror] in try mirror.catalog.write(body) }
    }

    /// Calls the file system on a thread that may wait.
    func onDisk(_ body: @escaping @Sendable () throws(FileError) -> Void) async throws(MirrorError) {
        do throws(FileError) {
            try await mirror.workers.run(body)
        } catch {
            throw .file(error)
        }
    }
}
