internal import Catalog
internal import Digest
internal import FileIO
internal import Glibc
internal import ObjectStore
internal import Packaging
internal import Publication
internal import Record
internal import Scheduling
internal import SystemPackage

/// Makes objects and records durable in groups, and then known to the index.
///
/// The order is bytes, names of objects, names of records, index; each step is durable before the next begins, so that
/// a crash leaves only things that nothing refers to (design, "Commit order"). One thread commits; while it waits for
/// the disk, the next group gathers. After an error the group is void, and so is everything that is submitted later:
/// what a failed fsync(2) left on disk is not known.
final class GroupCommit: Sendable {
    /// The most changes in one group.
    static let groupSize = 8_192
    /// A group of this size waits for no more.
    ///
    /// Each group costs the disk the same few flushes, so it should be large.
    private static let ampleSize = 3_072
    /// How long a smaller group waits for more, in steps of 10 ms.
    private let gatheringSteps: Int

    /// One change, in the order in which it was submitted.
    enum Change: Sendable {
        /// Checked bytes that are to become an object, the project that refers to them, and, when no record tells of them,
        /// what to tell whether they are durable and known.
        case object(StagedObject, ProjectKey, arrival: Arrival?)
        /// A row of a project, its record when there is a new one, and what to call once both are durable.
        case project(ProjectKey, ProjectRow, StagedRecord?, @Sendable () -> Void)

        /// Whether these are bytes that no record tells of yet.
        fileprivate var isArrival: Bool {
            if case .object(_, _, _?) = self { true } else { false }
        }
    }

    /// Told what became of bytes that no record tells of yet.
    typealias Arrival = @Sendable (Result<Void, MirrorError>) -> Void

    /// A record whose bytes are written and not yet in place.
    struct StagedRecord: Sendable {
        let path: FilePath
        /// Objects that the record refers to.
        let objects: [SHA256Digest]
    }

    private struct State {
        var pending: [Change] = []
        var isCommitting = false
        /// Whether somebody waits for all of it, so that no group waits for more.
        var isFinishing = false
        var failure: MirrorError?
    }

    private let root: FilePath
    private let fileSystem: any FileSystem
    private let barrier: FileSystemBarrier
    private let catalog: Catalog
    private let objects: ObjectStore
    private let links: PackageLinks
    /// Bytes of which the next publication makes copies, of those that were committed so far.
    private let owed = Locked<UInt64>(0)
    /// Whether copies take room; `nil` while nobody knows.
    private let copiesTakeRoom = Locked<Bool?>(nil)
    private let records: RecordStore
    private let placement: RecordPlacement
    /// The room that has to be left on the disk; `nil` when none has to.
    private let reserve: DiskReserve?
    private let now: @Sendable () -> Int64
    private let distrusted: Locked<Set<SHA256Digest>>
    private let state = Locked(State())
    private let thread = WorkerPool(name: "larder-commit", threadCount: 1)
    /// Changes that wait for their group, so that a slow disk holds back the network.
    private let backlog = Budget(items: 2 * GroupCommit.groupSize, bytes: 512 << 20)

    /// Commits to a mirror.
    ///
    /// - Parameters:
    ///   - mirror: The mirror.
    ///   - distrusted: Objects that the index knows, whose bytes are known to be damaged; new ones take their places.
    ///   - isFreeing: Whether the changes are made to free room, so that none has to be left for them.
    ///   - gatheringSteps: How long a small group waits for more, in steps of 10 ms.
    init(
        _ mirror: MirrorRoot,
        distrusting distrusted: Set<SHA256Digest> = [],
        isFreeing: Bool = false,
        gatheringSteps: Int = 30
    ) {
        self.gatheringSteps = gatheringSteps
        self.distrusted = Locked(distrusted)
        root = mirror.path
        fileSystem = mirror.fileSystem
        barrier = mirror.barrier
        reserve = isFreeing ? nil : mirror.reserve
        catalog = mirror.catalog
        objects = mirror.objects
        links = mirror.publisher.links
        records = mirror.records
        placement = mirror.placement
        now = mirror.now
    }

    /// Hands over checked bytes; they are committed before any record that is submitted later.
    ///
    /// Waits while too much waits for the disk already.
    ///
    /// - Parameters:
    ///   - object: The bytes.
    ///   - project: The project that refers to them.
    ///   - arrival: For bytes that no record tells of yet: told that they are durable and the index knows them, or why not.
    func submit(_ object: StagedObject, of project: ProjectKey, arrival: Arrival? = nil) async {
        await backlog.acquire(bytes: Int(clamping: object.size))
        append(.object(object, project, arrival: arrival))
    }

