internal import Catalog
internal import FileIO
internal import Packaging
internal import Record
internal import Scheduling

/// Checks a mirror against itself; changes nothing but the times of checks in the index.
///
/// Needs no lock: what a sync does meanwhile is either not seen yet or whole.
struct Verifier: Sendable {
    /// How many rows are taken from the index at a time, so that no transaction lasts long.
    static let batchSize = 10_000

    let mirror: MirrorRoot
    private let state = Locked(VerifyReport())

    init(_ mirror: MirrorRoot) {
        self.mirror = mirror
    }

    /// What was found so far, in the order of kinds and paths.
    var report: VerifyReport {
        var report = state.withLock { $0 }
        report.findings.sort {
            ($0.kind.rawValue, $0.path ?? "", $0.detail) < ($1.kind.rawValue, $1.path ?? "", $1.detail)
        }
        return report
    }

    /// Adds a finding.
    func note(_ finding: Finding) {
        state.withLock { $0.findings.append(finding) }
    }

    /// Changes what is counted.
    func update(_ change: (inout VerifyReport) -> Void) {
        state.withLock { change(&$0) }
    }

    /// Calls `body` with all rows of a table, in batches that are each one transaction.
    ///
    /// A damaged row is a finding; the walk goes on behind it.
    func forEachBatch<Key, Value>(
        of table: Table<Key, Value>,
        _ body: ([(key: Key, row: Value)]) async throws(MirrorError) -> Void
    ) async throws(MirrorError) where Key: Hashable {
        var last: Key?
        while !Task.isCancelled {
            let start = last
            let batch: (rows: [(key: Key, row: Value)], damaged: [String], last: Key?)
            do throws(CatalogError) {
                batch = try await mirror.workers.run { () throws(CatalogError) in
                    try mirror.catalog.read { catalog throws(CatalogError) in
                        try catalog.survey(table, after: start, limit: Self.batchSize)
                    }
                }
            } catch {
                throw .catalog(error)
            }
            for key in batch.damaged {
                note(
                    Finding(
                        .indexCorrupt,
                        path: "index",
                        detail: "row \(key) of table \(table.name) is damaged"
                    )
                )
            }
            guard let end = batch.last else { return }
            try await body(batch.rows)
            last = end
        }
    }
}

extension MirrorRoot {
    /// Checks the mirror against itself.
    ///
    /// - Parameter modes: What to look at.
    /// - Returns: What was found.
    /// - Throws: ``MirrorError`` when the index cannot be read at all.
    package func verify(_ modes: VerifyModes) async throws(MirrorError) -> VerifyReport {
        let start = ContinuousClock.now
        let verifier = Verifier(self)
        if modes.contains(.index) { try await verifier.checkIndex() }
        // What is hashed as well is counted once.
        if modes.contains(.quick) { try await verifier.checkNames(counting: !modes.contains(.content)) }
        if modes.contains(.publication) { try await verifier.checkPublication() }
        if modes.contains(.content) { try await verifier.checkContent() }
        try await verifier.measureCoverage()
        var report = verifier.report
        report.seconds = (ContinuousClock.now - start).inSeconds
        report.isInterrupted = Task.isCancelled
        let findings = report.findings.count
        let catalog = catalog
        do throws(CatalogError) {
            try await workers.run { () throws(CatalogError) in
                try catalog.write { catalog throws(CatalogError) in
                    try catalog.put(MetaRow(String(findings)), under: .lastFindings, in: Tables.meta)
                }
            }
        } catch {
            throw .catalog(error)
        }
        return report
    }
}
