internal import Catalog
internal import Configuration
internal import Digest
internal import FileIO
internal import JSON
internal import Logging
internal import Publication
internal import Scheduling
internal import SystemPackage
internal import WebPages

/// The front page for people and what its pages load, in `pages/`: made anew at the end of each command that changes what
/// it says.
extension MirrorRoot {
    /// A command that ended.
    enum Ending: Sendable {
        /// A sync.
        case sync(Outcome)
        /// A verification, with what it adds up to.
        case verification(FrontPage.Verification, Coverage)
        /// A repair, with how much it left.
        case repair(findings: Int)
        /// One that changed what readers see, or what is stored.
        case other
    }

    /// Makes the front page anew; without pages for people, or before the first publication, there is none.
    ///
    /// - Parameter ending: What ended.
    /// - Throws: ``MirrorError``; the old page is then still there.
    func renewFrontPage(after ending: Ending = .other) async throws(MirrorError) {
        guard configuration.publication.hasWebPages, !catalog.isReadOnly else { return }
        let time = now()
        var known = try await workers.runWrapping { [self] in try readHistory() }
        guard let tree = try await workers.runWrapping({ [self] in try shownTree() }) else { return }
        let objects = try await read { catalog throws(CatalogError) in try catalog.count(of: Tables.objects) }
        let counted: Coverage? = if case .verification(_, let coverage) = ending { coverage } else { nil }
        if counted != nil || known.size.map({ $0.isOutdated(objects: objects, time: time) }) ?? true {
            let coverage: Coverage
            do throws(CatalogError) {
                coverage = if let counted { counted } else { try await self.coverage(at: time, maximumAge: nil) }
            } catch {
                throw .catalog(error)
            }
            known.size = .init(objects: coverage.objects - coverage.copies, bytes: coverage.bytes, time: time)
        }
        let size = known.size
        try await workers.runWrapping { [self] in
            // A verification holds no lock and may end beside another command.
            let lock = try FileLock.ofCommits(path, fileSystem: fileSystem)
            defer { withExtendedLifetime(lock) {} }
            var history = try readHistory()
            history.size = size
            switch ending {
            case .verification(let verification, _): history.verification = verification
            case .repair(let count): history.verification = history.verification?.leaving(count)
            case .sync, .other: break
            }
            history.note(CalendarDay(ofSeconds: time)) { figures in
                (figures.projects, figures.files, figures.bytes) = (tree.projects, tree.files, size?.bytes)
                guard case .sync(let outcome) = ending else { return }
                if outcome == .complete { figures.completeSyncs += 1 } else { figures.otherSyncs += 1 }
            }
            let page = try frontPage(of: tree, history, time: time)
            try write([("history.json", history.encoded()), ("index.html", page.html())])
        }
    }

    /// The same where the command has said what it has to say already: a page that stays old is no failure of it.
    func tryToRenewFrontPage(after ending: Ending = .other) async {
        do throws(MirrorError) {
            try await renewFrontPage(after: ending)
        } catch {
            logger.warning("the front page could not be made anew: \(error)")
        }
    }

    /// Where the front page lies, with what pages load.
    private var pages: FilePath { path.appending("pages") }

    private func readHistory() throws -> PageHistory {
        PageHistory(pages.appending("history.json"), fileSystem: fileSystem)
    }

    /// What readers see; `nil` when nothing is published, or when that cannot be told now.
    private func shownTree() throws -> FrontPage.Tree? {
        do throws(PublicationError) {
            return try publisher.live().map { live in
                FrontPage.Tree(
                    generation: live.number,
                    time: live.time,
                    projects: live.projects,
                    files: live.files,
                    serial: live.serial,
                    digest: live.treeDigest.hex
                )
            }
        } catch {
            guard case .damagedState = error else { throw error }
            return nil
        }
    }

    private func frontPage(of tree: FrontPage.Tree, _ history: PageHistory, time: Int64) throws -> FrontPage {
        var page = FrontPage(time: time, version: LarderVersion.current)
        page.baseURL = configuration.publication.baseURL?.text
        page.tree = tree
        page.isHeld = try publisher.heldIfKnown() != nil
        page.sync = LastSync(root: path, fileSystem: fileSystem).map { last in
            let bytes = try? fileSystem.contents(of: path.appending("status.json"), limit: 1 << 20)
            let lag = bytes.flatMap { try? JSONDocument($0).root["lag"]?["projects"]?.unsigned }
            return .init(
                finished: last.finished,
                outcome: last.outcome.rawValue,
                lag: lag.map { Int(clamping: $0) }
            )
        }
        // Of several upstreams each counts for itself.
        let state = upstreams.count == 1 ? try? MirrorState(root: path, fileSystem: fileSystem) : nil
        page.upstreamSerial = state.flatMap { $0.highestSerial == 0 ? nil : $0.highestSerial }
        page.size = history.size
        page.verification = history.verification
        page.snapshots = try publisher.snapshots.names().map(\.text)
        page.history = history.days
        return page
    }

    /// Replaces files of `pages/`, and what the pages load where this program has it otherwise.
    private func write(_ files: [(name: String, bytes: [UInt8])]) throws {
        try fileSystem.makeDirectories(pages)
        let assets = WebAsset.allCases.map { (name: $0.filename, bytes: $0.bytes) }
        for (name, bytes) in assets + files {
            let path = pages.appending(name)
            if (try? fileSystem.contents(of: path, limit: bytes.count)) == bytes { continue }
            try fileSystem.replace(path, with: bytes)
        }
    }
}

extension FrontPage.Size {
    /// Whether it has to be counted again, which takes a look at every object: on each day once, and after changes of more
    /// than a hundredth.
    fileprivate func isOutdated(objects: Int, time: Int64) -> Bool {
        if CalendarDay(ofSeconds: self.time) != CalendarDay(ofSeconds: time) { return true }
        return abs(objects - self.objects) > self.objects / 100
    }
}

extension FrontPage.Verification {
    /// The same with what a repair left.
    fileprivate func leaving(_ findings: Int) -> Self {
        .init(
            finished: finished,
            objects: objects,
            covered: covered,
            maximumAge: maximumAge,
            oldestCheck: oldestCheck,
            findings: findings
        )
    }
}
