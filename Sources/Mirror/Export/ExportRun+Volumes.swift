internal import Bundle
internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Packaging
internal import Publication
internal import SystemPackage
internal import Tar

extension ExportRun {
    /// Writes what is planned and not there yet, and finishes the bundle.
    func carryOut(_ plan: ExportFolder.Plan) throws -> ExportReport {
        var report = ExportReport(plan)
        progress.begin(.volumes)
        progress.update { snapshot in
            snapshot.volumes.total = plan.volumes
            snapshot.bytes.total = plan.bytes
        }
        var volumes: [BundleDescription.Volume] = []
        for number in stride(from: 1, through: plan.volumes, by: 1) {
            let kept = try finishedVolume(number)
            if let kept {
                if number > plan.recordVolumes { report.kept += 1 }
                volumes.append(kept)
            } else {
                guard number > plan.recordVolumes else {
                    throw MirrorError.library(
                        "\(folder.file(BundleFiles.archive(number))) is gone or damaged, and holds records of the time when "
                            + "the export was begun; remove what is in \(folder.path), and export again"
                    )
                }
                guard let volume = try write(number, &report) else { continue }
                volumes.append(volume)
            }
            progress.update { $0.volumes.done += 1 }
        }
        guard report.failures.isEmpty else {
            report.outcome = .partial
            return report
        }
        report.bundle.volumes = volumes
        let media = media(of: report.bundle, recordVolumes: plan.recordVolumes)
        report.media = media.files
        report.signers = try finish(report.bundle, on: media)
        return report
    }

    /// A volume that an earlier run finished, read once more; `nil` when it is not there or not as it was written.
    private func finishedVolume(_ number: Int) throws -> BundleDescription.Volume? {
        let (archive, manifest) = (BundleFiles.archive(number), BundleFiles.manifest(number))
        guard try fileSystem.exists(folder.file(archive)), try fileSystem.exists(folder.file(manifest)) else {
            return nil
        }
        let lines = try LineReader(folder.file(manifest), fileSystem: fileSystem, limit: BundleMember.lineLimit)
        var (members, bytes) = (UInt64(0), UInt64(0))
        do {
            let reader = try VolumeReader(folder.file(archive), fileSystem: fileSystem)
            while let line = try lines.next() {
                try interruption.check()
                let member = try BundleMember(line: line)
                try reader.read(member) { _ in }
                members += 1
                bytes += member.size
                progress.update { $0.bytes.done += member.size }
            }
            return BundleDescription.Volume(
                archive: try reader.finish(),
                manifest: try fileSystem.bundleFile(at: folder.file(manifest)),
                members: members,
                bytes: bytes
            )
        } catch is VolumeError {
            return nil
        } catch is BundleError {
            return nil
        }
    }

    /// What to tell of an object that cannot be carried.
    ///
    /// What is planned is what readers saw when the export was begun; by now they may not see it any more.
    private func reason(for damage: ObjectDamage) throws -> String {
        let isKept = try mirror.catalog.read { catalog throws(CatalogError) in
            try catalog.row(of: damage.object, in: Tables.objects) != nil
        }
        guard !isKept else { return "\(damage)" }
        return
            "the object \(damage.object) is not kept any more, as readers have not seen it for long; remove what is in "
            + "\(folder.path), and export again"
    }

    /// Writes a volume with objects.
    ///
    /// - Returns: The volume; `nil` when something of it is damaged, which the report tells.
    private func write(_ number: Int, _ report: inout ExportReport) throws -> BundleDescription.Volume? {
        let lines = try LineReader(
            folder.members(ofVolume: number),
            fileSystem: fileSystem,
            limit: BundleMember.lineLimit
        )
        let writer = try VolumeWriter(number, in: folder.path, fileSystem: fileSystem)
        let count = report.failures.count
        do {
            let copier = try ObjectCopier(mirror.objects, fileSystem: fileSystem, interruption)
            while let line = try lines.next() {
                let member = try BundleMember(line: line)
                do {
                    // When one is damaged, the others are looked at all the same, so that one run tells of all.
                    try copier.copy(member, to: report.failures.count == count ? writer : nil)
                } catch let error as ObjectDamage {
                    let reason = try reason(for: error)
                    report.failures.append(Failure(project: member.project, file: nil, reason: reason, attempts: 2))
                    // The archive lacks bytes of the member that was begun.
                    continue
                }
                progress.update { $0.bytes.done += member.size }
            }
        } catch {
            writer.discard()
            throw error
        }
        guard report.failures.count == count else {
            writer.discard()
            return nil
        }
        return try writer.finish()
    }
}
