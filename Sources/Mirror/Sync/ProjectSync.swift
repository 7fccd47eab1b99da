internal import Catalog
internal import Digest
internal import FileIO
internal import Packaging
internal import Record
internal import Scheduling
internal import Selection
internal import SimpleIndex
internal import SystemPackage
internal import Transfer

/// Brings one project up to date: asks for its page, merges it into the record, gets what is missing, commits.
///
/// Whatever fails is a value that ends in the report; only what stops the whole run is thrown.
struct ProjectSync: Sendable {
    let run: SyncRun
    /// Where the project comes from.
    let source: SyncSource
    let due: SyncPlan.Due

    var mirror: MirrorRoot { run.mirror }

    /// Does all that is to be done for the project.
    ///
    /// - Parameter pageIsDone: Called when the page is merged, so that the next page can be asked for.
    /// - Throws: ``MirrorError`` for what stops the whole run, such as a full disk.
    func perform(pageIsDone: @Sendable () -> Void) async throws(MirrorError) {
        let merged: MergedPage?
        do throws(MirrorError) {
            merged = try await mergePage()
        } catch {
            pageIsDone()
            throw error
        }
        guard let merged, !Task.isCancelled else { return pageIsDone() }
        // A share of the memory first, so that pages come in no faster than their files.
        await run.recordBudget.acquire(bytes: merged.byteCount)
        defer { run.recordBudget.release(bytes: merged.byteCount) }
        pageIsDone()
        run.tally.add(merged.merge.drops, of: due.name)
        run.rules.note(merged.merge)
        if run.options.isDryRun {
            run.tally.addDryRun(merged.merge, old: merged.old?.record, isDependency: run.isDependency(due.name))
            return
        }
        try await complete(merged)
    }

    // MARK: What is missing, and the commit

    /// Gets what is missing and commits the record.
    private func complete(_ merged: MergedPage) async throws(MirrorError) {
        var merge = merged.merge
        var row = merged.row
        report(merge)
        let hasFailed = try await FileFetch(run: run, source: source, name: due.name, key: merged.key).fetch(&merge)
        // What arrived is committed on its own and not fetched again; the record waits for a whole answer.
        if Task.isCancelled { return }
        var record = merge.record
        // Of some files the digest is known only now.
        if record.block(by: run.selection.files) { run.rules.note(blocked: record) }
        record.removal = nil
        row.state = .active
        row.serial = record.serial
        row.checkedAt = mirror.now()
        // A page that stays behind the list counts as behind until the list says otherwise.
        let wasBehind = !run.options.projects.isEmpty && row.behindSince != 0
        let isBehind = due.listing?.serial.map { (record.serial ?? .max) < $0 } ?? wasBehind
        if !isBehind || row.bareSince != 0 { row.staleSince = 0 }
        // Without a digest a file cannot wait for who asks for it: the next sync gets it.
        let isSettled = !record.files.contains { $0.state == .known && $0.sha256 == nil }
        row.selection = isSettled ? run.mark(of: due.name, from: source) : 0
        row.files = record.counts
        row.nextRelease = record.nextRelease
        row.isIncomplete =
            hasFailed || record.isIncomplete || (isBehind && due.listing?.serial == nil)
            || !merge.changedDigests.isEmpty || !merge.withdrawn.isEmpty || !merge.unmet.isEmpty
        row.lastFailure = failure(of: merge, record)
        let tally = run.tally
        if let old = merged.old, !old.isUnindexed, record == old.record {
            try await run.commit(row, key: merged.key) { tally.add(isChanged: false) }
        } else {
            try await run.commit(record, row: row, key: merged.key) { tally.add(isChanged: true) }
        }
        if !merge.withdrawn.isEmpty { run.removals.note(files: merge.withdrawn, of: due.name) }
    }

    /// The first thing of a project that could not be had as it should be, in a line.
    private func failure(of merge: RecordMerge, _ record: ProjectRecord) -> String? {
        if let change = merge.changedDigests.first { return "upstream changed the digest of \(change.filename)" }
        if let (what, rule) = merge.unmet.first { return Self.unmet(what, rule) }
        for file in record.files {
            if case .missing(let reason) = file.state { return "\(file.filename): \(reason)" }
            for kind in CompanionKind.allCases {
                if case .missing(let reason) = file[kind].problem {
                    return "\(file.filename)\(kind.suffix): \(reason)"
                }
            }
        }
        return nil
    }

    private static func unmet(_ what: String, _ rule: Rule) -> String {
        "asked for by \(rule) and not on upstream's page: \(what)"
    }

    /// Tells the report what is refused of the page.
    private func report(_ merge: RecordMerge) {
        for refusal in merge.newRefusals {
            run.tally.add(
                Failure(
                    project: due.name,
                    file: refusal.filename,
                    url: merge.record.page,
                    reason: "refused: \(refusal.reason); it is not mirrored",
                    attempts: 0
                )
            )
        }
        for (what, rule) in merge.unmet {
            let reason = Self.unmet(what, rule)
            run.tally.add(Failure(project: due.name, url: merge.record.page, reason: reason, attempts: 0))
        }
        for change in merge.changedDigests {
            run.tally.add(
                Failure(
                    project: due.name,
                    file: change.filename,
                    url: change.url,
                    reason:
                        "upstream changed the digest from \(change.known) to \(change.found); kept the file that was "
                        + "here; accept the new one with `larder sync --accept-change \(due.name)`",
                    attempts: 0
                )
            )
        }
    }
}
