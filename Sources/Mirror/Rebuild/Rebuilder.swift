internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Publication
internal import Record
internal import Scheduling
internal import SystemPackage

/// Fills an empty index from what lies on disk.
///
/// Objects come first and without owners, in the order of their names; then records, which own them; then what no
/// record speaks of. Every transaction touches a few thousand rows, so that no number of files fills one.
struct Rebuilder: Sendable {
    /// The most rows that one transaction changes at random places.
    static let transactionSize = 2_000

    let root: FilePath
    let fileSystem: any FileSystem
    let catalog: Catalog
    let objects: ObjectStore
    let records: RecordStore
    /// What views hold now; what was published otherwise is marked to be rendered anew.
    let settings: ViewSettings
    /// What the names of packages are to be; `nil` without a configuration that can be read.
    let linkKind: LinkKind?
    let workers: WorkerPool
    let isRehashing: Bool
    let now: @Sendable () -> Int64
    let progress: RebuildProgress
    /// Told to the threads that hash.
    let interruption = Interruption()

    init(
        root: FilePath,
        fileSystem: any FileSystem,
        catalog: Catalog,
        settings: ViewSettings,
        linkKind: LinkKind?,
        workers: WorkerPool,
        isRehashing: Bool,
        now: @escaping @Sendable () -> Int64,
        progress: RebuildProgress
    ) {
        self.root = root
        self.fileSystem = fileSystem
        self.catalog = catalog
        objects = ObjectStore(root: root, fileSystem: fileSystem)
        records = RecordStore(root: root, fileSystem: fileSystem)
        self.settings = settings
        self.linkKind = linkKind
        self.workers = workers
        self.isRehashing = isRehashing
        self.now = now
        self.progress = progress
    }

    /// Fills the index.
    ///
    /// - Returns: Whether it is whole; false when the task was cancelled.
    /// - Throws: ``MirrorError`` for what says nothing about what is here, such as a directory that cannot be read.
    func make() async throws(MirrorError) -> Bool {
        try await interruption.whenCancelled { () async throws(MirrorError) in try await fill() }
    }

    private func fill() async throws(MirrorError) -> Bool {
        try await takeObjects()
        try await takePackages()
        let tree = await workers.run { readLiveTree() }
        try await takeRecords(tree)
        if let tree { try await takeStrangers(of: tree) }
        try await hashUnowned()
        try await settlePackages()
        try await write { [root, fileSystem, settings] catalog throws(CatalogError) in
            try settings.remember(in: catalog)
            if let lastSync = LastSync(root: root, fileSystem: fileSystem) {
                try lastSync.write(to: catalog)
            }
        }
        return !Task.isCancelled
    }

    /// Reports what is not as it should be.
    func note(_ failure: Failure) {
        progress.update { $0.report.failures.add(failure) }
    }

    /// Begins or continues a phase.
    func tell(_ phase: RebuildProgress.Phase, share: Double) {
        progress.update {
            $0.phase = phase
            $0.share = share
        }
    }

    /// Writes to the new index on a thread that may wait.
    func write(
        _ body: @escaping @Sendable (borrowing CatalogWriter) throws(CatalogError) -> Void
    ) async throws(MirrorError) {
        do throws(CatalogError) {
            try await workers.run { () throws(CatalogError) in try catalog.write(body) }
        } catch {
            throw .catalog(error)
        }
    }
}
