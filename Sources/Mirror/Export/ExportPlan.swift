internal import Bundle
internal import Digest
internal import FileIO
internal import Publication
internal import SystemPackage

/// Finds out project by project what is to be carried, and writes that down: `projects.jsonl`, volumes with records, what
/// is to be in each volume with objects, and what the other side has afterwards.
struct ExportPlan {
    private let run: ExportRun
    private let source: ExportSource
    private let base: ExportBase
    private var walk: ExportWalk

    init(_ run: ExportRun, _ source: ExportSource) throws {
        self.run = run
        self.source = source
        base = try ExportBase(of: run, source)
        walk = ExportWalk(run, source, from: base)
    }

    /// Counts what would be carried.
    mutating func foresee() throws -> ExportReport {
        try walk.walk(list: { _ in }, record: { _, _ in }, object: { _ in }, inventory: { _ in })
        var report = ExportReport(plan("", list: .init(size: 0, sha256: try .hash([])), records: 0, volumes: 0))
        report.isDryRun = true
        return report
    }

    /// Makes the plan; durable.
    mutating func make(_ fingerprint: String) throws -> ExportFolder.Plan {
        let (folder, fileSystem) = (run.folder, run.fileSystem)
        try fileSystem.makeDirectories(folder.plan)
        let list = try HashedOutput(folder.file(BundleFiles.list), fileSystem: fileSystem)
        let objects = try HashedOutput(folder.objects, fileSystem: fileSystem)
        let inventory = try HashedOutput(folder.inventory, fileSystem: fileSystem)
        var places = VolumePlan(run.options.volumeSize)
        var volume: VolumeWriter?
        var written: [BundleDescription.Volume] = []
        try walk.walk { line in
            try list.write(line)
        } record: { member, bytes in
            for step in places.place(member.size, canSplit: false) where step == .volume {
                if let volume { written.append(try volume.finish()) }
                volume = try VolumeWriter(written.count + 1, in: folder.path, fileSystem: fileSystem)
            }
            try volume?.add(member, bytes)
        } object: { member in
            try objects.write(member.line)
        } inventory: { line in
            try inventory.write(line)
        }
        if let volume { written.append(try volume.finish()) }
        if let large = written.map(\.size).max(), large > run.options.volumeSize.limit {
            throw MirrorError.usage(
                "a project's record takes \(large) bytes, and a medium has room for \(run.options.volumeSize.limit); choose a "
                    + "larger --volume-size"
            )
        }
        let listFile = try list.finish()
        _ = try inventory.finish()
        _ = try objects.finish()
        let beside = try others(list: listFile.size, records: written)
        let count = try dealObjects(VolumePlan(run.options.volumeSize, beside: beside), after: written.count)
        let plan = plan(fingerprint, list: listFile, records: written.count, volumes: count)
        try fileSystem.remove(folder.objects)
        try fileSystem.synchronizeDirectory(folder.plan)
        try folder.write(plan)
        return plan
    }

    /// What lies on the first medium before objects take the rest: the files beside the volumes, and the last volume with
    /// records, where it has room there (``BundleMedia``).
    ///
    /// - Throws: ``MirrorError`` `usage` when no medium has room for the files beside the volumes.
    private func others(list: UInt64, records: [BundleDescription.Volume]) throws(MirrorError) -> UInt64 {
        let limit = run.options.volumeSize.limit
        // Two volumes that follow each other have more than a medium has room for, or they would be one.
        let carried = walk.bytes + walk.objects * (VolumePlan.lineBytes + 1_024)
        let volumes = UInt64(records.count) + 2 * (carried / limit) + 2
        let others = list + BundleMedia.byteCount(besideVolumes: volumes)
        guard others <= limit else {
            throw .usage(
                "the list of projects and what lies beside it take \(others) bytes, and a medium has room for \(limit); "
                    + "choose a larger --volume-size"
            )
        }
        guard let last = records.last?.size, last <= limit - others else { return others }
        return others + last
    }

    /// Deals the objects out to volumes.
    ///
    /// - Returns: How many volumes there are then, those before included.
    private func dealObjects(_ places: VolumePlan, after count: Int) throws -> Int {
        let (folder, fileSystem) = (run.folder, run.fileSystem)
        let lines = try LineReader(folder.objects, fileSystem: fileSystem, limit: BundleMember.lineLimit)
        var (places, count) = (places, count)
        var output: HashedOutput?
        while let line = try lines.next() {
            let member = try BundleMember(line: line)
            for step in places.place(member.size, canSplit: true) {
                switch step {
                case .volume:
                    _ = try output?.finish()
                    count += 1
                    output = try HashedOutput(folder.members(ofVolume: count), fileSystem: fileSystem)
                case .whole: try output?.write(member.line)
                case .part(let offset, let size):
                    // What the digest of a part is will be known when it is read.
                    let content = BundleMember.Content.part(
                        member.digest,
                        of: member.digest,
                        offset: offset,
                        total: member.size
                    )
                    try output?.write(BundleMember(content, size: size, project: member.project).line)
                }
            }
        }
        _ = try output?.finish()
        return count
    }

    private func plan(
        _ fingerprint: String,
        list: BundleDescription.File,
        records: Int,
        volumes: Int
    ) -> ExportFolder.Plan {
        let (generation, now) = (source.tree.generation, run.mirror.now())
        let bundle = BundleDescription(
            id: run.id,
            mirror: source.mirror,
            sequence: source.sequence,
            base: base.state,
            created: now,
            expires: run.options.lifetime.map { now + $0 },
            generation: generation.number,
            treeDigest: generation.treeDigest,
            projects: UInt64(generation.projects),
            files: UInt64(generation.files),
            serial: generation.serial,
            exporter: "larder \(LarderVersion.current)",
            list: list,
            volumes: []
        )
        return ExportFolder.Plan(
            bundle: bundle,
            options: fingerprint,
            recordVolumes: records,
            volumes: volumes,
            changed: walk.changed,
            removed: walk.removed,
            objects: walk.objects,
            bytes: walk.bytes,
            leftProjects: source.tree.left.projects,
            leftFiles: source.tree.left.files
        )
    }
}
