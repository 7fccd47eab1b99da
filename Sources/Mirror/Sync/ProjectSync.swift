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
    let due: SyncPlan.Due

    private var mirror: MirrorRoot { run.mirror }

    /// Does all that is to be done for the project.
    ///
    /// - Parameter pageIsDone: Called when the page is merged, so that the next page can be asked for.
    /// - Throws: ``MirrorError`` for what stops the whole run, such as a full disk.
    func perform(pageIsDone: @Sendable () -> Void) async throws(MirrorError) {
        let merged: Merged?
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
        if run.options.isDryRun {
            run.tally.addDryRun(merged.merge)
            return
        }
        try await complete(merged)
    }

    /// A page merged into the record of before.
    private struct Merged: Sendable {
        var merge: RecordMerge
        var row: ProjectRow
        let key: ProjectKey
        let old: ProjectRecord?

        /// About how many bytes the record takes in memory.
        var byteCount: Int { 1_024 + merge.record.files.count * 1_024 }
    }

    /// The project as it was before.
    private struct Before: Sendable {
        let key: ProjectKey
        var row: ProjectRow
        let record: ProjectRecord?
    }

    // MARK: The page

    /// Asks for the page and merges it; `nil` when there is nothing left to do for the project.
    private func mergePage() async throws(MirrorError) -> Merged? {
        var before = try await readBefore()
        // Only what is whole is asked for on condition: what is not needs its page again.
        let validator =
            before.record != nil && !before.row.isIncomplete && before.row.state == .active
            ? before.row.etag : nil
        var delay: Int64 = 1
        while true {
            switch await run.upstream.page(of: due.name, validator: validator) {
            case .unchanged:
                run.noteUsableAnswer()
                return try await mergeUnchanged(before)
            case .gone(let error):
                run.noteUsableAnswer()
                try await noteGone(before, error)
                return nil
            case .failed(let error):
                try await noteFailure(&before, error)
                return nil
            case .page(let response, let contentType):
                run.noteUsableAnswer()
                let body = response.bytes
                let parsed: ParsedPage
                do throws(PageError) {
                    parsed = try await mirror.workers.run { () throws(PageError) in
                        try ProjectPage.parse(
                            body,
                            contentType: contentType,
                            base: response.finalURL,
                            project: due.name
                        )
                    }
                } catch {
                    try await noteUnusablePage(&before, "\(error)", response)
                    return nil
                }
                let serial = parsed.page.serial ?? response.serial
                switch freshness(of: serial, before.row) {
                case .fresh: return try await merge(parsed, serial: serial, response, before)
                case .stale where delay <= run.staleRetryLimit:
                    try? await Task.sleep(for: .seconds(delay))
                    if Task.isCancelled { return nil }
                    delay *= 2
                case .stale:
                    try await noteStale(&before, serial: serial, response)
                    return nil
                case .backwards:
                    try await noteUnusablePage(
                        &before,
                        "the page's serial went back from \(before.row.serial ?? 0) to \(serial ?? 0); kept what was here",
                        response
                    )
                    return nil
                }
            }
        }
    }

    private enum Freshness {
        case fresh
        case stale
        case backwards
    }

    /// How a page's serial compares with what the root list promised and with what is here.
    private func freshness(of serial: UInt64?, _ row: ProjectRow) -> Freshness {
        guard let serial else { return .fresh }
        if let known = row.serial, row.state == .active, serial < known { return .backwards }
        guard let listed = due.listedSerial, serial < listed else { return .fresh }
        let isOld = row.staleSince != 0 && mirror.now() - row.staleSince >= SyncRun.staleAcceptanceAge
        if isOld {
            run.tally.add(warning: "\(due.name): took the page of serial \(serial), though \(listed) is listed")
        }
        return isOld ? .fresh : .stale
    }

    private func readBefore() async throws(MirrorError) -> Before {
        let name = due.name
        let mirror = mirror
        do {
            return try await mirror.workers.run { () throws -> Before in
                let key = try ProjectKey(name)
                let row = try mirror.catalog.read { catalog throws(CatalogError) in
                    try catalog.row(of: key, in: Tables.projects)
                }
                guard let row else { return Before(key: key, row: ProjectRow(name: name), record: nil) }
                guard row.name == name else {
                    throw MirrorError.library("the projects \(row.name) and \(name) have one key in the index")
                }
                return Before(key: key, row: row, record: try mirror.records.read(name)?.record)
            }
        } catch let error as RecordStoreError {
            guard case .damaged = error else { throw .record(error) }
            // A record that does not match its digest is never believed; the project is had anew.
            run.tally.add(warning: "\(error); it is made anew from upstream")
            return Before(key: try run.key(of: name), row: ProjectRow(name: name), record: nil)
        } catch let error as CatalogError {
            throw .catalog(error)
        } catch let error as MirrorError {
            throw error
        } catch {
            throw .library("\(error)")
        }
    }

    private func merge(
        _ parsed: ParsedPage,
        serial: UInt64?,
        _ response: TransferResponse,
        _ before: Before
    ) async throws(MirrorError) -> Merged {
        var page = parsed.page
        page.serial = serial
        let refusals = parsed.refusals.map { RefusalRecord(filename: $0.filename, reason: "\($0.reason)") }
        var row = before.row
        row.etag = response.etag.flatMap { $0.utf8.count <= 512 ? $0 : nil }
        return try await merge(page, refusals, before, row)
    }

    private func mergeUnchanged(_ before: Before) async throws(MirrorError) -> Merged? {
        guard let record = before.record else { return nil }
        if before.row.selection == run.selectionMark {
            run.tally.addUnchanged()
            guard !run.options.isDryRun else { return nil }
            var row = before.row
            row.checkedAt = mirror.now()
            row.staleSince = 0
            try await run.commit(row, key: before.key)
            return nil
        }
        return try await merge(record.pageAsSeen, record.refusals, before, before.row)
    }

    private func merge(
        _ page: ProjectPage,
        _ refusals: [RefusalRecord],
        _ before: Before,
        _ row: ProjectRow
    ) async throws(MirrorError) -> Merged {
        let run = run
        let name = due.name
        let mirror = mirror
        let url = run.upstream.pageURL(of: name)
        do throws(CatalogError) {
            let merge = try await mirror.workers.run { () throws(CatalogError) in
                var merge = RecordMerge(
                    page: page,
                    refusals: refusals,
                    url: url,
                    old: before.record,
                    selection: run.selection,
                    now: mirror.now(),
                    acceptsChange: { run.options.accepts(changeOf: $0, of: name) }
                )
                try mirror.catalog.read { catalog throws(CatalogError) in
                    try merge.findPresent { digest throws(CatalogError) in
                        try catalog.row(of: digest, in: Tables.objects)?.size
                    }
                }
                return merge
            }
            return Merged(merge: merge, row: row, key: before.key, old: before.record)
        } catch {
            throw .catalog(error)
        }
    }

    // MARK: What is missing, and the commit

    /// Gets what is missing and commits the record.
    private func complete(_ merged: Merged) async throws(MirrorError) {
        var merge = merged.merge
        var row = merged.row
        report(merge)
        let hasFailed = try await FileFetch(run: run, name: due.name, key: merged.key).fetch(&merge)
        // What arrived is committed on its own and not fetched again; the record waits for a whole answer.
        if Task.isCancelled { return }
        var record = merge.record
        record.removal = nil
        row.state = .active
        row.serial = record.serial
        row.checkedAt = mirror.now()
        row.staleSince = 0
        row.selection = run.selectionMark
        row.files = record.counts
        row.isIncomplete =
            hasFailed || record.isIncomplete || !merge.changedDigests.isEmpty || !merge.withdrawn.isEmpty
        let tally = run.tally
        if record == merged.old {
            try await run.commit(row, key: merged.key) { tally.add(isChanged: false) }
        } else {
            try await run.commit(record, row: row, key: merged.key) { tally.add(isChanged: true) }
        }
        if !merge.withdrawn.isEmpty { run.removals.note(files: merge.withdrawn, of: due.name) }
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

    // MARK: Pages that cannot be used

    private func noteGone(_ before: Before, _ error: TransferError) async throws(MirrorError) {
        if before.row.state == .active {
            run.removals.note(project: due.name)
            return
        }
        if before.row.state == .removed {
            run.tally.addUnchanged()
            return
        }
        let hint = due.isListed ? "upstream lists the project and has no page of it" : "upstream has no such project"
        try await fail(before, Failure(project: due.name, url: error.url, reason: hint, attempts: error.attempts))
    }

    private func noteFailure(_ before: inout Before, _ error: TransferError) async throws(MirrorError) {
        if case .cancelled = error.code { return }
        try run.noteUnusableAnswer(error)
        try await fail(before, Failure(project: due.name, error))
    }

    private func noteUnusablePage(
        _ before: inout Before,
        _ reason: String,
        _ response: TransferResponse
    ) async throws(MirrorError) {
        try await fail(
            before,
            Failure(project: due.name, url: response.fromURL, reason: reason, attempts: response.attempts)
        )
    }

    private func noteStale(
        _ before: inout Before,
        serial: UInt64?,
        _ response: TransferResponse
    ) async throws(MirrorError) {
        if before.row.staleSince == 0 { before.row.staleSince = mirror.now() }
        let reason =
            "the page has serial \(serial ?? 0), though \(due.listedSerial ?? 0) is listed; it is asked for again by "
            + "the next sync"
        run.tally.addDeferred()
        try await fail(
            before,
            Failure(project: due.name, url: response.fromURL, reason: reason, attempts: response.attempts),
            isDeferred: true
        )
    }

    /// Reports a project that could not be brought up to date, and remembers that it is due.
    private func fail(_ before: Before, _ failure: Failure, isDeferred: Bool = false) async throws(MirrorError) {
        run.tally.add(failure)
        if !isDeferred { run.tally.addFailed() }
        guard !run.options.isDryRun else { return }
        var row = before.row
        row.isIncomplete = true
        guard row != before.row || row.state == .unseen else { return }
        try await run.commit(row, key: before.key)
    }
}
