internal import Bundle
internal import Catalog
internal import Digest
internal import Packaging
internal import Publication
internal import Record

/// Goes through the projects that readers see, in the order of their keys, and tells of each what is carried.
struct ExportWalk {
    private let run: ExportRun
    private let source: ExportSource
    private let base: ExportBase
    /// Projects whose records are carried, and those that are gone since the base.
    private(set) var changed = 0
    private(set) var removed = 0
    /// Objects that are carried, and their bytes.
    private(set) var objects: UInt64 = 0
    private(set) var bytes: UInt64 = 0
    /// Objects that several projects refer to and that are carried already.
    private var shared: Set<SHA256Digest> = []

    /// A walk from what the other side has.
    init(_ run: ExportRun, _ source: ExportSource, from base: ExportBase) {
        self.run = run
        self.source = source
        self.base = base
    }

    /// Walks over all projects.
    ///
    /// - Parameters:
    ///   - list: Called with each line of the list of projects.
    ///   - record: Called with each record that is carried, and its bytes.
    ///   - object: Called with each object that is carried, once in the whole bundle.
    ///   - inventory: Called with each line of what the other side has afterwards.
    /// - Throws: `FileError`, ``MirrorError``, `PublicationError`, `CatalogError`, `DigestError`; what the closures throw.
    mutating func walk(
        list: ([UInt8]) throws -> Void,
        record: (BundleMember, [UInt8]) throws -> Void,
        object: (BundleMember) throws -> Void,
        inventory: ([UInt8]) throws -> Void
    ) throws {
        let state = BundleState(
            bundle: run.id,
            sequence: source.sequence,
            generation: source.tree.generation.number,
            treeDigest: source.tree.generation.treeDigest
        )
        try inventory(InventoryHead(mirror: source.mirror, state: state).line)
        func tellGone(_ name: ProjectName) throws {
            try list(BundleProject(name: name, shown: nil).line)
        }
        for row in source.tree.rows {
            try run.interruption.check()
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
        try inventory(InventoryEnd.line(projects: source.tree.rows.count))
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
        let shown = try source.tree.record(of: row, in: run.mirror)
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
