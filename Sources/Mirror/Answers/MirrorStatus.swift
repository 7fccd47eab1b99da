internal import Catalog
internal import Configuration
internal import Digest
internal import FileIO
internal import JSON
package import Publication
internal import Scheduling
internal import SystemPackage

/// What a mirror holds and how fresh it is.
package struct MirrorStatus: Sendable {
    /// Projects that upstream has and that are here.
    package var projects = 0
    /// Projects that were taken off.
    package var removedProjects = 0
    /// Files that are here.
    package var files = 0
    /// Files that are selected and could not be had.
    package var missingFiles = 0
    /// Files that are here, and on no page yet.
    package var withheldFiles = 0
    /// Files that are had when somebody asks for them.
    package var knownFiles = 0
    /// Files that the selection leaves out.
    package var excludedFiles = 0
    /// Files that upstream removed.
    package var removedFiles = 0
    /// Files that are refused for what they are.
    package var refusedFiles = 0
    /// Objects in the store.
    package var objects = 0
    /// Bytes of all objects.
    package var bytes: UInt64 = 0
    /// Copies of objects below `packages/`.
    package var copies = 0
    /// Bytes of those copies.
    package var copyBytes: UInt64 = 0
    /// What the names of packages are; the first word, while others are still of other kinds.
    package var links = ""
    /// The generation that readers see; `nil` before the first publication.
    package var generation: Generation?
    /// The generation at which readers are held; `nil` when they see the newest.
    package var held: UInt64?
    /// The generations to which a rollback can go, the newest first.
    package var keptGenerations: [UInt64] = []
    /// How the last sync ended; `nil` when there was none.
    package var lastSync: LastSync?
    /// The last bundle that was imported; `nil` before the first.
    package var imported: ImportedBundle?
    /// Projects that the next sync has to ask for again, whatever their serials.
    package var lag = 0
    /// The age in seconds of the check that is longest ago; `nil` without objects.
    ///
    /// An object that was never verified counts from when it was stored, as it was checked then.
    package var oldestVerificationAge: Int64? { coverage.oldestAge }
    /// How old the checks of the objects are, by the age that `[verify] max-age` wants.
    package var coverage = Coverage()
    /// How much the last verification found; `nil` when there was none.
    package var findings: Int?
}

extension MirrorRoot {
    /// What the mirror holds and how fresh it is.
    ///
    /// Needs no lock.
    ///
    /// - Throws: ``MirrorError``.
    package func status() async throws(MirrorError) -> MirrorStatus {
        var status = try await counts()
        // A state that cannot be read tells nothing; `verify` tells why.
        status.imported = (try? await importedBundle()) ?? nil
        do throws(PublicationError) {
            status.generation = try publisher.live()
            status.held = try publisher.heldIfKnown()
            // What cannot be read leads nowhere; `verify` tells why.
            status.keptGenerations = (try? await publisher.keptGenerations().map(\.number)) ?? []
        } catch {
            throw .publication(error)
        }
        return status
    }

    private func counts() async throws(MirrorError) -> MirrorStatus {
        let time = now()
        let catalog = catalog
        let maximumAge = configuration.verification.maximumAge?.components.seconds
        do throws(CatalogError) {
            return try await workers.run { () throws(CatalogError) in
                var status = MirrorStatus()
                var last: SHA256Digest?
                repeat {
                    // In batches, so that no transaction lasts long.
                    let start = last
                    let batch = try catalog.read { catalog throws(CatalogError) in
                        try catalog.rows(in: Tables.objects, from: start, limit: Verifier.batchSize)
                    }
                    for (digest, row) in batch where digest != start {
                        status.objects += 1
                        status.bytes += row.size
                        status.coverage.add(row, at: time, maximumAge: maximumAge)
                    }
                    last = batch.count < Verifier.batchSize ? nil : batch.last?.key
                } while last != nil
                return try catalog.read { catalog throws(CatalogError) in
                    status.links = try catalog.row(of: .links, in: Tables.meta)?.text ?? LinkKind.symbolic.rawValue
                    try catalog.forEach(in: Tables.packages) { _, row throws(CatalogError) in
                        guard row.isCopy else { return true }
                        status.copies += 1
                        status.copyBytes += row.size
                        status.coverage.add(row, at: time, maximumAge: maximumAge)
                        return true
                    }
                    try catalog.forEach(in: Tables.projects) { _, row throws(CatalogError) in
                        if row.isIncomplete { status.lag += 1 }
                        if row.state == .removed { status.removedProjects += 1 }
                        guard row.state == .active else { return true }
                        status.projects += 1
                        status.files += Int(row.files.present)
                        status.missingFiles += Int(row.files.missing)
                        status.withheldFiles += Int(row.files.withheld)
                        status.knownFiles += Int(row.files.known)
                        status.excludedFiles += Int(row.files.excluded)
                        status.removedFiles += Int(row.files.removed)
                        status.refusedFiles += Int(row.files.refused)
                        return true
                    }
                    status.findings = try catalog.row(of: .lastFindings, in: Tables.meta).flatMap { Int($0.text) }
                    status.lastSync = try catalog.row(of: .lastSync, in: Tables.meta)
                        .flatMap { LastSync(text: $0.text) }
                    return status
                }
            }
        } catch {
            throw .catalog(error)
        }
    }

    /// Remembers how a sync ended, and tells the pages and downstream mirrors in `status.json`.
    func noteSync(_ report: SyncReport, serial: UInt64?) async throws(MirrorError) {
        let lastSync = LastSync(outcome: report.outcome, finished: now(), serial: serial)
        let catalog = catalog
        do throws(CatalogError) {
            try await workers.run { () throws(CatalogError) in try lastSync.write(to: catalog) }
        } catch {
            throw .catalog(error)
        }
        let bytes = freshness(lastSync, lag: report.lag)
        let (fileSystem, path) = (fileSystem, path.appending("status.json"))
        do throws(FileError) {
            try await workers.run { () throws(FileError) in try fileSystem.replace(path, with: bytes) }
        } catch {
            throw .file(error)
        }
        try await renewFrontPage(after: .sync(report.outcome))
    }

    private func freshness(_ lastSync: LastSync, lag: Int) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.objectMember("lag") { $0.member("projects", lag) }
            writer.objectMember("lastSync") { lastSync.write(to: &$0) }
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}
