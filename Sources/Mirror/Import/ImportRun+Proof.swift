internal import Bundle
internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Packaging
internal import Publication
internal import Record
internal import Scheduling
internal import SystemPackage

extension ImportRun {
    /// What an import would change; nothing is written.
    func foresee(_ admission: AdmittedBundle) throws -> ImportReport {
        var report = try foreseeProjects(admission)
        report.signers = admission.signers
        report.isDryRun = true
        for (index, volume) in admission.bundle.volumes.enumerated() {
            let lacking = try lackingObjects(of: volume, index + 1)
            report.objects += lacking.count
            report.bytes += lacking.bytes
        }
        return report
    }

    /// The projects that would come and go.
    private func foreseeProjects(_ admission: AdmittedBundle) throws -> ImportReport {
        let output = mirror.objects.newStagingPath()
        let isWhole = admission.bundle.base == nil
        let report = Locked(ImportReport(admission.bundle))
        let digest = try ledger.merge(admission.list, isWhole: isWhole, to: output) { project in
            let known = try recordDigest(of: project.name)
            report.withLock { $0.note(project, known: known) }
        }
        try fileSystem.removeIfPresent(output)
        try check(digest, admission.bundle)
        return report.withLock { $0 }
    }

    /// The objects of a volume that are not here, as far as its manifest is to be had now.
    private func lackingObjects(
        of volume: BundleDescription.Volume,
        _ number: Int
    ) throws -> (count: UInt64, bytes: UInt64) {
        guard let manifest = try sources.file(BundleFiles.manifest(number)) else { return (0, 0) }
        try sources.check(manifest, is: volume.manifest)
        let lines = try LineReader(manifest, fileSystem: fileSystem, limit: BundleMember.lineLimit)
        var (count, bytes) = (UInt64(0), UInt64(0))
        while let line = try lines.next() {
            let member = try member(line, manifest)
            switch member.content {
            case .record: continue
            case .object(let digest):
                if try mirror.storedSize(of: digest) == member.size { continue }
                count += 1
            case .part(_, let object, let offset, let total):
                if try mirror.storedSize(of: object) == total { continue }
                if offset == 0 { count += 1 }
            }
            bytes += member.size
        }
        return (count, bytes)
    }

    private var ledger: BundleLedger { BundleLedger(root: mirror.path, fileSystem: fileSystem) }

    /// The digest of the record that the index knows; `nil` for none.
    private func recordDigest(of name: ProjectName) throws -> SHA256Digest? {
        let key = try ProjectKey(name)
        return try mirror.catalog.read { catalog throws(CatalogError) in
            try catalog.row(of: key, in: Tables.projects)?.record
        }
    }

    private func check(_ digest: SHA256Digest, _ bundle: BundleDescription) throws {
        guard digest == bundle.treeDigest else {
            throw MirrorError.refused(
                "what bundle \(bundle.id) carries comes to the tree digest \(digest), and should come to \(bundle.treeDigest)"
            )
        }
    }

    /// Shows that everything is here: records, the objects that these refer to, and that all of it comes to the tree digest.
    ///
    /// From then on it is put into place, whatever happens.
    ///
    /// - Throws: ``MirrorError/refused(_:)`` for what lacks.
    func prove(_ admission: AdmittedBundle) throws {
        guard try !stage.isReady() else { return }
        progress.begin(.planning)
        try joinParts(of: admission.bundle)
        // Of a bundle that carries everything, what goes is not listed; the ledger of before tells.
        let changes = try HashedOutput(stage.changes, fileSystem: fileSystem)
        let digest = try ledger.merge(stage.list, isWhole: admission.bundle.base == nil, to: stage.ledger) { project in
            try checkInterruption()
            if let shown = project.shown { try check(shown, of: project.name) }
            try changes.write(project.line)
        }
        _ = try changes.finish()
        try check(digest, admission.bundle)
        try mirror.barrier.synchronize()
        try fileSystem.replace(stage.ready, with: [])
    }

    /// Shows that the record of a project, and all that it refers to, is here and comes to what was said.
    private func check(_ shown: BundleProject.Shown, of name: ProjectName) throws {
        let (record, _) = try decoded(try stagedRecord(shown.record, of: name), of: name)
        let found = try record.shownContent()
        guard found.content == shown.content, found.isListed == shown.isListed else {
            throw MirrorError.refused(
                "the record of \(name) comes to \(found.content), and should come to \(shown.content)"
            )
        }
        for file in record.files where file.isPresent {
            for object in file.objects where try !hasObject(object) {
                throw MirrorError.refused(
                    "the bundle lacks the object \(object) of \(name) \(file.filename), which is not here either"
                )
            }
        }
    }

    private func stagedRecord(_ digest: SHA256Digest, of name: ProjectName) throws -> [UInt8] {
        do throws(FileError) {
            return try fileSystem.contents(of: stage.record(digest), limit: RecordStore.maximumByteCount)
        } catch {
            guard error.isMissing else { throw error }
            throw MirrorError.refused("the bundle names the record \(digest) of \(name) and lacks it")
        }
    }

    /// Whether an object is in the stage or in the store.
    private func hasObject(_ object: SHA256Digest) throws -> Bool {
        try fileSystem.exists(stage.object(object)) || mirror.storedSize(of: object) != nil
    }

    /// Whether a file is there and has the bytes of an object.
    private func isObject(_ path: FilePath, _ object: SHA256Digest, size: UInt64) throws -> Bool {
        guard try fileSystem.exists(path) else { return false }
        return try fileSystem.bundleFile(at: path) == .init(size: size, sha256: object)
    }

    /// Makes objects of their parts.
    private func joinParts(of bundle: BundleDescription) throws {
        for index in bundle.volumes.indices {
            let manifest = stage.manifest(ofVolume: index + 1)
            let lines = try LineReader(manifest, fileSystem: fileSystem, limit: BundleMember.lineLimit)
            while let line = try lines.next() {
                let member = try member(line, manifest)
                guard case .part(_, let object, 0, let total) = member.content else { continue }
                if let staged = try fileSystem.statusIfPresent(stage.object(object)) {
                    guard staged.size == total else {
                        throw MirrorError.refused("the object \(object) of \(member.project) is said to have two sizes")
                    }
                    continue
                }
                let path = stage.parts(object)
                guard try isObject(path, object, size: total) else {
                    throw MirrorError.refused(
                        "the parts of the object \(object) of \(member.project) do not make it up"
                    )
                }
                try fileSystem.setPermissions(ObjectStore.permissions, of: path)
                try fileSystem.makeDirectories(stage.object(object).removingLastComponent())
                try fileSystem.rename(path, to: stage.object(object))
            }
        }
    }
}

extension ImportReport {
    /// How many projects are named.
    private static let namedCount = 1_000

    /// Notes what becomes of a project.
    mutating func note(_ project: BundleProject, known: SHA256Digest?) {
        if let shown = project.shown {
            if shown.record != known { note(project.name, isGone: false) }
        } else if known != nil {
            note(project.name, isGone: true)
        }
    }

    /// Notes a project that changes or goes.
    mutating func note(_ name: ProjectName, isGone: Bool) {
        if isGone {
            removedCount += 1
            if removed.count < Self.namedCount { removed.append(name) }
        } else {
            changedCount += 1
            if changed.count < Self.namedCount { changed.append(name) }
        }
    }
}
