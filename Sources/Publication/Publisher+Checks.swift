package import Catalog
internal import FileIO
internal import Scheduling
internal import SimpleIndex
internal import SystemPackage

/// Something of a tree, beside the pages of projects, that is not what the index says.
package struct ListProblem: Sendable {
    /// The file, below the document root.
    package let file: String
    /// Whether it is a link.
    package let isLink: Bool
    /// What is wrong, in one line.
    package let detail: String
}

extension Publisher {
    /// What of a live tree is not as the index says: the lists of projects, `generation.json`, and its links.
    ///
    /// A tree for which a publication is under way, or was cut off, is not compared: the index is ahead of it.
    ///
    /// - Parameter slot: The slot that is live.
    /// - Returns: What is wrong.
    /// - Throws: ``PublicationError`` for what cannot be read.
    package func problemsOfLists(in slot: Slot) async throws(PublicationError) -> [ListProblem] {
        let held = try heldIfKnown()
        if held == nil { guard try await isSettled(slot) else { return [] } }
        let before = try? Generation.read(inTree: slots.path(of: slot), fileSystem: fileSystem)
        let expected: Generation
        let list: PublishedRootList
        if let held {
            do throws(PublicationError) {
                (expected, list) = try await summary(of: slot, number: held)
            } catch {
                // Of a page that is damaged it cannot be told what it adds; it is a problem of its own.
                guard case .damagedState = error else { throw error }
                return []
            }
        } else {
            (expected, list) = try await summarize(number: before?.number ?? 0)
        }
        let problems = try await workers.run { () throws(PublicationError) in
            try linkProblems(of: slot) + generationProblems(of: slot, expected) + listProblems(of: slot, list)
        }
        // A publication that began meanwhile is no damage.
        guard try heldIfKnown() == held, try slots.live() == slot,
            (try? Generation.read(inTree: slots.path(of: slot), fileSystem: fileSystem))?.number == before?.number
        else { return [] }
        if held == nil { guard try await isSettled(slot) else { return [] } }
        return problems
    }

    /// What is wrong with `state.json`; `nil` when it can be read and is not behind what is live.
    ///
    /// - Parameter slot: The slot that is live.
    /// - Returns: The problem in one line.
    /// - Throws: ``PublicationError`` for what cannot be read.
    package func problemOfState(in slot: Slot) throws(PublicationError) -> String? {
        // Before the state, which a publication writes first.
        let live = try? Generation.read(inTree: slots.path(of: slot), fileSystem: fileSystem)
        do throws(PublicationError) {
            let state = try MirrorState(root: root, fileSystem: fileSystem, needsSeal: true)
            guard let live, state.generation < live.number else { return nil }
            return "its generation is \(state.generation), \(live.number) is live"
        } catch {
            guard case .damagedState(_, let detail) = error else { throw error }
            return detail
        }
    }

    /// The generation at which readers are held; `nil` as well where a damaged state does not say.
    ///
    /// - Throws: ``PublicationError``.
    package func heldIfKnown() throws(PublicationError) -> UInt64? {
        do throws(PublicationError) {
            return try held()
        } catch {
            guard case .damagedState = error else { throw error }
            return nil
        }
    }

    /// Whether the index is not ahead of a slot.
    private func isSettled(_ slot: Slot) async throws(PublicationError) -> Bool {
        try await pendingProjects(in: slot, limit: 1).isEmpty
    }

    private func linkProblems(of slot: Slot) throws(PublicationError) -> [ListProblem] {
        try PublicationError.wrapping {
            try SlotTree.shared.compactMap { name in
                let link = try fileSystem.linkState(slots.path(of: slot).appending(name))
                // A tree that was published before there were snapshots gets the link with the first one.
                if name == "snapshots", link == .missing, try snapshots.names().isEmpty { return nil }
                return link.problem(expecting: "../../\(name)")
                    .map { ListProblem(file: name, isLink: true, detail: $0) }
            } + settingsProblems(in: slot)
        }
    }

    private func generationProblems(
        of slot: Slot,
        _ expected: Generation
    ) throws(PublicationError) -> [ListProblem] {
        let name = "generation.json"
        let found: Generation?
        do throws(PublicationError) {
            found = try Generation.read(inTree: slots.path(of: slot), fileSystem: fileSystem, needsSeal: true)
        } catch {
            guard case .damagedState(_, let detail) = error else { throw error }
            return [ListProblem(file: name, isLink: false, detail: detail)]
        }
        guard let found else { return [ListProblem(file: name, isLink: false, detail: "it is missing")] }
        let comparisons = [
            ("treeDigest", "\(found.treeDigest)", "\(expected.treeDigest)"),
            ("projects", "\(found.projects)", "\(expected.projects)"),
            ("files", "\(found.files)", "\(expected.files)"), ("serial", "\(found.serial)", "\(expected.serial)"),
        ]
        let problems = comparisons.filter { $0.1 != $0.2 }.map { member, found, expected in
            let detail = "its \(member) is \(found), the index makes it \(expected)"
            return ListProblem(file: name, isLink: false, detail: detail)
        }
        guard problems.isEmpty, let detail = try signatureProblem(of: found, in: slots.tree(slot)) else {
            return problems
        }
        return [ListProblem(file: Self.signatureName, isLink: false, detail: detail)]
    }

    private func listProblems(
        of slot: Slot,
        _ list: PublishedRootList
    ) throws(PublicationError) -> [ListProblem] {
        let tree = slots.tree(slot)
        return try problems(of: list, in: tree)
            + PublicationError.wrapping { () throws -> [ListProblem] in
                guard tree.hasNames(try publishedSettings()) else { return [] }
                return try problems(of: list, [("names.js", .names)], in: tree).filter { problem in
                    try problem.detail != RootListComparison.missing || !isWaiting()
                }
            }
    }

    /// What the root lists of a tree are otherwise than they should be.
    func problems(of list: PublishedRootList, in tree: LinkTree) throws(PublicationError) -> [ListProblem] {
        try problems(
            of: list,
            [("simple/index.html", .html), ("simple/index.v1_html", .html), ("simple/index.v1_json", .json)],
            in: tree
        )
    }

    private func problems(
        of list: PublishedRootList,
        _ files: [(name: String, form: PublishedRootListWriter.Form)],
        in tree: LinkTree
    ) throws(PublicationError) -> [ListProblem] {
        try PublicationError.wrapping {
            try files.flatMap { name, form in
                try [false, true].compactMap { isCompressed in
                    let file = "\(name)\(isCompressed ? ".gz" : "")"
                    let comparison = RootListComparison(list, form)
                    let path = tree.path.appending(file)
                    let problem = try comparison.problem(of: path, isCompressed: isCompressed, fileSystem)
                    return problem.map { ListProblem(file: file, isLink: false, detail: $0) }
                }
            }
        }
    }
}
