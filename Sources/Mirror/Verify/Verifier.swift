internal import Catalog
internal import Digest
internal import FileIO
internal import Packaging
internal import Record
internal import Scheduling
internal import SystemPackage

/// Checks a mirror against itself; changes nothing but the times of checks in the index.
///
/// Needs no lock: what a sync does meanwhile is either not seen yet or whole. What looks wrong and is about a row is
/// looked at again before it is called so.
struct Verifier: Sendable {
    private struct State {
        var report = VerifyReport()
        /// Tables whose damaged rows are told.
        var walked: Set<String> = []
        /// What was told of the index, which every walk meets again.
        var told: Set<String> = []
        /// Projects whose records were told to be of no use.
        var toldRecords: Set<ProjectKey> = []
        /// Names of packages that were told to be wrong, with the projects that list them.
        var toldNames: Set<String> = []
        /// Whether LMDB itself stumbled over the index.
        var isBroken = false
    }

    /// How many rows are taken from the index at a time, so that no transaction lasts long.
    static let batchSize = 10_000

    let mirror: MirrorRoot
    let options: VerifyOptions
    let limits: VerifyLimits
    let progress: VerifyProgress
    private let state = Locked(State())

    init(_ mirror: MirrorRoot, _ options: VerifyOptions, _ limits: VerifyLimits, _ progress: VerifyProgress) {
        self.mirror = mirror
        self.options = options
        self.limits = limits
        self.progress = progress
    }

    /// What was found so far.
    var report: VerifyReport { state.withLock { $0.report } }

    /// Whether the index is so broken that who writes to it may break more of it.
    var isBroken: Bool { state.withLock { $0.isBroken } }

    /// Adds a finding.
    func note(_ finding: Finding) {
        state.withLock { $0.report.add(finding) }
        progress.update { $0.findings += 1 }
    }

    /// Whether a project's record is told to be of no use for the first time.
    func isFirstTold(recordOf key: ProjectKey) -> Bool { state.withLock { $0.toldRecords.insert(key).inserted } }

    /// Notes that a name of a package is told to be wrong.
    func noteTold(_ name: String) {
        state.withLock { state in
            // More than are listed are not told apart.
            if state.toldNames.count < VerifyReport.findingLimit { state.toldNames.insert(name) }
        }
    }

    /// Whether a name of a package was told to be wrong.
    func wasTold(_ name: String) -> Bool { state.withLock { $0.toldNames.contains(name) } }

    /// Changes what is counted.
    func update(_ change: (inout VerifyReport) -> Void) {
        state.withLock { change(&$0.report) }
    }

    /// Notes that the index could not be read, which kept something from being checked, and ends only that.
    ///
    /// Damage that several walks meet is one finding.
    func note(_ error: CatalogError) {
        let finding = Finding.unreadableIndex(error)
        if case .damagedRow = error {} else { state.withLock { $0.isBroken = true } }
        noteObstruction(finding)
    }

    /// Notes a finding about the index that kept something from being checked, unless it was told before.
    private func noteObstruction(_ finding: Finding) {
        let isNew = state.withLock { state in
            state.report.isObstructed = true
            // More than are listed are not told apart either.
            guard state.told.count < VerifyReport.findingLimit else { return false }
            return state.told.insert(finding.detail).inserted
        }
        if isNew { note(finding) }
    }

    /// Calls `body` with all rows of a table, in batches that are each one transaction.
    ///
    /// A damaged row is a finding when the table is walked for the first time; the walk goes on behind it. A table that
    /// LMDB itself cannot walk is one too, and ends the walk.
    ///
    /// - Parameters:
    ///   - table: The table.
    ///   - counting: Whether the number of rows is compared with the number that the index keeps.
    ///   - body: Gets the rows that are whole.
    /// - Throws: ``MirrorError`` of the disk, or of `body`.
    func forEachBatch<Key: Hashable, Value>(
        of table: Table<Key, Value>,
        counting: Bool = false,
        _ body: ([(key: Key, row: Value)]) async throws(MirrorError) -> Void
    ) async throws(MirrorError) {
        let isFirst = state.withLock { $0.walked.insert(table.name).inserted }
        var last: Key?
        var snapshots: Set<UInt64> = []
        var seen = 0
        while !limits.isOver {
            let start = last
            let batch: (rows: [(key: Key, row: Value)], damaged: [String], last: Key?)
            let (snapshot, count): (UInt64, Int)
            do throws(CatalogError) {
                (batch, snapshot, count) = try await mirror.workers.run { () throws(CatalogError) in
                    try mirror.catalog.read { catalog throws(CatalogError) in
                        (
                            try catalog.survey(table, after: start, limit: Self.batchSize), catalog.snapshot,
                            try catalog.count(of: table)
                        )
                    }
                }
            } catch {
                return note(error)
            }
            // What it is about is not checked, by any walk.
            if !batch.damaged.isEmpty { update { $0.isObstructed = true } }
            if isFirst {
                for key in batch.damaged { noteObstruction(.unreadableIndex(.damagedRow(table: table.name, key: key))) }
            }
            if snapshots.count < 2 { snapshots.insert(snapshot) }
            seen += batch.rows.count + batch.damaged.count
            guard let end = batch.last else {
                // While nobody wrote, the number of rows is the one that LMDB keeps.
                if counting, snapshots.count == 1, seen != count {
                    let detail = "table \(table.name) has \(seen) rows and counts \(count); \(Finding.rebuildAdvice)"
                    note(Finding(.indexCorrupt, path: "index", detail: detail))
                }
                return
            }
            try await body(batch.rows)
            last = end
        }
    }

    /// Reads from the index; `nil`, and a finding, when it cannot be read.
    func read<Result>(_ body: (borrowing CatalogReader) throws(CatalogError) -> Result) -> Result? {
        do throws(CatalogError) {
            return try mirror.catalog.read(body)
        } catch {
            note(error)
            return nil
        }
    }

    /// The row under a key now; `nil` when there is none, or when it cannot be read, which is a finding.
    func currentRow<Key, Value>(of key: Key, in table: Table<Key, Value>) -> Value? {
        read { catalog throws(CatalogError) in try catalog.row(of: key, in: table) } ?? nil
    }

    /// Whether the row under a key is still what it was, as far as `isSame` looks; not knowing counts as yes, so that
    /// what was found is not lost.
    func isStill<Key, Value>(_ key: Key, in table: Table<Key, Value>, _ isSame: (Value?) -> Bool) -> Bool {
        read { catalog throws(CatalogError) in try catalog.row(of: key, in: table) }.map(isSame) ?? true
    }

    /// Whether a table has a row under a key; not knowing counts as yes, and is a finding of its own.
    func isThere<Key, Value>(_ key: Key, in table: Table<Key, Value>) -> Bool {
        read { catalog throws(CatalogError) in try catalog.contains(key, in: table) } ?? true
    }

    /// Runs `body` while no group is between its files and its rows.
    func betweenCommits<Result>(_ body: () -> Result) throws(FileError) -> Result {
        let lock = try FileLock.ofCommits(mirror.path, fileSystem: mirror.fileSystem)
        let result = body()
        withExtendedLifetime(lock) {}
        return result
    }
}
