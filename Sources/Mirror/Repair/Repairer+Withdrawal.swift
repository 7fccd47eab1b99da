internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Packaging
internal import Publication
internal import Record
internal import Scheduling
internal import SystemPackage

/// Objects that no source has: off the pages, and back on them when one has.
///
/// The order, each step durable before the next:
///
/// 1. A second name in quarantine, and the story.
/// 2. The object's own name goes, and the names of packages that are no symbolic links: from here on readers get 404, and never wrong bytes. The bytes were no object (I1)
///    before either; what was `digest-mismatch` is `missing` now, which any verification finds, and a repair goes on
///    from.
/// 3. Records that say `missing`, then their rows: the projects are due, and unpublished. From here on a sync heals it
///    alone: a row whose file is gone counts for nothing (``ObjectStore/storedSize(of:_:)``).
/// 4. A publication without the files.
/// 5. The package links go, which old pages still lead to.
/// 6. The rows of the object and its references go, last, so that every published link leads to an object of the index
///    all the time (I3).
extension Repairer {
    /// Takes away the bytes of objects that no source had, and enters that into the records of all who need them.
    ///
    /// - Returns: The objects that ``finish(_:)`` takes off links and index.
    func withdraw(_ hopeless: [Hopeless]) async throws(MirrorError) -> [DamagedObject] {
        for one in hopeless where one.object.row == nil {
            settle(one.object.indices, .withdrawn, "still withdrawn; every source was asked: \(one.reason)")
        }
        let rest = hopeless.filter { $0.object.row != nil }
        guard !rest.isEmpty else { return [] }
        let (mirror, repairer) = (mirror, self)
        let kept = try await onDisk { () throws -> [String] in
            let time = mirror.now()
            var kept: [String] = []
            for one in rest {
                let object = one.object
                if let name = try repairer.keep(object, time: time, outcome: .withdrawn) {
                    kept.append("what was there is quarantine/\(name)")
                } else {
                    let story = object.story(time: time, outcome: .withdrawn)
                    try repairer.quarantine.tell(story.bytes, of: object.digest.hex, time: time)
                    kept.append("there was nothing to keep")
                }
            }
            try mirror.barrier.synchronize()
            // Whoever asks for the file gets no wrong bytes by a hard link, or by a copy, either.
            try mirror.publisher.links.hide(Set(rest.map(\.object.digest)))
            // Durable with what is next: a commit makes the bytes of records durable before it gives them their names.
            for one in rest { try mirror.fileSystem.removeIfPresent(mirror.objects.path(of: one.object.digest)) }
            return kept
        }
        for (one, kept) in zip(rest, kept) {
            settle(
                one.object.indices,
                .withdrawn,
                "withdrawn, since every source was asked in vain (\(one.reason)); it answers 404, \(kept)"
            )
        }
        let objects = rest.map(\.object)
        var digests: [ProjectName: Set<SHA256Digest>] = [:]
        for object in objects {
            for name in object.projects { digests[name, default: []].insert(object.digest) }
        }
        let wanted = digests
        _ = try await change(Set(digests.keys)) { name, record, row in
            guard record.withdraw(wanted[name] ?? []) else { return false }
            // Nobody asks for what upstream removed, or what is not selected.
            if row.state == .active { row.isIncomplete = true }
            return true
        }
        return objects
    }

    /// Publishes what the repair changed, and takes withdrawn objects off package links and index.
    ///
    /// It is not stopped by an interruption: what was begun is brought to its end.
    func finish(_ withdrawn: [DamagedObject]) async throws(MirrorError) {
        let problems = try await publish()
        settleRestored(problems)
        guard !withdrawn.isEmpty else { return }
        let (mirror, repairer) = (mirror, self)
        try await onDisk {
            // A page that could not be rendered anew still lists the file: its links have to lead to the index (I3).
            let gone = withdrawn.filter { object in
                let blocking = object.projects.first { problems[$0] != nil || repairer.lists(object.digest, $0) }
                guard let blocking else { return true }
                let reason = problems[blocking] ?? "its record cannot be used"
                repairer.settle(
                    object.indices,
                    .left,
                    "it is withdrawn and answers 404, but the page of \(blocking) still lists it: \(reason)"
                )
                return false
            }
            for object in gone { repairer.add(object.indices, "it is off the pages, and the next sync has it again") }
            var digests: [ProjectName: Set<SHA256Digest>] = [:]
            for object in gone {
                for name in object.projects { digests[name, default: []].insert(object.digest) }
            }
            for (name, digests) in digests {
                guard let record = try mirror.records.read(name)?.record else { continue }
                _ = try mirror.publisher.links.removeLinks(of: record, to: digests)
            }
            let objects = Set(gone.map(\.digest))
            let hidden = try mirror.publisher.links.names(of: objects).values.joined().map(\.key)
            try mirror.publisher.links.hide(objects)
            try mirror.barrier.synchronize()
            try mirror.catalog.write { catalog throws(CatalogError) in
                try PackageLinks.forget(hidden, in: catalog)
                for object in gone {
                    let row = try catalog.reader.row(of: object.digest, in: Tables.objects)
                    for key in try catalog.reader.projects(referringTo: object.digest, row) {
                        try catalog.remove(ReferenceKey(object: object.digest, project: key), in: Tables.references)
                    }
                    try catalog.remove(object.digest, in: Tables.objects)
                }
            }
        }
    }

