internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Packaging
internal import Publication
internal import Record
internal import Scheduling
internal import SystemPackage

/// What a record and the published tree say of one project.
private struct FoundProject: Sendable {
    /// An object that the record speaks of.
    struct Reference: Sendable {
        let object: SHA256Digest
        /// The size that the record knows; `nil` for a companion, and where upstream states none.
        let size: UInt64?
        /// The place of the file in the record.
        let file: Int
        /// Whether the record says that it is here.
        let isHeld: Bool
    }

    let key: ProjectKey
    let digest: SHA256Digest
    let record: ProjectRecord
    let references: [Reference]
    let shown: ShownProject?
    /// Objects of no known size that do not have the bytes that their names say, and what is wrong with them.
    var damaged: [SHA256Digest: String] = [:]
    /// What is found to be missing, by place of the file.
    var missing: [Int: String] = [:]

    init(_ record: ProjectRecord, _ digest: SHA256Digest, _ shown: ShownProject?) throws(DigestError) {
        key = try ProjectKey(record.name)
        self.digest = digest
        self.record = record
        self.shown = shown
        var references: [Reference] = []
        for (index, file) in record.files.enumerated() {
            if let object = file.sha256 {
                references.append(.init(object: object, size: file.size, file: index, isHeld: file.isPresent))
            }
            for case let object? in CompanionKind.allCases.map({ file[$0].object }) {
                references.append(.init(object: object, size: nil, file: index, isHeld: file.isKept))
            }
        }
        self.references = references
    }

    /// The row of the project.
    ///
    /// Where an object is missing, the row vouches for no record, so that a sync believes only what is here and gets
    /// the rest.
    var row: ProjectRow {
        var row = ProjectRow(name: record.name)
        row.state = record.removal == nil ? .active : .removed
        row.serial = record.serial
        var counted = record
        for index in missing.keys { counted.files[index].state = .missing(reason: "") }
        row.files = counted.counts
        row.nextRelease = counted.nextRelease
        row.isIncomplete = record.removal == nil && (record.isIncomplete || !missing.isEmpty)
        row.record = missing.isEmpty ? digest : nil
        return row
    }
}

extension Rebuilder {
    /// Enters every record that is whole as a project, with what it refers to and how it is published.
    func takeRecords(_ tree: LiveTree?) async throws(MirrorError) {
        var names: [ProjectName] = []
        for shard in UInt8.min...UInt8.max {
            tell(.records, share: Double(shard) / 256)
            names += try await workers.runWrapping { [records] in try records.names(inShard: shard).names.sorted() }
            guard names.count >= 128 || shard == .max else { continue }
            for start in stride(from: 0, to: names.count, by: 128) {
                if Task.isCancelled { return }
                let batch = Array(names[start..<min(start + 128, names.count)])
                let found = Locked<[FoundProject]>([])
                try await workers.forEach(count: batch.count) { index throws(MirrorError) in
                    guard let project = try read(batch[index], tree) else { return }
                    found.withLock { $0.append(project) }
                }
                try await enter(found.withLock { $0.sorted { $0.record.name < $1.record.name } }, tree)
            }
            names = []
        }
    }

    /// Reads a record and what is shown of its project; `nil` for one that is not to be believed.
    private func read(_ name: ProjectName, _ tree: LiveTree?) throws(MirrorError) -> FoundProject? {
        do {
            guard let (record, digest) = try records.read(name) else {
                note(Failure(project: name, reason: "its record lies in the wrong directory", attempts: 0))
                return nil
            }
            var project = try FoundProject(record, digest, try tree?.project(of: record))
            // With --rehash they were hashed when they were found.
            if !isRehashing { try hash(&project) }
            return project
        } catch let error as CatalogError {
            throw .catalog(error)
        } catch {
            let advice = "left to the next sync, which makes the record anew"
            note(Failure(project: name, reason: "\(error); \(advice)", attempts: 0))
            return nil
        }
    }

