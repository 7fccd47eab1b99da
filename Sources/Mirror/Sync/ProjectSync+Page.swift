internal import Catalog
internal import Configuration
internal import Digest
internal import Packaging
internal import Publication
internal import Record
internal import Scheduling
internal import Selection
internal import SimpleIndex
internal import Transfer

/// A page merged into the record of before.
struct MergedPage: Sendable {
    var merge: RecordMerge
    var row: ProjectRow
    let key: ProjectKey
    let old: KnownRecord?

    /// About how many bytes the record takes in memory.
    var byteCount: Int { 1_024 + merge.record.files.count * 1_024 }
}

/// A project as it was before its page was asked for.
struct ProjectBefore: Sendable {
    let key: ProjectKey
    /// What the index says; serial and validator only as far as they are of the record, and of the upstream that is
    /// asked.
    let row: ProjectRow
    let known: KnownRecord?
    /// Whether it came from another upstream than the one that claims it now.
    let isMoved: Bool

    /// A project whose page is to be asked for at one upstream.
    ///
    /// - Parameters:
    ///   - key: Its key.
    ///   - row: What the index says.
    ///   - known: Its record.
    ///   - page: The URL that is asked.
    ///   - mark: The mark that its row will have.
    init(_ key: ProjectKey, _ row: ProjectRow, _ known: KnownRecord?, page: String, mark: UInt64) {
        self.key = key
        self.known = known
        // Without a record, another selection may mean another upstream.
        isMoved = known.map { $0.record.page != page } ?? (row.record != nil && row.selection != mark)
        var row = row
        if isMoved {
            row.serial = nil
            row.etag = nil
            row.staleSince = 0
            row.listedContent = nil
        } else if let known, known.isUnindexed {
            // The index speaks of the record before it, which may be of another upstream.
            row.serial = known.record.serial
            row.etag = nil
            row.listedContent = nil
        }
        self.row = row
    }

    /// The record, as far as the index vouches for it.
    var record: ProjectRecord? { known?.record }

    /// Whether the index knows the record, and all that it speaks of is here.
    var isWhole: Bool { known?.isUnindexed == false && !row.isIncomplete && row.state == .active }
}

/// Asking for a page, and merging the answer.
extension ProjectSync {
    /// Asks for the page, unless that is done, and merges it; `nil` when there is nothing left to do for the project.
    func mergePage() async throws(MirrorError) -> MergedPage? {
        let before = try await readBefore()
        switch run.asked.withLock({ $0.removeValue(forKey: due.name) }) {
        case .settled: return nil
        case .known, .unchanged: return try await mergeUnchanged(before)
        case .staged(let path, let etag):
            let (page, refusals) = try await mirror.workers.runWrapping { try run.takeStaged(path) }
            return try await merged(page, refusals, etag: etag, before)
        case nil: break
        }
        switch try await askPage(before) {
        case .unchanged: return try await mergeUnchanged(before)
        case .page(let page, let refusals, let etag): return try await merged(page, refusals, etag: etag, before)
        case .gone, .failed: return nil
        }
    }

    private func merged(
        _ page: ProjectPage,
        _ refusals: [RefusalRecord],
        etag: String?,
        _ before: ProjectBefore
    ) async throws(MirrorError) -> MergedPage {
        let (merge, content) = try await mirror.workers.runWrapping {
            (try self.merge(page, refusals, before), try self.due.listing?.content(of: page))
        }
        var row = before.row
        row.etag = etag
        row.listedContent = content
        // The list, or the page, is of another publication: the next sync looks at both again.
        if content == nil, due.listing?.content != nil { run.hasPageBesideList.withLock { $0 = true } }
        return MergedPage(merge: merge, row: row, key: before.key, old: before.known)
    }

    /// Asks for the page, and judges what comes.
    func askPage(_ before: ProjectBefore) async throws(MirrorError) -> PageAnswer {
        // Only what is whole is asked for on condition: what is not needs its page again.
        var validator = before.isWhole ? before.row.etag : nil
        var delay: Int64 = 1
        var encoding = TransferRequest.Encoding.compressed
        while true {
            switch await source.upstream.page(of: due.name, validator: validator, encoding: encoding) {
            case .unchanged:
                source.noteUsableAnswer()
                // A cache that has not heard of what the root list promises: its page is judged by its serial.
                if validator != nil, due.listing.map({ isBehind(before.row, $0) }) ?? false {
                    validator = nil
                    continue
                }
                return .unchanged
            case .gone(let error):
                source.noteUsableAnswer()
                try await noteGone(before, error)
                return .gone
            case .failed(let error):
                try await noteFailure(before, error)
                return .failed
            case .page(let response, let contentType):
                let judgement = try await judge(response, contentType, before)
                if case .unusable = judgement {} else { source.noteUsableAnswer() }
                switch judgement {
                case .page(let page, let refusals):
                    source.notePage()
                    let etag = response.validator.flatMap { $0.utf8.count <= 512 ? $0 : nil }
                    return .page(page, refusals, etag: etag)
                case .stale where delay <= run.staleRetryLimit, .bare where delay <= run.staleRetryLimit:
                    try? await Task.sleep(for: .seconds(delay))
                    if Task.isCancelled { return .failed }
                    // Caches keep the encodings of a page apart, and one of them may be newer than the other.
                    encoding = encoding == .compressed ? .identity : .compressed
                    delay *= 2
                case .stale(let serial):
                    let reason =
                        "the page has serial \(serial), though \(due.listing?.serial ?? 0) is listed; it is asked for again "
                        + "by the next sync"
                    try await noteDoubtfulPage(before, reason, response, isBare: false)
                    return .failed
                case .bare(let count):
                    let reason =
                        "the page lists none of its \(count) files any more, nor any other; kept, and asked for again by the "
                        + "next sync; accept with `larder sync --accept-removals`"
                    try await noteDoubtfulPage(before, reason, response, isBare: true)
                    return .failed
                case .unusable(let reason):
                    try await noteUnusablePage(before, reason, response)
                    return .failed
                case .emptied:
                    run.removals.note(project: due.name, isMoved: before.isMoved)
                    return .gone
                }
            }
        }
    }

