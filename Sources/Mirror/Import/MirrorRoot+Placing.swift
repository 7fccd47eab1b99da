internal import Bundle
internal import Catalog
internal import Digest
internal import FileIO
internal import Minisign
internal import ObjectStore
internal import Packaging
internal import Publication
internal import Record
internal import Scheduling
internal import SystemPackage

/// What is ready in the stage gets its place: objects, then records, then what is remembered of the bundle.
///
/// Each step may be done again, so that whoever holds the lock next goes on with what a crash left.
extension MirrorRoot {
    /// Puts an import into place that is proven and was cut off; does nothing when there is none.
    ///
    /// Readers see it with the next publication. Whoever calls it holds the lock.
    ///
    /// - Returns: What came; `nil` when there was none.
    @discardableResult
    func settleImport() async throws(MirrorError) -> ImportReport? {
        let stage = ImportStage(root: path, fileSystem: fileSystem)
        guard try await workers.runWrapping({ try stage.isReady() }) else { return nil }
        return try await placeImport(BundleProgress())
    }

    /// Puts an import into place that is proven, and publishes it.
    func putImportIntoPlace(_ progress: BundleProgress, signers: [String]) async throws(MirrorError) -> ImportReport {
        guard var report = try await placeImport(progress) else {
            throw .library("there is no import to put into place")
        }
        report.signers = signers
        progress.begin(.publishing)
        try await publishImported(&report)
        return report
    }

    /// Shows readers what is in place, unless they are held; nothing changes where they see it.
    func publishImported(_ report: inout ImportReport) async throws(MirrorError) {
        let (generation, failures, _) = try await publish(applying: try await newestSelection(), goingOn: false)
        try await renewFrontPage()
        report.generation = generation
        report.held = try await heldGeneration()
        report.failures += failures
        report.outcome = report.failures.isEmpty ? .complete : .partial
    }

    /// - Returns: What came; `nil` when there is nothing to put into place.
    private func placeImport(_ progress: BundleProgress) async throws(MirrorError) -> ImportReport? {
        let stage = ImportStage(root: path, fileSystem: fileSystem)
        let bundle = try await workers.runWrapping { try stage.bundle()?.description }
        guard let bundle else { return nil }
        progress.begin(.placing)
        var report = ImportReport(bundle)
        // What is blocked here is blocked in what comes, too; nobody publishes before that is looked at.
        try await distrustPolicy()
        let committer = GroupCommit(self)
        do throws(MirrorError) {
            for (index, volume) in bundle.volumes.enumerated() {
                let path = stage.doneManifest(ofVolume: index + 1)
                let manifest = try await workers.runWrapping { [fileSystem] in
                    Lent(try VolumeManifest(path, index + 1, of: volume, fileSystem: fileSystem))
                }
                try await placeObjects(of: manifest, stage, committer, &report)
            }
            try await placeRecords(stage, committer, &report, progress)
        } catch {
            try? await committer.finish()
            throw error
        }
        try await committer.finish()
        try await workers.runWrapping { try self.remember(bundle, stage) }
        return report
    }

    private func distrustPolicy() async throws(MirrorError) {
        let catalog = catalog
        try await workers.runWrapping {
            try catalog.write { catalog throws(CatalogError) in
                try catalog.remove(MetaKey.policy, in: Tables.meta)
            }
        }
    }

    private func placeObjects(
        of manifest: Lent<VolumeManifest>,
        _ stage: ImportStage,
        _ committer: GroupCommit,
        _ report: inout ImportReport
    ) async throws(MirrorError) {
        while true {
            let batch = try await workers.runWrapping { () throws -> [(StagedObject, ProjectKey, isDamaged: Bool)]? in
                try self.stageObjects(from: manifest.value, stage)
            }
            guard let batch else { return }
            for (object, project, isDamaged) in batch {
                report.objects += 1
                report.bytes += object.size
                if isDamaged { committer.distrust(object.digest) }
                await committer.submit(object, of: project)
            }
        }
    }

    /// Gives the objects of the next lines a second name in the staging directory, as a group commit takes them, and tells
    /// which of them are here and damaged.
    private func stageObjects(
        from manifest: VolumeManifest,
        _ stage: ImportStage
    ) throws -> [(StagedObject, ProjectKey, isDamaged: Bool)]? {
        var batch: [(StagedObject, ProjectKey, isDamaged: Bool)] = []
        for count in 0..<1_024 {
            guard let member = try manifest.next() else { return count == 0 ? nil : batch }
            let (digest, size, source): (SHA256Digest, UInt64, FilePath)
            switch member.content {
            case .record: continue
            case .object(let object): (digest, size, source) = (object, member.size, stage.object(object))
            case .part(_, let object, let offset, let total):
                guard offset == 0 else { continue }
                (digest, size, source) = (object, total, stage.parts(object))
            }
            let isHere = try storedSize(of: digest) == size
            let place = objects.path(of: digest)
            let staged = try fileSystem.status(source).identity
            if try fileSystem.statusIfPresent(place)?.identity == staged {
                if isHere { continue }
                // A run that was cut off gave it that name already; a rename between two names of one file does nothing.
                try fileSystem.remove(place)
            }
            let path = objects.newStagingPath()
            try fileSystem.addName(path, to: source)
            let object = StagedObject(path: path, digest: digest, size: size)
            batch.append((object, try ProjectKey(member.project), isDamaged: isHere))
        }
        return batch
    }