    /// Hands over a project's row, and its record when there is a new one, without waiting until they are durable.
    ///
    /// - Parameters:
    ///   - row: The row.
    ///   - key: The project's key.
    ///   - record: The record; the project is published when there is one.
    ///   - isDurable: Called once row and record are durable, not at all when that fails.
    /// - Throws: ``MirrorError`` of an earlier group, after which nothing is committed any more.
    func submit(
        _ row: ProjectRow,
        under key: ProjectKey,
        record: StagedRecord?,
        isDurable: @escaping @Sendable () -> Void
    ) async throws(MirrorError) {
        if let failure = state.withLock({ $0.failure }) { throw failure }
        await backlog.acquire()
        append(.project(key, row, record, isDurable))
    }

    /// Waits until everything that was submitted is committed.
    ///
    /// - Throws: ``MirrorError`` when any group failed.
    func finish() async throws(MirrorError) {
        state.withLock { $0.isFinishing = true }
        await thread.run {}
        let failure = state.withLock { state in
            state.isFinishing = false
            return state.failure
        }
        if let failure { throw failure }
    }

    /// Has new bytes take the place of an object that the index knows, and whose bytes are known to be damaged.
    func distrust(_ object: SHA256Digest) {
        distrusted.withLock { _ = $0.insert(object) }
    }

    private func append(_ change: Change) {
        let isFirst = state.withLock { state in
            state.pending.append(change)
            defer { state.isCommitting = true }
            return !state.isCommitting
        }
        if isFirst { thread.submit { self.commitAll() } }
    }

    /// Commits group after group until nothing is left.
    private func commitAll() {
        while true {
            gather()
            let (group, failure) = state.withLock { state in
                let group = Array(state.pending.prefix(Self.groupSize))
                state.pending.removeFirst(group.count)
                if group.isEmpty { state.isCommitting = false }
                return (group, state.failure)
            }
            if group.isEmpty { return }
            settle(group, failure.map { .failure($0) } ?? commit(group))
        }
    }

    /// Lets a small group wait for more.
    private func gather() {
        for _ in 0..<gatheringSteps {
            let isAmple = state.withLock { $0.isFinishing || $0.pending.isEmpty || $0.pending.count >= Self.ampleSize }
            if isAmple { return }
            usleep(10_000)
        }
    }

    /// Tidies up after a group, and tells those who want to know of its success.
    private func settle(_ group: [Change], _ result: Result<Set<FilePath>, MirrorError>) {
        var placed: Set<FilePath>?
        switch result {
        case .success(let paths): placed = paths
        case .failure(let failure): state.withLock { $0.failure = $0.failure ?? failure }
        }
        for change in group {
            switch change {
            case .object(let object, _, let arrival):
                // Still there when it was not needed or the group is void; nobody else has the name.
                if placed?.contains(object.path) != true { try? fileSystem.removeIfPresent(object.path) }
                arrival?(result.map { _ in () })
                backlog.release(bytes: Int(clamping: object.size))
            case .project(_, _, let record, let isDurable):
                if placed != nil {
                    isDurable()
                } else if let record {
                    try? fileSystem.removeIfPresent(record.path)
                }
                backlog.release()
            }
        }
    }

    /// Commits a group.
    ///
    /// - Returns: The staged paths of the objects that got their names.
    private func commit(_ group: [Change]) -> Result<Set<FilePath>, MirrorError> {
        do {
            try reserve?.check(changes: group.count, beside: (try copies(of: group), 0))
            let lock = try FileLock.ofCommits(root, fileSystem: fileSystem)
            let placed = try group.contains(where: \.isArrival) ? place(arrivalsOf: group) : place(group)
            withExtendedLifetime(lock) {}
            return .success(placed)
        } catch {
            return .failure(MirrorError(wrapping: error))
        }
    }

    /// Makes a group of a server durable, and known to the index.
    private func place(arrivalsOf group: [Change]) throws -> Set<FilePath> {
        let exclusion = try lockOutRebuild()
        let placed = try place(group)
        withExtendedLifetime(exclusion) {}
        return placed
    }

    /// Makes a group durable, and known to the index.
    private func place(_ group: [Change]) throws -> Set<FilePath> {
        let newObjects = try unknownObjects(in: group)
        let newRecords = group.compactMap { change -> (staged: FilePath, name: ProjectName)? in
            guard case .project(_, let row, let record?, _) = change else { return nil }
            return (record.path, row.name)
        }
        if !newRecords.isEmpty { try placement.note(newRecords.map(\.name), at: objects.newStagingPath()) }
        if !newObjects.isEmpty || !newRecords.isEmpty {
            try barrier.synchronize()
        }
        try relink(newObjects.map(\.object))
        if !newObjects.isEmpty {
            try objects.place(newObjects.map(\.object))
            try barrier.synchronize()
        }
        if !newRecords.isEmpty {
            try records.place(newRecords)
            try barrier.synchronize()
        }
        try write(group, newObjects)
        // A note that stays only has these records compared once more.
        if !newRecords.isEmpty { try? placement.forget() }
        return Set(newObjects.map(\.object.path))
    }

