internal import Catalog
internal import Packaging
internal import Record
internal import Scheduling
internal import Selection

extension SyncRun {
    /// Takes off what upstream has no more, unless it is too much at once, and what is no longer selected.
    ///
    /// - Parameters:
    ///   - limit: How much may be taken off.
    ///   - plan: What is selected no more, and what nobody needs any more.
    /// - Throws: ``MirrorError`` of a commit.
    func applyRemovals(_ limit: RemovalGuard, _ plan: SyncPlan) async throws(MirrorError) {
        let removals = pendingRemovals
        for project in removals.moved { try await remove(project, cause: .upstream) }
        if options.acceptsRemovals || removals.projects.count <= limit.projects {
            for project in removals.projects { try await remove(project, cause: .upstream) }
        } else {
            for project in removals.projects {
                let reason =
                    "upstream has no page of it any more; kept, because \(removals.projects.count) projects at once are "
                    + "more than the \(limit.projects) that one run may take off; accept with `larder sync --accept-removals`"
                try await keep(project, Failure(project: project, reason: reason))
            }
        }
        if options.acceptsRemovals || removals.fileCount <= limit.files {
            for (project, names) in removals.files { try await withdraw(names, of: project) }
        } else {
            for (project, names) in removals.files {
                let reason =
                    "upstream lists \(names.count) of its files no more; kept, because \(removals.fileCount) files at "
                    + "once are more than the \(limit.files) that one run may take off; accept with "
                    + "`larder sync --accept-removals`"
                tally.add(Failure(project: project, reason: reason))
            }
        }
        for project in plan.deselected { try await deselect(project) }
        let isGuarded = removals.projects.count > limit.projects || removals.fileCount > limit.files
        try await takeOff(plan.unneeded, limit, beside: removals.projects.count, isGuarded: isGuarded)
    }

    /// What upstream has no more, as far as it is known by now.
    ///
    /// Who says where projects come from takes off those that came from elsewhere; but an upstream without any page may be
    /// a wrong URL, so that they count as all others.
    var pendingRemovals: RemovalList.Content {
        var content = removals.content
        content.projects += content.moved.filter { !(source(of: $0)?.hasPage ?? false) }
        content.moved.removeAll { !(source(of: $0)?.hasPage ?? false) }
        return content
    }

    /// Takes off what nobody needs any more, unless that is too much at once: metadata that is suddenly empty is more
    /// likely broken than true.
    private func takeOff(
        _ unneeded: [ProjectName],
        _ limit: RemovalGuard,
        beside count: Int,
        isGuarded: Bool
    ) async throws(MirrorError) {
        if options.acceptsRemovals || !isGuarded && count + unneeded.count <= limit.projects {
            for project in unneeded { try await deselect(project) }
            return
        }
        guard !unneeded.isEmpty else { return }
        closure.withLock { $0?.keepsUnneeded = true }
        for project in unneeded {
            let reason =
                "nobody needs it any more, though nothing else is asked for; kept, because \(count + unneeded.count) "
                + "projects at once are more than the \(limit.projects) that one run may take off; accept with `larder "
                + "sync --accept-removals`"
            tally.add(Failure(project: project, reason: reason, attempts: 0))
        }
    }

    /// Takes off a project that is no longer selected; one that never had a page is only no longer asked for.
    private func deselect(_ name: ProjectName) async throws(MirrorError) {
        guard var row = try await mirror.row(of: name) else { return }
        if row.state == .active { return try await remove(name, cause: .selection) }
        guard !options.isDryRun else { return }
        row.isIncomplete = false
        try await commit(row, key: try mirror.key(of: name))
    }

    /// Takes a project off the pages; its record and objects stay.
    private func remove(_ name: ProjectName, cause: Removal.Cause) async throws(MirrorError) {
        tally.update { $0.projects.removed += 1 }
        guard !options.isDryRun else { return try await forecastRemoval(of: name, cause: cause) }
        let time = mirror.now()
        try await change(name) { record, row in
            record.removal = Removal(cause: cause, time: time)
            row.state = .removed
            row.isIncomplete = false
            row.etag = nil
        }
    }

    /// Counts what a removal would take off.
    private func forecastRemoval(of name: ProjectName, cause: Removal.Cause) async throws(MirrorError) {
        let files = try await mirror.row(of: name)?.files ?? FileCounts()
        let words =
            switch (cause, selection.projects.standing(of: name)) {
            case (.upstream, _): "upstream has the projects no more"
            case (_, .blocked(let rule)), (_, .excluded(let rule, _)): rule.key
            default: "not selected any more"
            }
        tally.update {
            $0.changes.addRemoval(words, files: Int(files.present) + Int(files.known), bytes: files.presentBytes)
        }
    }

    /// Takes files off a project's page; the objects stay.
    private func withdraw(_ names: [String], of project: ProjectName) async throws(MirrorError) {
        tally.update { $0.withdrawals += names.count }
        guard !options.isDryRun else { return }
        let time = mirror.now()
        let names = Set(names)
        let failed = Set(tally.report.failures.compactMap(\.project))
        try await change(project) { record, row in
            for index in record.files.indices where names.contains(record.files[index].filename) {
                record.files[index].state = .removed(at: time)
            }
            row.isIncomplete = record.isIncomplete || failed.contains(project)
        }
    }

    /// Keeps a project that is to be asked for again.
    private func keep(_ name: ProjectName, _ failure: Failure) async throws(MirrorError) {
        tally.add(failure)
        guard !options.isDryRun else { return }
        guard var row = try await mirror.row(of: name) else { return }
        row.isIncomplete = true
        try await commit(row, key: try mirror.key(of: name))
    }

    /// Changes the record and the row of a project that the index knows.
    ///
    /// A record that is damaged or gone counts as one without files: it must not keep a project on the pages.
    private func change(
        _ name: ProjectName,
        _ change: (inout ProjectRecord, inout ProjectRow) -> Void
    ) async throws(MirrorError) {
        guard var row = try await mirror.row(of: name) else { return }
        let (mirror, known, tally) = (mirror, row, tally)
        let found = try await mirror.workers.runWrapping { () throws -> ProjectRecord? in
            do {
                return try mirror.knownRecord(of: known)?.record
            } catch let error as RecordStoreError {
                guard case .damaged = error else { throw error }
                tally.add(warning: "\(error); what it said is lost")
                return nil
            }
        }
        var record = found ?? ProjectRecord(name: name, page: mirror.pageURL(of: name), firstSeen: mirror.now())
        change(&record, &row)
        row.files = record.counts
        row.nextRelease = record.nextRelease
        try await commit(record, row: row, key: try mirror.key(of: name))
    }
}
