internal import Catalog
internal import Configuration
internal import Record
internal import Selection
internal import Transfer

/// Answers that leave a project as it was.
extension ProjectSync {
    /// Notes that upstream has no page of the project.
    func noteGone(_ before: ProjectBefore, _ error: TransferError) async throws(MirrorError) {
        if before.row.state == .active {
            run.removals.note(project: due.name, isMoved: before.isMoved)
            return
        }
        if before.row.state == .removed {
            run.tally.addUnchanged()
            return
        }
        // Who needs it is told by the closure.
        if due.isDependency, !due.isListed { return }
        let upstream = source.upstream.settings.name.map { "\($0), which claims the project," } ?? "upstream"
        let projects = run.selection.projects
        var remedy = "`larder remove \(due.name)`"
        if !projects.isListed(due.name), case .selected(let rules) = projects.standing(of: due.name),
            let rule = rules.first
        {
            remedy = "change \(rule)"
        }
        let hint =
            due.isListed
            ? "upstream lists the project and has no page of it"
            : "\(upstream) has no such project; if the name is wrong, \(remedy)"
        let failure = Failure(project: due.name, url: error.url, reason: hint, attempts: error.attempts)
        // A name that upstream never had leaves no trace, since it may be a slip of the hand.
        guard due.isListed else {
            run.tally.add(failure)
            return run.tally.addFailed()
        }
        try await fail(before, failure)
    }

    /// Notes that the page could not be had.
    func noteFailure(_ before: ProjectBefore, _ error: TransferError) async throws(MirrorError) {
        if case .cancelled = error.code { return }
        try source.noteUnusableAnswer(error)
        try await fail(before, Failure(project: due.name, error))
    }

    /// Notes a page that is not to be believed.
    func noteUnusablePage(
        _ before: ProjectBefore,
        _ reason: String,
        _ response: TransferResponse
    ) async throws(MirrorError) {
        try await fail(
            before,
            Failure(project: due.name, url: response.fromURL, reason: reason, attempts: response.attempts)
        )
    }

    /// Notes a page that is not believed yet: it is asked for again by each sync, until it has waited for long enough.
    ///
    /// - Parameters:
    ///   - before: The project as it was.
    ///   - reason: What the report says.
    ///   - response: The answer.
    ///   - isBare: Whether it lists nothing any more; else it is behind the root list. One wait says nothing of the other.
    /// - Throws: ``MirrorError`` of an earlier commit.
    func noteDoubtfulPage(
        _ before: ProjectBefore,
        _ reason: String,
        _ response: TransferResponse,
        isBare: Bool
    ) async throws(MirrorError) {
        let known = isBare ? before.row.bareSince : before.row.behindSince
        let since = known == 0 ? mirror.now() : known
        try await fail(
            before,
            Failure(project: due.name, url: response.fromURL, reason: reason, attempts: response.attempts),
            staleSince: isBare ? -since : since
        )
    }

    /// Reports a project that could not be brought up to date, and remembers that it is due.
    ///
    /// - Parameters:
    ///   - before: The project as it was.
    ///   - failure: What the report says.
    ///   - staleSince: Since when its page has not been believed, as the row has it; `nil` when that is not the failure.
    /// - Throws: ``MirrorError`` of an earlier commit.
    private func fail(
        _ before: ProjectBefore,
        _ failure: Failure,
        staleSince: Int64? = nil
    ) async throws(MirrorError) {
        run.tally.add(failure)
        if staleSince == nil { run.tally.addFailed() } else { run.tally.addDeferred() }
        // Where nothing answers, nothing is changed.
        guard !run.options.isDryRun, source.hasUsableAnswer else { return }
        var row = before.row
        row.isIncomplete = true
        row.lastFailure = failure.reason
        if let staleSince { row.staleSince = staleSince }
        guard row != before.row || row.state == .unseen else { return }
        try await run.commit(row, key: before.key)
    }
}