    private func placeRecords(
        _ stage: ImportStage,
        _ committer: GroupCommit,
        _ report: inout ImportReport,
        _ progress: BundleProgress
    ) async throws(MirrorError) {
        let changes = try await workers.runWrapping { [fileSystem] () throws -> Lent<LineReader> in
            Lent(try LineReader(stage.changes, fileSystem: fileSystem, limit: BundleProject.lineLimit))
        }
        let selection = try await newestSelection()
        while true {
            let next = try await workers.runWrapping { () throws -> PlacedRecord? in
                try self.nextRecord(from: changes.value, stage, selection)
            }
            guard let next else { return }
            report.note(next.record.name, isGone: next.isGone)
            report.failures += next.failures
            try await submit(next.record, row: next.row, under: next.key, to: committer)
            progress.update { $0.projects.done += 1 }
        }
    }

    /// The next record that has to change, without what is blocked here: that it brings may not be here.
    private func nextRecord(
        from lines: LineReader,
        _ stage: ImportStage,
        _ selection: MirrorSelection
    ) throws -> PlacedRecord? {
        while let line = try lines.next() {
            let project = try BundleProject(line: line)
            let key = try ProjectKey(project.name)
            let found = try catalog.read { catalog throws(CatalogError) in
                try catalog.row(of: key, in: Tables.projects)
            }
            var row = found ?? ProjectRow(name: project.name)
            var record: ProjectRecord
            var failures: [Failure] = []
            if let shown = project.shown {
                // A record that is damaged or gone is made good, whatever the index says of it.
                if row.record == shown.record, try readableRecord(of: project.name)?.digest == shown.record { continue }
                let bytes = try fileSystem.contents(of: stage.record(shown.record), limit: RecordStore.maximumByteCount)
                record = try ProjectRecord.decode(bytes).record
                // What a bundle does not carry since it was here, gc may have taken.
                if record.takeOff(by: selection, at: now()) { record.removeFiles() }
                failures = try missObjects(in: &record, stage)
            } else {
                guard row.record != nil else { continue }
                // Of one that cannot be read, nothing is known but that it goes.
                let known = try readableRecord(of: project.name)?.record
                if let known, known.removal != nil { continue }
                record = known ?? ProjectRecord(name: project.name, page: "", firstSeen: now())
                record.removal = Removal(cause: .upstream, time: now())
            }
            row.state = record.removal == nil ? .active : .removed
            row.serial = record.serial
            row.etag = nil
            row.checkedAt = now()
            row.isIncomplete = record.removal == nil && record.isIncomplete
            row.files = record.counts
            row.nextRelease = record.nextRelease
            return PlacedRecord(record: record, row: row, key: key, isGone: project.shown == nil, failures: failures)
        }
        return nil
    }

    /// Remembers a bundle whose objects and records are in place, and ends the import; durable.
    private func remember(_ bundle: BundleDescription, _ stage: ImportStage) throws {
        try TrustedKeys(root: path, fileSystem: fileSystem).add(try stage.trusted())
        let ledger = try BundleLedger(root: path, fileSystem: fileSystem)
        // The stage's own stays, so that this step can be done again.
        try fileSystem.copy(stage.ledger, to: ledger.path, durably: true)
        var state = try MirrorState(root: path, fileSystem: fileSystem)
        state.imported = ImportedBundle(
            mirror: bundle.mirror,
            bundle: bundle.id,
            sequence: bundle.sequence,
            generation: bundle.generation,
            treeDigest: bundle.treeDigest,
            time: now()
        )
        state.highestSerial = max(state.highestSerial, bundle.serial)
        try state.write(root: path, fileSystem: fileSystem)
        try stage.discard()
    }
}

/// A record that is to get its place.
private struct PlacedRecord: Sendable {
    let record: ProjectRecord
    let row: ProjectRow
    let key: ProjectKey
    let isGone: Bool
    let failures: [Failure]
}

/// Something that belongs to one thread at a time, handed from one to the next.
private struct Lent<Value>: @unchecked Sendable {
    // Whoever has it awaits the end of one use before the next begins.
    let value: Value

    init(_ value: Value) {
        self.value = value
    }
}
