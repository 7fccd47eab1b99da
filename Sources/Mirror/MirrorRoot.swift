package import Catalog
package import Configuration
internal import Digest
package import FileIO
package import Logging
package import ObjectStore
internal import Packaging
package import Publication
package import Record
internal import Scheduling
package import SystemPackage

/// A mirror on disk, opened: what all commands on it work with.
///
/// Opening changes nothing but the place of the index: it makes one where nothing is yet, and ends a swap that was cut
/// off. Who changes the mirror holds ``lock()``.
package final class MirrorRoot: Sendable {
    /// The root of the mirror.
    package let path: FilePath
    /// What `larder.toml` says.
    package let configuration: Configuration
    /// The upstreams, in the order of the configuration, each with what says who we are to it.
    let upstreams: [UpstreamAccess]
    /// Which of them a project comes from.
    let claims: UpstreamClaims
    /// What `projects.txt` lists.
    package let projects: ProjectList
    /// What `blocked.txt` lists.
    package let blocks: BlockList
    /// What is kept, as configuration and lists state it.
    private let stated: Result<MirrorSelection, MirrorError>
    /// The index.
    package let catalog: Catalog
    /// The objects.
    package let objects: ObjectStore
    /// The records.
    package let records: RecordStore
    /// What brings records before readers.
    package let publisher: Publisher
    /// What makes everything below the root durable, from when the mirror was opened.
    let barrier: FileSystemBarrier
    /// What holds the mirror.
    let fileSystem: any FileSystem
    /// Threads for disk, digests and parsing.
    let workers: WorkerPool
    /// Where events are told that are no result.
    let logger: Logger
    /// The time in seconds since 1970.
    let now: @Sendable () -> Int64

    /// Opens a mirror.
    ///
    /// - Parameters:
    ///   - path: The root.
    ///   - fileSystem: What holds it.
    ///   - logger: Where events are told that are no result.
    ///   - now: The time in seconds since 1970.
    /// - Throws: ``MirrorError``.
    package convenience init(
        at path: FilePath,
        fileSystem: any FileSystem = POSIXFileSystem(),
        logger: Logger,
        now: @escaping @Sendable () -> Int64 = Clock.now
    ) throws(MirrorError) {
        try self.init(at: path, fileSystem: fileSystem, logger: logger, now: now, sharing: nil)
    }

    /// The mirror with the configuration and the lists as they are by now, and the index that is open.
    ///
    /// - Throws: ``MirrorError``.
    func renewed() throws(MirrorError) -> MirrorRoot {
        try MirrorRoot(at: path, fileSystem: fileSystem, logger: logger, now: now, sharing: self)
    }

    private init(
        at path: FilePath,
        fileSystem: any FileSystem,
        logger: Logger,
        now: @escaping @Sendable () -> Int64,
        sharing opened: MirrorRoot?
    ) throws(MirrorError) {
        let files = MirrorFiles(root: path, fileSystem: fileSystem)
        try files.checkFormat()
        configuration = try files.configuration()
        upstreams = try files.upstreams(of: configuration)
        claims = UpstreamClaims(configuration.upstreams)
        let projects = try files.projects()
        self.projects = projects
        let configuration = configuration
        let blocks = try files.blocks()
        self.blocks = blocks
        stated = Result { () throws(MirrorError) in
            try MirrorSelection(configuration, projects, blocking: blocks, fileSystem)
        }
        self.path = path
        self.fileSystem = fileSystem
        self.logger = logger
        self.now = now
        workers = opened?.workers ?? WorkerPool(name: "larder-disk", threadCount: max(2, Clock.processorCount))
        if let opened {
            (barrier, catalog) = (opened.barrier, opened.catalog)
        } else {
            (barrier, catalog) = try Self.open(path, fileSystem)
        }
        objects = ObjectStore(root: path, fileSystem: fileSystem)
        records = RecordStore(root: path, fileSystem: fileSystem)
        publisher = Publisher(
            root: path,
            fileSystem: fileSystem,
            barrier: barrier,
            catalog: catalog,
            keptChanges: configuration.publication.keepGenerations,
            settings: ViewSettings(configuration),
            signer: SigningKeyFile.read(configuration.publication),
            linkKind: LinkKind(configuration.publication),
            freeSpace: UInt64(clamping: configuration.removalGuard.freeSpace.bytes),
            workers: workers,
            now: now
        )
    }

    /// Opens the index of a mirror.
    private static func open(
        _ path: FilePath,
        _ fileSystem: any FileSystem
    ) throws(MirrorError) -> (FileSystemBarrier, Catalog) {
        let place = IndexPlace(root: path, fileSystem: fileSystem)
        let barrier: FileSystemBarrier
        let isLost: Bool
        do throws(FileError) {
            barrier = try FileSystemBarrier(holding: path, fileSystem: fileSystem)
            try place.settle()
            isLost = try place.isLost()
            if !isLost { try fileSystem.makeDirectories(place.directory) }
        } catch {
            throw .file(error)
        }
        // An index that is made where records are would know nothing of them.
        if isLost { throw .indexLost(path) }
        do throws(CatalogError) {
            return (barrier, try Catalog(root: path, fileSystem: fileSystem))
        } catch {
            // A file that is none of LMDB's, as a power cut leaves of one that was just made, holds nothing to lose.
            throw error.isOfNoIndex ? .indexLost(path) : .catalog(error)
        }
    }

    /// Takes the lock that every command holds which changes the mirror, and tidies up after one that crashed.
    ///
    /// A server that asks for pages again holds it for a moment, which is waited for.
    ///
    /// - Parameter settling: Whether an import that is proven and was cut off is put into place first; whoever publishes
    ///   or changes records has to have that.
    /// - Returns: The lock, held until the value ends.
    /// - Throws: ``MirrorError``; `locked` when another command has it, `indexReplaced` when one had it that made the
    ///   index anew since the mirror was opened.
    package func lock(settling: Bool = true) async throws(MirrorError) -> MirrorLock {
        let lock = try await takeFreeLock()
        return try await settled(lock, settling)
    }

    /// Takes the lock for a moment: other commands wait for it instead of failing.
    ///
    /// - Throws: ``MirrorError`` as ``lock(settling:)``, which waits for nobody here.
    func briefLock() async throws(MirrorError) -> MirrorLock {
        let lock = try await workers.runWrapping { [self] in
            // Before the lock, so that nobody meets that without it.
            let mark = try MirrorLock.makingOthersWait(path, fileSystem: fileSystem)
            return try takeLock(mark: mark)
        }
        return try await settled(lock, true)
    }

    private func settled(_ lock: MirrorLock, _ settling: Bool) async throws(MirrorError) -> MirrorLock {
        if settling {
            try await settleImport()
            await settleArrivals()
        }
        return lock
    }

    /// Finds out whether the lock can be had, and lets it go.
    ///
    /// Who asks with ``lock()`` instead may find the lock taken by itself a moment later: the thread that took it may
    /// hold on to the value for a while.
    ///
    /// - Throws: ``MirrorError`` as ``lock()``.
    package func checkLock() async throws(MirrorError) {
        _ = try await takeFreeLock()
    }

    private func takeFreeLock() async throws(MirrorError) -> MirrorLock {
        try await MirrorLock.whenFree(path, fileSystem, workers) { [self] () throws(MirrorError) in try takeLock() }
    }

    /// Whether another index has the place of the one that is open.
    func isIndexReplaced() throws(FileError) -> Bool {
        try IndexPlace(root: path, fileSystem: fileSystem).identity() != catalog.identity
    }

    private func takeLock(mark: consuming FileLock? = nil) throws(MirrorError) -> MirrorLock {
        try checkSigner()
        let lock = try MirrorLock(path, fileSystem: fileSystem, mark: mark)
        do {
            // What is written to an index that lost its name is lost with it.
            if try isIndexReplaced() { throw MirrorError.indexReplaced(path) }
            try IndexPlace(root: path, fileSystem: fileSystem).sweep()
            try publisher.snapshots.sweep()
            try StreamingFolder.sweep(root: path, fileSystem: fileSystem)
        } catch {
            throw MirrorError(wrapping: error)
        }
        // Before what notes them is swept.
        try adoptPlacedRecords()
        try sweepStaging()
        return lock
    }

    /// Throws when the key cannot be used that publications are to be signed with: what could not be published is not
    /// changed either.
    func checkSigner() throws(MirrorError) {
        do throws(PublicationError) {
            _ = try publisher.signer.get()
        } catch {
            throw .publication(error)
        }
    }

    /// What configuration and lists state, without what it needs.
    ///
    /// - Throws: ``MirrorError`` for files of the configuration that state it and cannot be read: not knowing what is
    ///   selected is no reason to take anything off (I10).
    func statedSelection() throws(MirrorError) -> MirrorSelection { try stated.get() }

    /// For how long, in seconds, the part of a file is kept that nothing was added to.
    private static let partialAge: Int64 = 7 * 86_400

    /// The room that the disk must have before anything is committed.
    var reserve: DiskReserve {
        DiskReserve(root: path, fileSystem: fileSystem, bytes: configuration.removalGuard.freeSpace)
    }

    /// The records that a group is giving their names.
    var placement: RecordPlacement { RecordPlacement(directory: objects.stagingDirectory, fileSystem: fileSystem) }

    /// Removes what a crash left in `tmp/`: bytes that nothing refers to, and parts that nobody came back for.
    private func sweepStaging() throws(MirrorError) {
        do throws(FileError) {
            for entry in try fileSystem.list(objects.stagingDirectory) {
                let path = objects.stagingDirectory.appending(entry.name)
                if entry.kind == .regular, entry.name.contains(ObjectStore.partialSuffix) {
                    let age = now() - (try fileSystem.status(path).modificationTime)
                    if age < Self.partialAge { continue }
                }
                if entry.kind == .directory {
                    try fileSystem.removeTree(path)
                } else {
                    try fileSystem.remove(path)
                }
            }
        } catch {
            throw .file(error)
        }
    }
}
