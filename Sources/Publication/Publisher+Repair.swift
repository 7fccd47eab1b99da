package import Catalog
internal import FileIO
internal import JSON
package import Packaging
internal import Scheduling
package import SystemPackage

extension Publisher {
    /// Whether there ever was a publication.
    package func isPublished() async throws(PublicationError) -> Bool {
        try await read { catalog throws(CatalogError) in try catalog.count(of: Tables.published) > 0 }
    }

    /// Marks projects whose link, pages or package links are not what they should be, so that the next publication
    /// makes all of that anew.
    ///
    /// The marks are durable: when the publication is cut off, any later one ends it. Links that readers see are put right
    /// at once.
    ///
    /// - Parameter keys: The projects.
    /// - Throws: ``PublicationError``.
    package func distrust(_ keys: [ProjectKey]) async throws(PublicationError) {
        try await relink(keys)
        for start in stride(from: 0, to: keys.count, by: Self.batchSize) {
            let batch = Array(keys[start..<min(keys.count, start + Self.batchSize)])
            try await write { catalog throws(CatalogError) in
                for key in batch {
                    try catalog.put(Mark(), under: key, in: Tables.unpublished)
                    guard let row = try catalog.reader.row(of: key, in: Tables.published) else { continue }
                    // A view without its mark is written again, page by page, each replaced at once.
                    try catalog.remove(row.view, in: Tables.views)
                    for slot in Slot.allCases {
                        try catalog.put(Mark(), under: SlotKey(slot: slot, project: key), in: Tables.pending)
                    }
                }
            }
        }
    }

    /// Points the links that readers see of projects to the views that they have by the index; not durable.
    ///
    /// The next publication keeps what links lead to as what readers can be taken back to, which damage must not become.
    /// Where a link may be older than the view nobody knows what it was.
    private func relink(_ keys: [ProjectKey]) async throws(PublicationError) {
        guard !keys.isEmpty, let live = try slots.live() else { return }
        try await workers.run { () throws(PublicationError) in
            try slots.tree(live).prepare(settings)
            for key in keys {
                let row = try PublicationError.wrapping {
                    try catalog.read { catalog throws(CatalogError) -> PublishedRow? in
                        let isPending = try catalog.contains(SlotKey(slot: live, project: key), in: Tables.pending)
                        return isPending ? nil : try catalog.row(of: key, in: Tables.published)
                    }
                }
                guard let row else { continue }
                try slots.tree(live).link(row.name, to: row.view)
            }
        }
    }

    /// Makes `state.json` anew from the trees and `status.json` when it is damaged or behind them; durable.
    ///
    /// Upstream's serial is that of the last sync that asked for it, since projects may have higher ones than the list.
    ///
    /// - Throws: ``PublicationError``.
    package func repairState() async throws(PublicationError) {
        try await workers.run { () throws(PublicationError) in
            var state = MirrorState()
            let found: MirrorState?
            do throws(PublicationError) {
                found = try MirrorState(root: root, fileSystem: fileSystem)
            } catch {
                guard case .damagedState = error else { throw error }
                found = nil
            }
            let status = try? JSONDocument(try fileSystem.contents(of: root.appending("status.json"), limit: 1 << 20))
            state.highestSerial = max(status?.root["lastSync"]?["serial"]?.unsigned ?? 0, found?.highestSerial ?? 0)
            state.serials = found?.serials ?? [:]
            state.generation = found?.generation ?? 0
            state.held = found?.held
            for slot in Slot.allCases {
                let tree = try? Generation.read(inTree: slots.path(of: slot), fileSystem: fileSystem)
                state.generation = max(state.generation, tree?.number ?? 0)
            }
            // What was live is behind the newest only where a rollback holds readers.
            if found == nil, let live = try? live(), live.number < state.generation { state.held = live.number }
            let isSealed = (try? MirrorState(root: root, fileSystem: fileSystem, needsSeal: true)) != nil
            if state != found || !isSealed { try state.write(root: root, fileSystem: fileSystem) }
        }
    }

    /// Points `web` to the slot with the newer publication when it points to none; durable.
    ///
    /// - Parameters:
    ///   - isLost: Whether it is known that there has to be one.
    ///   - keep: Keeps what has the name of the link and is none.
    /// - Returns: Whether it had to be changed.
    /// - Throws: ``PublicationError``.
    package func repairDocumentRoot(
        isLost: Bool,
        keeping keep: @escaping @Sendable (FilePath) throws -> Void
    ) async throws(PublicationError) -> Bool {
        try await workers.run { () throws(PublicationError) in
            do throws(PublicationError) {
                let live = try slots.live()
                guard live == nil, isLost else { return false }
            } catch {
                guard case .damagedState = error else { throw error }
            }
            // Readers who are held see neither more nor less than before.
            let held = (try? MirrorState(root: root, fileSystem: fileSystem))?.held
            var newest: (slot: Slot, number: UInt64)?
            for slot in Slot.allCases {
                guard let generation = try? Generation.read(inTree: slots.path(of: slot), fileSystem: fileSystem)
                else { continue }
                if generation.number == held {
                    newest = (slot, generation.number)
                    break
                }
                if generation.number > newest?.number ?? 0 { newest = (slot, generation.number) }
            }
            try PublicationError.wrapping {
                if try fileSystem.linkState(slots.web) == .other { try keep(slots.web) }
                if let newest {
                    try slots.makeLive(newest.slot)
                } else {
                    // Without any, the next publication makes one.
                    try fileSystem.removeIfPresent(slots.web)
                    try fileSystem.synchronizeDirectory(root)
                }
            }
            return true
        }
    }

    /// Makes right what both slots hold beside pages; not durable.
    ///
    /// - Parameters:
    ///   - names: Projects whose links may be no links at all.
    ///   - strangers: Names beside the links of projects that nothing should have.
    ///   - keep: Keeps what is in the way of a link, or is nobody's: what is no regular file is moved by it.
    /// - Throws: ``PublicationError``.
    package func repairSlots(
        names: [ProjectName],
        strangers: [String],
        keeping keep: @escaping @Sendable (FilePath) throws -> Void
    ) async throws(PublicationError) {
        try await workers.run { () throws(PublicationError) in
            try PublicationError.wrapping {
                for slot in Slot.allCases where try fileSystem.exists(slots.path(of: slot)) {
                    let shared = SlotTree.shared.map { (name: $0, target: Optional("../../\($0)")) }
                    for (name, target) in shared + slots.tree(slot).links(settings) {
                        guard let target else { continue }
                        let link = slots.path(of: slot).appending(name)
                        let found = try fileSystem.linkState(link)
                        if found == .link(to: target) { continue }
                        if found == .other { try keep(link) }
                        try fileSystem.replaceSymbolicLink(to: target, at: link)
                    }
                    for name in names {
                        let link = slots.linkPath(of: name, in: slot)
                        guard try fileSystem.linkState(link) == .other else { continue }
                        try keep(link)
                        // A file has a second name now, and not lost this one.
                        try fileSystem.removeIfPresent(link)
                    }
                    for name in strangers {
                        let path = slots.path(of: slot).appending("simple").appending(name)
                        if try fileSystem.exists(path) { try keep(path) }
                    }
                }
            }
        }
    }
}
