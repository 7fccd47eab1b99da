internal import Bundle
internal import Catalog
internal import Digest
internal import FileIO
internal import Packaging
internal import Publication
internal import Record
internal import SystemPackage

/// Finds out project by project what is to be carried, and writes that down: `projects.jsonl`, volumes with records, what
/// is to be in each volume with objects, and what the other side has afterwards.
struct ExportPlan {
    private let run: ExportRun
    private let source: ExportSource
    private let base: ExportBase
    private var changed = 0
    private var removed = 0
    private var objects: UInt64 = 0
    private var bytes: UInt64 = 0
    /// Objects that several projects refer to and that are carried already.
    private var shared: Set<SHA256Digest> = []

    init(_ run: ExportRun, _ source: ExportSource) throws {
        self.run = run
        self.source = source
        base = try Self.base(run, source)
    }

    /// What the other side has.
    private static func base(_ run: ExportRun, _ source: ExportSource) throws -> ExportBase {
        let fileSystem = run.fileSystem
        switch run.options.base {
        case .nothing: return ExportBase()
        case .inventory(let path):
            let base = try ExportBase(inventory: path, fileSystem: fileSystem)
            if let mirror = base.mirror, mirror != source.mirror {
                throw MirrorError.refused(
                    "\(path) is of a mirror that follows another one (\(mirror)), not this one (\(source.mirror))"
                )
            }
            return base
        case .since(let text):
            if let changes = source.changes {
                let names = Set(source.rows.lazy.map(\.name))
                return try ExportBase(
                    changes.generation,
                    changes: changes.projects,
                    isShown: { names.contains($0) },
                    views: run.mirror.publisher.views
                )
            }
            let exports = ExportRegistry(root: run.mirror.path, fileSystem: fileSystem)
            return try ExportBase(inventory: try exports.inventory(of: text), fileSystem: fileSystem)
        }
    }

    /// Counts what would be carried.
    mutating func foresee() throws -> ExportReport {
        try walk(list: { _ in }, record: { _, _ in }, object: { _ in }, inventory: { _ in })
        var report = ExportReport(plan(list: .init(size: 0, sha256: try .hash([])), records: 0, volumes: 0))
        report.isDryRun = true
        return report
    }

    /// Makes the plan; durable.
    mutating func make() throws -> ExportFolder.Plan {
        let (folder, fileSystem) = (run.folder, run.fileSystem)
        try fileSystem.makeDirectories(folder.plan)
        let list = try HashedOutput(folder.file(BundleFiles.list), fileSystem: fileSystem)
        let objects = try HashedOutput(folder.objects, fileSystem: fileSystem)
        let inventory = try HashedOutput(folder.inventory, fileSystem: fileSystem)
        var places = VolumePlan(run.options.volumeSize)
        var volume: VolumeWriter?
        var written: [BundleDescription.Volume] = []
        try walk { line in
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
        let listFile = try list.finish()
        _ = try inventory.finish()
        _ = try objects.finish()
        let beside = try others(list: listFile.size, records: written)
        let count = try dealObjects(VolumePlan(run.options.volumeSize, beside: beside), after: written.count)
        let plan = plan(list: listFile, records: written.count, volumes: count)
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
        let carried = bytes + objects * (VolumePlan.lineBytes + 1_024)
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
        list: BundleDescription.File,
        records: Int,
        volumes: Int
    ) -> ExportFolder.Plan {
        let (generation, now) = (source.generation, run.mirror.now())
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
            options: run.fingerprint,
            recordVolumes: records,
            volumes: volumes,
            changed: changed,
            removed: removed,
            objects: objects,
            bytes: bytes
        )
    }

