package import Catalog
internal import Digest
package import FileIO
package import Minisign
package import Packaging
internal import Record
package import Scheduling
package import SystemPackage

/// Brings what records say before readers: views, package links, a slot, and one rename.
///
/// One publisher works at a time; whoever calls it holds the mirror's lock. The cost is that of the projects that
/// changed, the root list apart.
package struct Publisher: Sendable {
    /// The number of projects whose views are made durable together.
    static let batchSize = 4_096

    let root: FilePath
    let fileSystem: any FileSystem
    let barrier: FileSystemBarrier
    let catalog: Catalog
    let records: RecordStore
    package let views: ViewStore
    package let links: PackageLinks
    package let slots: SlotTree
    package let history: TreeHistory
    package let snapshots: SnapshotStore
    /// How many changes of the tree are kept, so that they can be taken back.
    let keptChanges: Int
    /// What views hold beside simple pages.
    let settings: ViewSettings
    /// What generations are signed with; `nil` for nothing, an error where the key cannot be used.
    package let signer: Result<SigningKey?, PublicationError>
    let workers: WorkerPool
    let now: @Sendable () -> Int64

    /// A publisher of the mirror below a root.
    ///
    /// - Parameters:
    ///   - root: The mirror's root.
    ///   - fileSystem: What holds it.
    ///   - barrier: What makes everything below the root durable.
    ///   - catalog: Its index.
    ///   - keptChanges: How many changes of the tree are kept.
    ///   - settings: What views hold beside simple pages.
    ///   - signer: What generations are signed with; `nil` for nothing, an error where the key cannot be used.
    ///   - linkKind: What the names of packages are to be.
    ///   - freeSpace: Bytes that are to stay free on the disk when packages are copied.
    ///   - workers: Threads for rendering and writing.
    ///   - now: The time in seconds since 1970.
    package init(
        root: FilePath,
        fileSystem: any FileSystem,
        barrier: FileSystemBarrier,
        catalog: Catalog,
        keptChanges: Int = 20,
        settings: ViewSettings,
        signer: Result<SigningKey?, PublicationError> = .success(nil),
        linkKind: LinkKind = .symbolic,
        freeSpace: UInt64 = 0,
        workers: WorkerPool,
        now: @escaping @Sendable () -> Int64
    ) {
        self.root = root
        self.fileSystem = fileSystem
        self.barrier = barrier
        self.catalog = catalog
        self.settings = settings
        self.signer = signer
        records = RecordStore(root: root, fileSystem: fileSystem)
        views = ViewStore(root: root, fileSystem: fileSystem)
        links = PackageLinks(
            root: root,
            kind: linkKind,
            freeSpace: freeSpace,
            fileSystem: fileSystem,
            catalog: catalog,
            barrier: barrier,
            now: now
        )
        slots = SlotTree(root: root, fileSystem: fileSystem)
        history = TreeHistory(root: root, fileSystem: fileSystem)
        snapshots = SnapshotStore(root: root, fileSystem: fileSystem)
        self.keptChanges = keptChanges
        self.workers = workers
        self.now = now
    }

    /// The generation that readers see; `nil` before the first publication.
    package func live() throws(PublicationError) -> Generation? {
        try Generation.read(inTree: slots.web, fileSystem: fileSystem)
    }

    func intactGeneration() throws(PublicationError) -> Generation? {
        do throws(PublicationError) {
            return try live()
        } catch {
            guard case .damagedState = error else { throw error }
            return nil
        }
    }

    /// Publishes what changed since the last publication.
    ///
    /// A crash at any point leaves the old generation or the new one live; a later call ends what this one began.
    ///
    /// Readers who are held at an older generation see the newest again.
    ///
    /// A project whose record or links cannot be used keeps the view that it has, and is tried again by the next call.
    ///
    /// - Parameters:
    ///   - always: Whether there is a new generation even when nothing changed, since the live one is damaged.
    ///   - progress: Told how many of how many changed projects are rendered.
    ///   - converting: Told how far the names of packages are turned into another kind, when they are.
    ///   - problem: Told of projects that keep their old view, and why.
    /// - Returns: The generation that is live afterwards, and how many projects' views changed.
    /// - Throws: ``PublicationError``; what was live is then still live.
    package func publish(
        always: Bool = false,
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in },
        converting: @escaping @Sendable (LinkConversion) -> Void = { _ in },
        problem: @escaping @Sendable (ProjectName, PublicationError) -> Void = { _, _ in }
    ) async throws(PublicationError) -> (generation: Generation, changed: Int) {
        var state = try MirrorState(root: root, fileSystem: fileSystem)
        let live = try slots.live()
        let number = state.generation + 1
        try await adoptLinks(converting)
        try await adoptSettings()
        let changed = try await renderChanges(generation: number, progress: progress, problem: problem)
        let former = try intactGeneration()
        // A tree whose `generation.json` is damaged, or not signed as it should be, is made anew.
        if !always, let live, changed == 0, try await isComplete(live), try hasLinks(live), let former,
            try signatureProblem(of: former, in: slots.tree(live)) == nil
        {
            if state.held != nil {
                state.held = nil
                try state.write(root: root, fileSystem: fileSystem)
            }
            return (former, 0)
        }
        if let live, state.held != nil { try await renewTimes(ofPendingIn: live) }
        let standby = live?.other ?? .a
        try await linkPending(in: standby)
        let (generation, list) = try await summarize(number: number)
        try await writeRootList(list, generation: generation, in: slots.tree(standby))
        if let live, let former {
            try await stageChange(from: former, to: generation, try await replacedProjects(in: live))
        } else if live != nil {
            // Nobody can tell what is replaced.
            try await workers.run { () throws(PublicationError) in try history.prune(keeping: 0) }
        }
        state.generation = number
        state.held = nil
        try await switchTo(standby, state: state)
        return (generation, changed)
    }

    /// Keeps what a switch replaces, so that it can be taken back; not durable.
    ///
    /// - Parameters:
    ///   - former: What is live.
    ///   - generation: What takes its place.
    ///   - projects: What changes, as it was; `nil` when that is too much to keep: then nothing before it is either.
    /// - Throws: ``PublicationError``.
    func stageChange(
        from former: Generation,
        to generation: Generation,
        _ projects: [TreeChange.Project]?
    ) async throws(PublicationError) {
        try await workers.run { () throws(PublicationError) in
            let finished = try? history.finished(live: former)
            // What cannot be read leads nowhere, and what is too much is not kept: nothing before is reachable then.
            if finished == nil || projects == nil { try history.prune(keeping: 0) }
            guard let projects, keptChanges > 0 else { return }
            let change = TreeChange(
                former: former,
                number: generation.number,
                treeDigest: generation.treeDigest,
                projects: projects
            )
            try history.stage(change, after: finished?.last)
        }
    }

    /// Whether records say what readers do not see yet, or a publication was cut off.
    ///
    /// - Throws: ``PublicationError``.
    package func isBehind() async throws(PublicationError) -> Bool {
        let hasUnpublished = try await read { catalog throws(CatalogError) in
            try catalog.count(of: Tables.unpublished) > 0
        }
        if hasUnpublished { return true }
        guard let live = try slots.live() else { return false }
        return try await !isComplete(live)
    }

    /// Whether a slot has the newest view of every project.
    func isComplete(_ slot: Slot) async throws(PublicationError) -> Bool {
        try await pendingProjects(in: slot, limit: 1).isEmpty
    }

    /// Makes everything durable, then the slot live, then the index agree.
    ///
    /// - Parameters:
    ///   - slot: The slot.
    ///   - state: What is to be remembered.
    ///   - behind: Projects whose links in the slot stay older than their views.
    /// - Throws: ``PublicationError``.
    func switchTo(
        _ slot: Slot,
        state: MirrorState,
        behind: Set<ProjectKey> = []
    ) async throws(PublicationError) {
        try await workers.run { () throws(PublicationError) in
            do throws(FileError) {
                try barrier.synchronize()
            } catch {
                throw .file(error)
            }
            try state.write(root: root, fileSystem: fileSystem)
            do throws(FileError) {
                try slots.makeLive(slot)
            } catch {
                throw .file(error)
            }
        }
        var last: ProjectKey?
        while true {
            let rest = try await pendingProjects(in: slot, from: last, limit: Self.batchSize)
            guard let end = rest.last else { break }
            last = end.key
            let keys = rest.filter { !behind.contains($0.key) }.map { SlotKey(slot: slot, project: $0.key) }
            try await write { catalog throws(CatalogError) in
                for key in keys { try catalog.remove(key, in: Tables.pending) }
            }
        }
        try await workers.run { () throws(PublicationError) in try history.prune(keeping: keptChanges) }
    }

    /// Reads from the index on a thread that may wait.
    func read<Result: Sendable>(
        _ body: @escaping @Sendable (borrowing CatalogReader) throws(CatalogError) -> Result
    ) async throws(PublicationError) -> Result {
        do throws(CatalogError) {
            return try await workers.run { () throws(CatalogError) in try catalog.read(body) }
        } catch {
            throw .catalog(error)
        }
    }

    /// Writes to the index on a thread that may wait.
    func write(
        _ body: @escaping @Sendable (borrowing CatalogWriter) throws(CatalogError) -> Void
    ) async throws(PublicationError) {
        do throws(CatalogError) {
            try await workers.run { () throws(CatalogError) in try catalog.write(body) }
        } catch {
            throw .catalog(error)
        }
    }
}
