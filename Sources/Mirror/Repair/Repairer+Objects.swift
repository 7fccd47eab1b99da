internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Packaging
internal import Publication
internal import Record
internal import Scheduling
internal import SystemPackage

/// Objects: read again, had again, replaced.
extension Repairer {
    /// How many objects are worked on together.
    private static let batchSize = 1_024
    /// The classes that tell of an object's bytes.
    static let objectKinds: Set<Finding.Class> = [.missing, .short, .long, .digestMismatch]

    /// The findings about the bytes of objects.
    var objectIndices: [Int] {
        let found = findings
        return indices(of: Self.objectKinds).filter { !found[$0].isAboutCopy }
    }

    /// Makes objects what their names say, from whichever source has the bytes, and takes the others away.
    ///
    /// - Returns: Those that no source had; they are not on the pages any more once ``finish(_:)`` is done.
    func repairObjects() async throws(MirrorError) -> [DamagedObject] {
        defer { shutdown() }
        var withdrawn: [DamagedObject] = []
        let found = findings
        let byObject = Dictionary(grouping: objectIndices) { found[$0].object }
        let all = byObject.compactMap { digest, indices in digest.map { (digest: $0, indices: indices) } }
            .sorted { $0.digest < $1.digest }
        for start in stride(from: 0, to: all.count, by: Self.batchSize) {
            if Task.isCancelled { break }
            let batch = Array(all[start..<min(all.count, start + Self.batchSize)])
            let damaged = try await examine(batch).filter { !$0.isObstructed }
            let (had, hopeless) = try await have(damaged.filter { !$0.isHere })
            try await replace(had.filter { $0.object.row != nil })
            let here = damaged.filter(\.isHere).map { Had(object: $0, staged: nil, source: $0.path) }
            try await restore(had.filter { $0.object.row == nil } + here)
            withdrawn += try await withdraw(hopeless)
        }
        return withdrawn
    }

    // MARK: What is wrong

    private enum Reading {
        case right(size: UInt64)
        case wrong(Finding.Class, String)
        case unreadable(String)
    }

    /// Reads objects again, and finds out who needs those that are wrong.
    func examine(
        _ objects: [(digest: SHA256Digest, indices: [Int])]
    ) async throws(MirrorError) -> [DamagedObject] {
        let damaged = Locked<[DamagedObject]>([])
        try await mirror.workers.forEach(count: objects.count) { index throws(MirrorError) in
            if interruption.isRequested { return }
            do {
                guard let object = try examine(objects[index].digest, objects[index].indices) else { return }
                damaged.withLock { $0.append(object) }
            } catch {
                throw MirrorError(wrapping: error)
            }
        }
        let sorted = damaged.withLock { $0.sorted { $0.digest < $1.digest } }
        return try await onDisk { addUses(to: sorted) }
    }

    private func examine(_ digest: SHA256Digest, _ indices: [Int]) throws -> DamagedObject? {
        let row: ObjectRow?
        var names = Set(indices.compactMap { findings[$0].project })
        do throws(CatalogError) {
            (row, names) = try mirror.catalog.read { [names] catalog throws(CatalogError) in
                let row = try catalog.row(of: digest, in: Tables.objects)
                var all = names
                for key in try catalog.projects(referringTo: digest, row) {
                    if let name = try catalog.row(of: key, in: Tables.projects)?.name { all.insert(name) }
                }
                return (row, all)
            }
        } catch {
            guard case .damagedRow = error else { throw error }
            settle(indices, .left, "\(error)")
            return nil
        }
        switch read(digest, row) {
        case .right(let size):
            if row?.size == size, indices.contains(where: isMissed) {
                var object = DamagedObject(
                    digest: digest,
                    indices: indices,
                    row: row,
                    projects: names.sorted(),
                    kind: .missing,
                    detail: "it was withdrawn, and is here again"
                )
                object.isHere = true
                return object
            }
            try noteRight(digest, row, size: size, indices)
            return nil
        case .unreadable(let detail):
            settle(
                indices,
                .left,
                "it could not be read again, which says nothing about whether it is right: \(detail)"
            )
            return nil
        case .wrong(let kind, let detail):
            return DamagedObject(
                digest: digest,
                indices: indices,
                row: row,
                projects: names.sorted(),
                kind: kind,
                detail: detail
            )
        }
    }

    /// Reads an object.
    private func read(_ digest: SHA256Digest, _ row: ObjectRow?) -> Reading {
        do {
            guard let row else { return .wrong(.missing, "it was withdrawn") }
            guard try mirror.objects.status(of: digest) != nil else {
                return .wrong(.missing, "there is no file")
            }
            var hasher = try ObjectHasher()
            let found = try mirror.objects.rehash(digest, expecting: row.size, with: &hasher) { _ in
                !interruption.isRequested
            }
            guard let found else { return .unreadable("the repair was interrupted") }
            if found.digest == digest { return .right(size: found.size) }
            let expected = row.size
            let kind: Finding.Class =
                found.size < expected ? .short : found.size > expected ? .long : .digestMismatch
            return .wrong(
                kind,
                "\(expected) bytes were expected, its \(found.size) bytes have the digest \(found.digest)"
            )
        } catch let error as FileError where error.isMissing {
            return .wrong(.missing, "there is no file")
        } catch ObjectError.file(let error) where error.isMissing {
            return .wrong(.missing, "there is no file")
        } catch {
            return .unreadable("\(error)")
        }
    }