    /// Walks over all projects in the order of their keys.
    private mutating func walk(
        list: ([UInt8]) throws -> Void,
        record: (BundleMember, [UInt8]) throws -> Void,
        object: (BundleMember) throws -> Void,
        inventory: ([UInt8]) throws -> Void
    ) throws {
        let state = BundleState(
            bundle: run.id,
            sequence: source.sequence,
            generation: source.generation.number,
            treeDigest: source.generation.treeDigest
        )
        try inventory(InventoryHead(mirror: source.mirror, state: state).line)
        func tellGone(_ name: ProjectName) throws {
            try list(BundleProject(name: name, shown: nil).line)
        }
        for row in source.rows {
            try run.checkInterruption()
            let key = try ProjectKey(row.name)
            let standing = try base.standing(of: row.name, key) { name in
                removed += 1
                try tellGone(name)
            }
            let project = try carry(row, key, standing, list: list, record: record, object: object)
            try inventory(project.line)
            run.progress.update { $0.projects.done += 1 }
        }
        try base.finish { name in
            removed += 1
            try tellGone(name)
        }
        try inventory(InventoryEnd.line(projects: source.rows.count))
    }

    /// Carries what the other side lacks of a project.
    ///
    /// - Returns: What it has then.
    private mutating func carry(
        _ row: PublishedRow,
        _ key: ProjectKey,
        _ standing: ExportBase.Standing,
        list: ([UInt8]) throws -> Void,
        record: (BundleMember, [UInt8]) throws -> Void,
        object: (BundleMember) throws -> Void
    ) throws -> InventoryProject {
        if case .has(let project) = standing, project.view == row.view.hex { return project }
        let shown = try run.mirror.publisher.shownRecord(row)
        let (encoded, digest) = try shown.encoded()
        let needed = shown.objects
        let project = InventoryProject(name: row.name, record: digest, objects: needed, view: row.view.hex)
        let lacking: [SHA256Digest]
        let isKnown: Bool
        switch standing {
        case .nothing: (lacking, isKnown) = (needed, false)
        case .same: (lacking, isKnown) = ([], true)
        case .older(let objects): (lacking, isKnown) = (needed.filter { !objects.contains($0) }, false)
        case .has(let there): (lacking, isKnown) = (needed.filter { !there.has($0) }, there.record == digest)
        }
        // Without a state to lead on from, it carries every record.
        if !isKnown || base.state == nil {
            changed += 1
            try list(
                BundleProject(
                    name: row.name,
                    shown: .init(record: digest, content: row.content, isListed: row.isListed)
                ).line
            )
            let content = BundleMember.Content.record(try SHA256Digest.hash(encoded))
            try record(BundleMember(content, size: UInt64(encoded.count), project: row.name), encoded)
        }
        for (digest, size) in try sizes(of: lacking, row.name, key) {
            objects += 1
            bytes += size
            try object(BundleMember(.object(digest), size: size, project: row.name))
        }
        return project
    }

    /// The sizes of objects, each once in the whole bundle.
    private mutating func sizes(
        of digests: [SHA256Digest],
        _ name: ProjectName,
        _ key: ProjectKey
    ) throws -> [(SHA256Digest, UInt64)] {
        let found = try run.mirror.catalog.read { catalog throws(CatalogError) in
            var found: [(digest: SHA256Digest, size: UInt64?, isShared: Bool)] = []
            for digest in digests {
                let row = try catalog.row(of: digest, in: Tables.objects)
                // The first project that refers to an object is in its row; others make it one that several refer to.
                let isShared = try row?.project != key ? true : catalog.isShared(digest)
                found.append((digest, row?.size, isShared))
            }
            return found
        }
        return try found.compactMap { digest, size, isShared in
            guard let size else {
                throw MirrorError.library(
                    "the object \(digest) of \(name) is not in the index; run `larder verify --repair`"
                )
            }
            if isShared, !shared.insert(digest).inserted { return nil }
            return (digest, size)
        }
    }
}

extension CatalogReader {
    /// Whether more than one project refers to an object.
    fileprivate func isShared(_ object: SHA256Digest) throws(CatalogError) -> Bool {
        var isShared = false
        let first = ReferenceKey(object: object, project: .nobody)
        try forEach(in: Tables.references, from: first) { key, _ throws(CatalogError) in
            isShared = key.object == object
            return false
        }
        return isShared
    }
}