    /// Whether a project's record still calls an object present, or does not say.
    private func lists(_ object: SHA256Digest, _ name: ProjectName) -> Bool {
        guard let found = try? mirror.records.read(name) else { return true }
        return found.record.objects.contains(object)
    }

    /// Puts withdrawn objects that a source has by now, or that are here already, into their places, records and onto the
    /// pages.
    func restore(_ had: [Had]) async throws(MirrorError) {
        guard !had.isEmpty else { return }
        let committer = GroupCommit(mirror)
        var objects: [ProjectName: [String: SHA256Digest]] = [:]
        for one in had {
            guard let first = one.object.uses.first?.project else {
                settle(one.object.indices, .left, "\(one.source) has it, and no record that can be used wants it")
                if let staged = one.staged {
                    try await onDisk { [mirror] in try mirror.fileSystem.removeIfPresent(staged.path) }
                }
                continue
            }
            if let staged = one.staged { await committer.submit(staged, of: try mirror.key(of: first)) }
            for use in one.object.uses { objects[use.project, default: [:]][use.file] = one.object.digest }
        }
        try await committer.finish()
        let wanted = objects
        // A record may have its objects already, and another one of the same objects not.
        let whole = Locked<Set<ProjectName>>([])
        let changed = try await change(Set(objects.keys)) { [mirror] name, record, _ in
            let objects = wanted[name] ?? [:]
            if !objects.contains(where: { record.misses($0.value, as: $0.key) }) {
                whole.withLock { _ = $0.insert(name) }
            }
            return try record.restore(objects) { file, digest in
                try mirror.publisher.links.path(for: file.filename, url: file.url, digest).text
            } isProvenance: { document, file in
                guard let sha256 = file.sha256 else { return false }
                let path = mirror.objects.path(of: document)
                return (try? mirror.fileSystem.checkProvenance(at: path, of: file.filename, sha256)) != nil
            }
        }
        .union(whole.withLock { $0 })
        noteRestored(had.filter { !$0.object.uses.isEmpty && changed.isSuperset(of: $0.object.uses.map(\.project)) })
        for one in had {
            guard let other = one.object.uses.map(\.project).first(where: { !changed.contains($0) }) else { continue }
            settle(one.object.indices, .left, "had again from \(one.source), and the record of \(other) cannot be used")
        }
    }

    /// Tells what became of objects that were put back, after the publication.
    private func settleRestored(_ problems: [ProjectName: String]) {
        for one in restored {
            if let name = one.object.projects.first(where: { problems[$0] != nil }), let problem = problems[name] {
                let text = "had again from \(one.source), and the page of \(name) does not list it yet: \(problem)"
                settle(one.object.indices, .left, text)
            } else {
                settle(one.object.indices, .repaired, "had again from \(one.source), and back on the pages")
            }
        }
    }

    /// Changes the records and rows of projects, durably, and has them published.
    ///
    /// - Parameters:
    ///   - names: The projects; one whose record cannot be used stays as it is.
    ///   - change: Changes a record and its row; the counts of files are entered for it. Returns whether it did.
    /// - Returns: The projects whose records changed.
    /// - Throws: ``MirrorError`` of a commit, or what `change` throws.
    func change(
        _ names: Set<ProjectName>,
        _ change: @escaping @Sendable (ProjectName, inout ProjectRecord, inout ProjectRow) throws -> Bool
    ) async throws(MirrorError) -> Set<ProjectName> {
        let committer = GroupCommit(mirror)
        var changes: Set<ProjectName> = []
        let mirror = mirror
        for name in names.sorted() {
            let key = try mirror.key(of: name)
            let changed = try await onDisk { () throws -> (ProjectRow, GroupCommit.StagedRecord)? in
                let row = try mirror.catalog.read { catalog throws(CatalogError) in
                    try catalog.row(of: key, in: Tables.projects)
                }
                guard var row else { return nil }
                let known: KnownRecord?
                do {
                    known = try mirror.knownRecord(of: row)
                } catch let error as RecordStoreError {
                    guard case .damaged = error else { throw error }
                    return nil
                }
                guard var record = known?.record, try change(name, &record, &row) else { return nil }
                row.files = record.counts
                row.nextRelease = record.nextRelease
                let path = mirror.objects.newStagingPath()
                let (bytes, digest) = try record.encoded()
                try mirror.records.stage(bytes, at: path)
                row.record = digest
                return (row, GroupCommit.StagedRecord(path: path, objects: record.objects))
            }
            guard let (row, staged) = changed else { continue }
            notePublication()
            changes.insert(name)
            do throws(MirrorError) {
                try await committer.submit(row, under: key, record: staged) {}
            } catch {
                // The lock must not go before the last group is settled.
                try? await committer.finish()
                throw error
            }
        }
        try await committer.finish()
        return changes
    }
}
