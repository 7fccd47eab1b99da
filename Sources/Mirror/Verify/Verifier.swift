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
    /// How many rows are taken from the index at a time, so that no transaction lasts long.
    static let batchSize = 10_000

    let mirror: MirrorRoot
    let options: VerifyOptions
    let limits: VerifyLimits
    let progress: VerifyProgress
    private let state = Locked((report: VerifyReport(), walked: Set<String>()))

    init(_ mirror: MirrorRoot, _ options: VerifyOptions, _ limits: VerifyLimits, _ progress: VerifyProgress) {
        self.mirror = mirror
        self.options = options
        self.limits = limits
        self.progress = progress
    }

    /// What was found so far.
    var report: VerifyReport { state.withLock { $0.report } }

    /// Whether damage of the index kept something from being checked.
    var isObstructed: Bool { state.withLock { $0.report.isObstructed } }

    /// Adds a finding.
    func note(_ finding: Finding) {
        state.withLock { $0.report.add(finding) }
        progress.update { $0.findings += 1 }
    }

    /// Changes what is counted.
    func update(_ change: (inout VerifyReport) -> Void) {
        state.withLock { change(&$0.report) }
    }

    /// Whether an error is one of the index itself, which is a finding and ends only what needed it.
    ///
    /// - Parameter error: What was thrown.
    /// - Throws: An error of the disk, or any other.
    func noteDamage(_ error: CatalogError) throws(MirrorError) {
        guard error.isOfIndex else { throw .catalog(error) }
        update { $0.isObstructed = true }
        note(.unreadableIndex(error))
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
                return isFirst ? try noteDamage(error) : ()
            }
            if isFirst {
                for key in batch.damaged {
                    let detail = "row \(key) of table \(table.name) is damaged; \(Finding.rebuildAdvice)"
                    note(Finding(.indexCorrupt, path: "index", detail: detail))
                }
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

    /// The row under a key now; `nil` when there is none or it cannot be read.
    func currentRow<Key, Value>(of key: Key, in table: Table<Key, Value>) -> Value? {
        try? mirror.catalog.read { catalog throws(CatalogError) in try catalog.row(of: key, in: table) }
    }

    /// Whether a table has a row under a key; not knowing counts as yes, since a damaged table is a finding of its own.
    func isThere<Key, Value>(_ key: Key, in table: Table<Key, Value>) -> Bool {
        let isThere = try? mirror.catalog.read { catalog throws(CatalogError) in try catalog.contains(key, in: table) }
        return isThere ?? true
    }

    /// Runs `body` while no group is between its files and its rows.
    func betweenCommits<Result>(_ body: () -> Result) throws(FileError) -> Result {
        let lock = try FileLock.ofCommits(mirror.path, fileSystem: mirror.fileSystem)
        let result = body()
        withExtendedLifetime(lock) {}
        return result
    }
}