    /// Whether the record of the project that a finding is about misses the object, or may do so.
    private func isMissed(_ index: Int) -> Bool {
        let finding = findings[index]
        guard finding.kind == .missing, let object = finding.object, let project = finding.project,
            let file = finding.file
        else { return false }
        do throws(RecordStoreError) {
            return try mirror.records.read(project)?.record.misses(object, as: file) ?? false
        } catch {
            if case .damaged = error { return false }
            return true
        }
    }

    /// Settles findings about an object whose bytes are right, and its row with them.
    private func noteRight(_ digest: SHA256Digest, _ row: ObjectRow?, size: UInt64, _ indices: [Int]) throws {
        guard var row else { return }
        if row.size != size {
            if options.isDryRun {
                return settle(indices, .left, "its bytes are right, and the index would be told their number")
            }
            row.size = size
            row.verifiedAt = mirror.now()
            let right = row
            try mirror.catalog.write { catalog throws(CatalogError) in
                try catalog.put(right, under: digest, in: Tables.objects)
            }
            return settle(indices, .repaired, "its bytes are right, and the index knows their number now")
        }
        if row.storedAt >= start { return settle(indices, .repaired, "it was downloaded with its project") }
        // Another command mended it, or it was read wrongly before.
        drop(indices)
    }

    /// Enters the files that need each object, reading each record once; blocks.
    ///
    /// An object is left as it is while a record cannot be read that may need it: who does is not known, so no source
    /// can be asked, and nobody would look for it again once it was withdrawn.
    ///
    private func addUses(to objects: [DamagedObject]) -> [DamagedObject] {
        var objects = objects
        let found = findings
        let places = Dictionary(
            objects.indices.map { (objects[$0].digest, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        var wanted: [ProjectName: Set<SHA256Digest>] = [:]
        var withdrawn: [ProjectName: [String: SHA256Digest]] = [:]
        for object in objects {
            for name in object.projects { wanted[name, default: []].insert(object.digest) }
            for index in object.indices where object.row == nil || object.isHere {
                guard let project = found[index].project, let file = found[index].file else { continue }
                withdrawn[project, default: [:]][file] = object.digest
            }
        }
        for (name, digests) in wanted.sorted(by: { $0.key < $1.key }) {
            let record: ProjectRecord
            do throws(RecordStoreError) {
                guard let found = try mirror.records.read(name) else { continue }
                record = found.record
            } catch {
                // A damaged record is a finding of its own, and names nothing that could be believed.
                if case .damaged = error { continue }
                for digest in digests {
                    guard let place = places[digest] else { continue }
                    objects[place].isObstructed = true
                    settle(objects[place].indices, .left, "the record of \(name), which may need it: \(error)")
                }
                continue
            }
            for (digest, use) in record.uses(of: digests, withdrawn: withdrawn[name] ?? [:]) {
                if let place = places[digest] { objects[place].uses.append(use) }
            }
        }
        return objects
    }

    // MARK: The right bytes

    /// Bytes that were checked and are to become an object, and where they came from.
    struct Had: Sendable {
        let object: DamagedObject
        /// The bytes; `nil` when they are in their place already.
        let staged: StagedObject?
        let source: String
    }

    /// Keeps the bytes of an object in quarantine, with their story.
    ///
    /// - Returns: Their name there; `nil` when there are none.
    func keep(_ object: DamagedObject, time: Int64, outcome: RepairOutcome) throws(FileError) -> String? {
        try quarantine.keep(
            mirror.objects.path(of: object.digest),
            for: object.digest.hex,
            time: time,
            story: object.story(time: time, outcome: outcome).bytes
        )
    }

    /// Puts right bytes into the places of wrong ones, without a moment in which there are none.
    ///
    /// Bytes, second names of the wrong ones and stories are durable first, then published names that are hard links, then
    /// the objects' own, then the index.
    private func replace(_ had: [Had]) async throws(MirrorError) {
        guard !had.isEmpty else { return }
        let (mirror, repairer) = (mirror, self)
        let kept = try await onDisk { () throws -> [String?] in
            let lock = try FileLock.ofCommits(mirror.path, fileSystem: mirror.fileSystem)
            let time = mirror.now()
            let kept = try had.map { try repairer.keep($0.object, time: time, outcome: .repaired) }
            try mirror.barrier.synchronize()
            try mirror.publisher.links.relink(had.compactMap(\.staged))
            try mirror.objects.place(had.compactMap(\.staged))
            try mirror.barrier.synchronize()
            try mirror.catalog.write { catalog throws(CatalogError) in
                for one in had {
                    guard let staged = one.staged,
                        var row = try catalog.reader.row(of: one.object.digest, in: Tables.objects)
                    else { continue }
                    row.size = staged.size
                    row.storedAt = time
                    row.verifiedAt = time
                    try catalog.put(row, under: one.object.digest, in: Tables.objects)
                }
            }
            withExtendedLifetime(lock) {}
            return kept
        }
        for (one, name) in zip(had, kept) {
            let rest = name.map { "; the damaged bytes are quarantine/\($0)" } ?? ""
            settle(one.object.indices, .repaired, "replaced by the bytes of \(one.source)\(rest)")
        }
    }
}