    /// What is known of the project before its page is asked for.
    func readBefore() async throws(MirrorError) -> ProjectBefore {
        let (name, mirror, tally) = (due.name, mirror, run.tally)
        let (page, mark) = (source.upstream.pageURL(of: name), run.mark(of: name, from: source))
        return try await mirror.workers.runWrapping {
            let key = try ProjectKey(name)
            let found = try mirror.catalog.read { catalog throws(CatalogError) in
                try catalog.row(of: key, in: Tables.projects)
            }
            // Without a row, as after a lost index, the record is believed as far as the index has its objects.
            let row = found ?? ProjectRow(name: name)
            guard row.name == name else {
                throw MirrorError.library("the projects \(row.name) and \(name) have one key in the index")
            }
            do {
                return ProjectBefore(key, row, try mirror.knownRecord(of: row), page: page, mark: mark)
            } catch let error as RecordStoreError {
                guard case .damaged = error else { throw error }
                // A record that does not match its digest is never believed; the project is had anew.
                tally.addOnce(warning: "\(error); it is made anew from upstream")
                return ProjectBefore(key, row, nil, page: page, mark: mark)
            }
        }
    }

    /// What a page that has not changed still leaves to do; `nil` for nothing.
    private func mergeUnchanged(_ before: ProjectBefore) async throws(MirrorError) -> MergedPage? {
        guard let record = before.record else { return nil }
        let isReleasing = before.row.nextRelease.map { $0 <= mirror.now() } ?? false
        let isSettled = !isReleasing && !run.lacksFiles(before.row)
        if before.row.selection == run.mark(of: due.name, from: source), isSettled {
            var row = before.row
            row.checkedAt = mirror.now()
            row.staleSince = 0
            let tally = run.tally
            if run.options.isDryRun {
                tally.addUnchanged()
            } else {
                try await run.commit(row, key: before.key) { tally.addUnchanged() }
            }
            return nil
        }
        let merge = try await mirror.workers.runWrapping { () throws -> RecordMerge in
            try self.merge(record.pageAsSeen, record.refusals, before)
        }
        return MergedPage(merge: merge, row: before.row, key: before.key, old: before.known)
    }

    /// Merges a page, and finds what of it is in the store and where its links go; blocks.
    private func merge(
        _ page: ProjectPage,
        _ refusals: [RefusalRecord],
        _ before: ProjectBefore
    ) throws -> RecordMerge {
        let name = due.name
        var merge = RecordMerge(
            page: page,
            refusals: refusals,
            url: source.upstream.pageURL(of: name),
            old: before.record,
            selection: run.selection.files,
            demands: run.selection.projects.demands(of: due.name),
            demand: run.demand(for: name),
            keepsProvenance: run.keepsProvenance,
            now: mirror.now(),
            acceptsChange: { run.options.accepts(changeOf: $0, of: name) }
        )
        // A page that lists nothing may be that of a server which knows no projects: the guard's matter.
        if before.isMoved, !page.files.isEmpty {
            let count = merge.acceptWithdrawals(at: mirror.now())
            run.tally.update { $0.withdrawals += count }
        }
        try mirror.catalog.read { catalog throws(CatalogError) in
            try merge.findPresent { digest throws(CatalogError) in
                try mirror.objects.storedSize(of: digest, catalog, distrusting: run.options.distrusted)
            }
        }
        try merge.choosePaths { file, digest in
            try mirror.publisher.links.path(for: file.filename, url: file.url, digest).text
        }
        return merge
    }
}

extension RecordMerge {
    /// Takes off at once the files that the page does not list: they came from where the project no longer comes from.
    ///
    /// - Parameter time: The time in seconds since 1970.
    /// - Returns: How many there are.
    fileprivate mutating func acceptWithdrawals(at time: Int64) -> Int {
        let names = Set(withdrawn)
        for index in record.files.indices where names.contains(record.files[index].filename) {
            record.files[index].state = .removed(at: time)
        }
        withdrawn = []
        return names.count
    }
}
