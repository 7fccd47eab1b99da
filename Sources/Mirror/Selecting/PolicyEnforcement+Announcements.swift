internal import Catalog
internal import FileIO
internal import Packaging
internal import Publication
internal import Record
internal import Scheduling
internal import Selection
internal import SystemPackage

/// Pages that list nothing, of blocked projects that were never here, so that clients do not fall through to another
/// index.
extension PolicyEnforcement {
    /// Gives blocked projects that never had a page one that lists nothing.
    ///
    /// - Parameters:
    ///   - names: The projects.
    ///   - committer: What commits their records.
    /// - Returns: Those that had none, in their order.
    /// - Throws: ``MirrorError`` of an earlier group.
    func announce(
        _ names: Set<ProjectName>,
        _ committer: GroupCommit
    ) async throws(MirrorError) -> [ProjectName] {
        let unknown = try await unknown(names)
        for (name, found) in unknown {
            var record = newRecord(of: name)
            record.removal = Removal(cause: .policy, time: mirror.now())
            var row = found ?? ProjectRow(name: name)
            row.state = .removed
            row.isIncomplete = false
            try await mirror.submit(record, row: row, under: try mirror.key(of: name), to: committer)
        }
        return unknown.map(\.name)
    }

    /// Those of some projects that never had a page, in their order.
    func unknown(_ names: Set<ProjectName>) async throws(MirrorError) -> [(name: ProjectName, row: ProjectRow?)] {
        var keys: [(name: ProjectName, key: ProjectKey)] = []
        for name in names.sorted() { keys.append((name, try mirror.key(of: name))) }
        let asked = keys
        return try await mirror.read { catalog throws(CatalogError) in
            var unknown: [(name: ProjectName, row: ProjectRow?)] = []
            for (name, key) in asked {
                let row = try catalog.row(of: key, in: Tables.projects)
                if (row?.state ?? .unseen) == .unseen { unknown.append((name, row)) }
            }
            return unknown
        }
    }

    /// Projects that are blocked no more and have a page only because they were.
    func announcedOnly() async throws(MirrorError) -> [ProjectName] {
        let selection = selection
        let rows = try await mirror.read { catalog throws(CatalogError) in
            var rows: [ProjectRow] = []
            try catalog.forEach(in: Tables.projects) { _, row throws(CatalogError) in
                if row.state == .removed, row.files.isNone, !selection.projects.blocks(row.name) { rows.append(row) }
                return true
            }
            return rows
        }
        var names: [ProjectName] = []
        for row in rows {
            guard let record = try await readRecord(of: row), record.removal?.cause == .policy else { continue }
            if record.files.isEmpty, record.refusals.isEmpty, record.serial == nil { names.append(row.name) }
        }
        return names
    }

    /// Takes back the pages of projects that have them only because they were blocked: there is none any more.
    ///
    /// The links go before the rows, so that a crash leaves what the next application of the policy takes back again.
    func retract(_ names: [ProjectName]) async throws(MirrorError) {
        guard !names.isEmpty else { return }
        let mirror = mirror
        try await mirror.workers.runWrapping { () throws -> Void in
            // Who verifies judges neither between links and rows.
            let lock = try FileLock.ofCommits(mirror.path, fileSystem: mirror.fileSystem)
            let slots = mirror.publisher.slots
            for name in names {
                for slot in Slot.allCases { try mirror.fileSystem.removeIfPresent(slots.linkPath(of: name, in: slot)) }
            }
            try mirror.barrier.synchronize()
            let keys = try names.map { try ProjectKey($0) }
            try mirror.catalog.write { catalog throws(CatalogError) in
                for key in keys {
                    try catalog.remove(key, in: Tables.projects)
                    try catalog.remove(key, in: Tables.published)
                    try catalog.remove(key, in: Tables.unpublished)
                    for slot in Slot.allCases {
                        try catalog.remove(SlotKey(slot: slot, project: key), in: Tables.pending)
                    }
                }
            }
            for name in names { try mirror.fileSystem.removeIfPresent(try mirror.records.path(of: name)) }
            withExtendedLifetime(lock) {}
        }
    }
}

extension FileCounts {
    /// Whether no file was ever known.
    fileprivate var isNone: Bool { self == FileCounts() }
}
