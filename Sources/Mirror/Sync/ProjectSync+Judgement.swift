internal import Catalog
internal import Configuration
internal import Digest
internal import Publication
internal import Record
internal import Scheduling
internal import SimpleIndex
internal import Transfer

/// Whether an upstream's answer is to be believed.
extension ProjectSync {
    /// What a page is good for.
    enum Judgement: Sendable {
        case page(ProjectPage, [RefusalRecord])
        /// Its serial is behind that of the root list.
        case stale(UInt64)
        /// It lists nothing, and so many of the project's files are here.
        case bare(Int)
        case unusable(String)
        /// It lists nothing, and the root list does not name the project.
        case emptied
    }

    /// How many files are here of a project whose page lists nothing any more; `nil` where that is to be believed.
    ///
    /// An index that is broken shows empty pages too, so that this waits as a page does that is behind its serial. A list
    /// that tells the digest of this very page means it: so a mirror tells those that follow it what its owner blocks.
    private func lostFiles(
        _ page: ProjectPage,
        _ refusals: [Refusal],
        _ before: ProjectBefore
    ) throws(DigestError) -> Int? {
        guard page.files.isEmpty, refusals.isEmpty, page.status?.marker != .quarantined, !before.isMoved,
            before.row.state == .active, !run.options.acceptsRemovals
        else { return nil }
        let count = before.record?.files.count { $0.isKept } ?? 0
        guard count > 0, !hasWaited(since: before.row.bareSince) else { return nil }
        return try due.listing?.content(of: page) == nil ? count : nil
    }

    /// Whether a page has not been believed for so long that it is to be taken all the same.
    ///
    /// - Parameter time: Since when it has not been believed, in seconds since 1970; 0 for not until now.
    /// - Returns: Whether that is as long as the configuration says.
    private func hasWaited(since time: Int64) -> Bool {
        let patience = source.upstream.settings.acceptStaleAfter.components.seconds
        return patience == 0 || time != 0 && mirror.now() - time >= patience
    }

    /// Whether a list promises another page than the one that is here.
    func isBehind(_ row: ProjectRow, _ listing: ProjectListing) -> Bool {
        if let listed = listing.serial, let known = row.serial, known < listed { return true }
        return listing.content.map { $0 != row.listedContent } ?? false
    }

    /// Parses a page and compares its serial, on a thread that may wait.
    func judge(
        _ response: TransferResponse,
        _ contentType: String?,
        _ before: ProjectBefore
    ) async throws(MirrorError) -> Judgement {
        try await mirror.workers.runWrapping {
            let parsed: ParsedPage
            do throws(PageError) {
                parsed = try ProjectPage.parse(
                    response.bytes,
                    contentType: contentType,
                    base: response.finalURL,
                    project: due.name
                )
            } catch {
                return .unusable("\(error)")
            }
            // So another mirror answers for a project that is gone.
            if due.isMissing, parsed.page.files.isEmpty, parsed.refusals.isEmpty,
                parsed.page.status?.marker != .quarantined
            {
                return .emptied
            }
            var page = parsed.page
            page.serial = page.serial ?? response.serial
            if let serial = page.serial {
                if let known = before.row.serial, before.row.state == .active, serial < known {
                    return .unusable(
                        "the page's serial went back from \(known) to \(serial); kept what was here"
                    )
                }
                if isStale(serial, before.row) { return .stale(serial) }
            }
            if let count = try lostFiles(page, parsed.refusals, before) { return .bare(count) }
            let refusals = parsed.refusals.map { RefusalRecord(filename: $0.filename, reason: "\($0.reason)") }
            return .page(page, refusals)
        }
    }

    /// Whether a page is older than the root list promises, and not for so long that it is to be taken all the same.
    private func isStale(_ serial: UInt64, _ row: ProjectRow) -> Bool {
        guard let listed = due.listing?.serial, serial < listed else { return false }
        guard hasWaited(since: row.behindSince) else { return true }
        run.tally.add(warning: "\(due.name): took the page of serial \(serial), though \(listed) is listed")
        return false
    }
}

extension ProjectListing {
    /// The digest that the list tells, when a page is the one that it speaks of.
    func content(of page: ProjectPage) throws(DigestError) -> UInt64? {
        guard let content, try page.publishedContent()?.prefix == content else { return nil }
        return content
    }
}
