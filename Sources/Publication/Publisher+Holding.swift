package import Catalog
internal import Digest
internal import FileIO
internal import Gzip
package import Packaging
internal import Record
internal import Scheduling
internal import SimpleIndex
internal import SystemPackage

/// Readers held at an older generation: their tree is made of views that were shown before, and of nothing else.
///
/// The index goes on to say what the newest records render to; every project that readers see otherwise is pending in the
/// slot that is live.
extension Publisher {
    /// The generation at which readers are held; `nil` when they see the newest.
    ///
    /// A rollback that was cut off before its tree was live holds nobody.
    ///
    /// - Throws: ``PublicationError``.
    package func held() throws(PublicationError) -> UInt64? {
        guard let held = try MirrorState(root: root, fileSystem: fileSystem).held else { return nil }
        // What a damaged `generation.json` says is not known; what was held is, until readers see the newest.
        guard let live = try intactGeneration() else { return try slots.live() == nil ? nil : held }
        return live.number == held ? held : nil
    }

    /// The generations to which readers can be taken back, the newest first, without the one that is live.
    ///
    /// - Throws: ``PublicationError``.
    package func keptGenerations() async throws(PublicationError) -> [Generation] {
        try await workers.run { () throws(PublicationError) in
            guard let live = try self.live() else { return [] }
            var kept: [Generation] = []
            try history.walkBack(from: live) { change in
                let former = change.former
                if former.number != live.number, !kept.contains(where: { $0.number == former.number }) {
                    kept.append(former)
                }
                return true
            }
            return kept
        }
    }

    /// Takes readers to an older generation, or forward to one that was live before, and holds them there.
    ///
    /// What is blocked by now, or not here any more, is left out of its pages.
    ///
    /// - Parameters:
    ///   - number: The generation.
    ///   - showable: What may be shown.
    /// - Returns: The generation as it is live now.
    /// - Throws: ``PublicationError``; `unreachable` when it is not kept, `damagedState` when what is kept of it does not
    ///   come to what it was; readers then see what they saw.
    package func hold(at number: UInt64, _ showable: Showable) async throws(PublicationError) -> Generation {
        guard let slot = try slots.live() else { throw .unreachable(generation: number, kept: []) }
        let live = try await shownGeneration(in: slot)
        guard number != live.number else { return try await take([:], like: live, from: live, in: slot, showable) }
        guard let target = try await changes(since: number, from: live) else {
            throw .unreachable(generation: number, kept: try await keptGenerations().map(\.number))
        }
        return try await take(target.projects, like: target.generation, from: live, in: slot, showable)
    }

    /// Renders what readers who are held see of some projects again, without what may not be shown by now.
    ///
    /// A project whose page is damaged is not shown until readers see the newest.
    ///
    /// - Parameters:
    ///   - names: The projects.
    ///   - showable: What may be shown.
    /// - Returns: The generation as it is live now, and projects whose records cannot be rendered now, with the reason.
    /// - Throws: ``PublicationError``.
    package func reduce(
        _ names: Set<ProjectName>,
        to showable: Showable
    ) async throws(PublicationError) -> (generation: Generation, postponed: [ProjectName: String]) {
        guard let slot = try slots.live() else { throw .unreachable(generation: 0, kept: []) }
        let live = try await shownGeneration(in: slot)
        try await adoptLinks { _ in }
        // What the newest records render to may mend a page that readers see as well.
        let state = try MirrorState(root: root, fileSystem: fileSystem)
        let postponed = Locked<[ProjectName: String]>([:])
        _ = try await renderChanges(
            generation: state.generation + 1,
            progress: { _, _ in },
            problem: { name, error in postponed.withLock { $0[name] = error.reason } }
        )
        let projects = try await workers.run { () throws(PublicationError) in
            try PublicationError.wrapping {
                let listed = listedNames(in: slots.tree(slot), among: names)
                var projects: [ProjectName: TreeChange.Project] = [:]
                for name in names {
                    guard let view = try slots.view(of: name, in: slot) else { continue }
                    projects[name] = .init(name: name, view: view, isListed: listed.contains(name))
                }
                return projects
            }
        }
        let generation = try await take(projects, like: live, from: live, in: slot, showable, droppingDamaged: true)
        return (generation, postponed.withLock { $0 })
    }