    /// Hashes the objects of a record whose size it does not tell, which are small: nothing else vouches for them.
    private func hash(_ project: inout FoundProject) throws {
        let sizeless = project.references.filter { $0.size == nil }
        let sizes = try catalog.read { catalog throws(CatalogError) in
            var sizes: [SHA256Digest: UInt64] = [:]
            for reference in sizeless {
                sizes[reference.object] = try catalog.row(of: reference.object, in: Tables.objects)?.size
            }
            return sizes
        }
        guard !sizes.isEmpty else { return }
        var hasher = try ObjectHasher(chunk: 1 << 16)
        for (object, size) in sizes.sorted(by: { $0.key < $1.key }) {
            switch condition(of: object, size, with: &hasher) {
            case .right, .interrupted: break
            case .damaged(let problem): project.damaged[object] = problem
            case .unreadable(let problem):
                let reason = "objects/\(ObjectStore.relativePath(of: object)) could not be checked: \(problem)"
                note(Failure(project: project.record.name, reason: reason, attempts: 0))
            }
        }
    }

    /// Enters some projects.
    private func enter(_ found: [FoundProject], _ tree: LiveTree?) async throws(MirrorError) {
        var found = found
        let references = found.indices.flatMap { project in
            found[project].references.indices.map { (project: project, reference: $0) }
        }
        for start in stride(from: 0, to: references.count, by: Self.transactionSize) {
            let batch = references[start..<min(start + Self.transactionSize, references.count)]
            let projects = found
            let missing = Locked<[(project: Int, file: Int, detail: String)]>([])
            let damaged = Locked<[(digest: SHA256Digest, size: UInt64)]>([])
            try await write { catalog throws(CatalogError) in
                for place in batch {
                    let project = projects[place.project]
                    let reference = project.references[place.reference]
                    let row = try catalog.reader.row(of: reference.object, in: Tables.objects)
                    let problem = project.damaged[reference.object]
                    if let row, problem == nil, reference.size ?? row.size == row.size {
                        try own(reference.object, row, project.key, isHeld: reference.isHeld, catalog)
                    } else if reference.isHeld {
                        let detail = row.map { row in
                            problem ?? "it has \(row.size) bytes and should have \(reference.size ?? 0)"
                        }
                        missing.withLock {
                            $0.append((place.project, reference.file, detail ?? "it is not there"))
                        }
                        if let row { damaged.withLock { $0.append((reference.object, row.size)) } }
                    }
                }
            }
            for (project, file, detail) in missing.withLock({ $0 }) { found[project].missing[file] = detail }
            // A size that is wrong is damage, whoever else refers to the object.
            let wrong = Dictionary(damaged.withLock { $0 }, uniquingKeysWith: { first, _ in first })
            try await leaveOut(wrong.map { ($0.key, $0.value) })
        }
        let projects = found
        try await write { catalog throws(CatalogError) in
            for project in projects {
                try catalog.put(project.row, under: project.key, in: Tables.projects)
                try enter(project.shown, of: project.key, tree, catalog)
                try enter(packagesOf: project.record, catalog)
                // What the index does not vouch for cannot be published before a sync made it whole.
                guard project.shown?.isCurrent != true, project.missing.isEmpty else { continue }
                try catalog.put(Mark(), under: project.key, in: Tables.unpublished)
            }
        }
        for project in found { count(project) }
    }

    /// Makes a project the owner of an object, or one more that refers to it.
    private func own(
        _ object: SHA256Digest,
        _ row: ObjectRow,
        _ key: ProjectKey,
        isHeld: Bool,
        _ catalog: borrowing CatalogWriter
    ) throws(CatalogError) {
        if row.project == .nobody {
            var row = row
            row.project = key
            try catalog.put(row, under: object, in: Tables.objects)
        } else if row.project != key, isHeld {
            try catalog.put(Mark(), under: ReferenceKey(object: object, project: key), in: Tables.references)
        }
    }

    private func count(_ project: FoundProject) {
        for (index, detail) in project.missing.sorted(by: { $0.key < $1.key }) {
            let file = project.record.files[index]
            let reason = "its object \(file.sha256?.hex ?? "") or sidecar: \(detail); the next sync gets it again"
            note(Failure(project: project.record.name, file: file.filename, reason: reason, attempts: 0))
        }
        let isUnpublished = project.shown?.isCurrent != true && project.missing.isEmpty
        progress.update { progress in
            progress.report.projects += 1
            if project.record.removal == nil { progress.report.files += Int(project.row.files.present) }
            if project.shown != nil { progress.report.published += 1 }
            if isUnpublished { progress.report.unpublished += 1 }
        }
    }
}