    /// Has a `rebuild` wait until a group of a server is committed, which has no lock that excludes one.
    ///
    /// - Throws: ``MirrorError/indexReplaced(_:)`` where one is on its way, or was, so that nothing would know of the group.
    private func lockOutRebuild() throws(MirrorError) -> FileLock {
        let lock: FileLock
        do throws(FileError) {
            lock = try FileLock.ofRebuild(root, waiting: false, fileSystem: fileSystem)
        } catch {
            throw error.errno == .wouldBlock ? .indexReplaced(root) : .file(error)
        }
        do throws(FileError) {
            if try IndexPlace(root: root, fileSystem: fileSystem).identity() == catalog.identity { return lock }
        } catch {
            throw .file(error)
        }
        throw .indexReplaced(root)
    }

    /// Bytes that copies of the objects of a group, and of those before it, take once they are published.
    private func copies(of group: [Change]) throws(FileError) -> UInt64 {
        guard links.kind == .copy else { return 0 }
        if copiesTakeRoom.withLock({ $0 }) == nil {
            let sharesBytes = try objects.sharesBytes()
            copiesTakeRoom.withLock { $0 = !sharesBytes }
        }
        guard copiesTakeRoom.withLock({ $0 }) == true else { return 0 }
        func size(where isCounted: (Bool) -> Bool) -> UInt64 {
            group.reduce(UInt64(0)) { sum, change in
                guard case .object(let object, _, let arrival) = change, isCounted(arrival != nil) else {
                    return sum
                }
                return sum + object.size
            }
        }
        // Of what arrives without a record the copy is made at once, so that it is owed no longer than its group.
        let arriving = size { $0 }
        let lasting = size { !$0 }
        return owed.withLock { owed in
            owed += lasting
            return owed + arriving
        }
    }

    /// Has published names ready for objects that the index knows, though their files are gone or damaged.
    private func relink(_ staged: [StagedObject]) throws {
        guard !staged.isEmpty else { return }
        let known = try catalog.read { catalog throws(CatalogError) in
            guard try catalog.count(of: Tables.packages) > 0 else { return [StagedObject]() }
            var known: [StagedObject] = []
            for object in staged where try catalog.contains(object.digest, in: Tables.objects) { known.append(object) }
            return known
        }
        if !known.isEmpty { try links.relink(known) }
    }

    /// The objects of a group that are not here yet, each once.
    ///
    /// A row whose file is gone, or has another size, says nothing: such an object is put into its place again.
    private func unknownObjects(
        in group: [Change]
    ) throws(CatalogError) -> [(object: StagedObject, project: ProjectKey)] {
        let distrusted = distrusted.withLock { $0 }
        return try catalog.read { catalog throws(CatalogError) in
            var seen: Set<SHA256Digest> = []
            var unknown: [(object: StagedObject, project: ProjectKey)] = []
            for case .object(let object, let project, _) in group where seen.insert(object.digest).inserted {
                if try objects.storedSize(of: object.digest, catalog, distrusting: distrusted) == nil {
                    unknown.append((object, project))
                }
            }
            return unknown
        }
    }

    /// Tells the index of a group whose bytes and names are durable.
    private func write(
        _ group: [Change],
        _ newObjects: [(object: StagedObject, project: ProjectKey)]
    ) throws(CatalogError) {
        let time = now()
        try catalog.write { catalog throws(CatalogError) in
            for (object, project) in newObjects.sorted(by: { $0.object.digest < $1.object.digest }) {
                // Who referred to an object that was gone refers to it still.
                let owner = try catalog.reader.row(of: object.digest, in: Tables.objects)?.project
                try catalog.put(
                    ObjectRow(size: object.size, storedAt: time, project: owner ?? project),
                    under: object.digest,
                    in: Tables.objects
                )
                try catalog.remove(CondemnedKey(.orphan, object.digest), in: Tables.condemned)
            }
            for case .object(_, let project, _?) in group {
                try catalog.put(Mark(), under: project, in: Tables.arrived)
            }
            for case .project(let key, let row, let record, _) in group {
                try catalog.put(row, under: key, in: Tables.projects)
                guard let record else { continue }
                try catalog.put(Mark(), under: key, in: Tables.unpublished)
                try catalog.refer(to: record.objects, from: key)
            }
        }
    }
}