    /// What the live tree says of itself, or what it comes to where that is damaged.
    private func shownGeneration(in slot: Slot) async throws(PublicationError) -> Generation {
        if let live = try intactGeneration() { return live }
        let state = try MirrorState(root: root, fileSystem: fileSystem)
        return try await summary(of: slot, number: state.held ?? state.generation).0
    }

    /// What readers see of all projects together.
    ///
    /// - Parameters:
    ///   - slot: The slot that is live.
    ///   - number: The number of its generation.
    /// - Returns: The generation, of this moment, and its root list.
    /// - Throws: ``PublicationError``.
    func summary(of slot: Slot, number: UInt64) async throws(PublicationError) -> (Generation, PublishedRootList) {
        let rows = try await shownRows(in: slot)
        return try PublicationError.wrapping {
            var summary = try TreeSummary()
            for row in rows { summary.add(row) }
            return try summary.finish(number: number, time: now())
        }
    }

    /// What is wrong with what readers who are held see of a project; `nil` when nothing is, or they see none.
    ///
    /// - Throws: What keeps it from being read.
    package func problemOfHeld(_ name: ProjectName, in slot: Slot) throws -> (isLink: Bool, detail: String)? {
        let link = try fileSystem.linkState(slots.linkPath(of: name, in: slot))
        if link == .missing { return nil }
        guard let id = link.target.flatMap({ ViewStore.view(linkTarget: $0) }) else {
            return (true, "it leads to no view")
        }
        return try problem(ofPage: id, of: name)
    }

    /// What is wrong with a page that no record speaks of, and with the files that it lists; `nil` when nothing is.
    func problem(ofPage id: ViewID, of name: ProjectName) throws -> (isLink: Bool, detail: String)? {
        guard let (page, view) = try madePage(id, of: name) else { return (false, "the page is not as it was made") }
        if let problem = try views.problems(of: view).first { return (false, "\(problem.file): \(problem.detail)") }
        let known = try knownFiles(of: name)
        for file in PublishedPage(of: page)?.files ?? [] {
            let found = try links.reachable(file, known: known)
            if found == nil, try mayNeverHaveCome(file) { continue }
            if found == nil { return (true, "\(file.filename) cannot be had") }
            if found != file { return (true, "the provenance of \(file.filename) cannot be had") }
        }
        return nil
    }

    /// The files of a project that are had on demand; none where pages list no such files.
    ///
    /// - Throws: `RecordStoreError` for a record that cannot be read now; one that is damaged tells of no such files.
    func knownFiles(of name: ProjectName) throws -> Set<SHA256Digest> {
        guard settings.listsKnownFiles else { return [] }
        do throws(RecordStoreError) {
            let files = try records.read(name)?.record.files ?? []
            return Set(files.compactMap { $0.state == .known ? $0.sha256 : nil })
        } catch {
            guard case .damaged = error else { throw error }
            return []
        }
    }

    /// Whether a file of an older page may never have been here, so that it is no damage that it is not.
    private func mayNeverHaveCome(_ file: PublishedFile) throws(CatalogError) -> Bool {
        try catalog.read { catalog throws(CatalogError) in
            guard try catalog.contains(.onDemand, in: Tables.meta) else { return false }
            return try !catalog.contains(file.sha256, in: Tables.objects)
        }
    }

    /// The JSON page of a view, and the view that it renders to with all that the view has; `nil` when that is
    /// another one, so that the page is damaged.
    func madePage(_ id: ViewID, of name: ProjectName) throws -> (page: ProjectPage, view: View)? {
        guard let page = try views.page(id, of: name) else { return nil }
        return try views.view(id, of: page, settings: settings).map { (page, $0) }
    }
}
