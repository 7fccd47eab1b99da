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
    /// Shows that everything is here: records, the objects that these refer to, and that all of it comes to the tree digest.
    ///
    /// From then on it is put into place, whatever happens.
    ///
    /// - Parameters:
    ///   - admission: The bundle, all volumes of which are here.
    ///   - selection: What is blocked here, which nobody has to have.
    /// - Throws: ``MirrorError/refused(_:)`` for what lacks.
    func prove(_ admission: AdmittedBundle, showing selection: MirrorSelection) throws {
        guard try !stage.isReady() else { return }
        progress.begin(.planning)
        try checkParts(of: admission.bundle)
        // Of a bundle that carries everything, what goes is not listed; the ledger of before tells.
        let changes = try HashedOutput(stage.changes, fileSystem: fileSystem)
        let digest = try ledger.merge(stage.list, isWhole: admission.bundle.base == nil, to: stage.ledger) { project in
            try interruption.check()
            if let shown = project.shown { try check(shown, of: project.name, selection) }
            try changes.write(project.line)
        }
        _ = try changes.finish()
        try check(digest, admission.bundle)
        try mirror.barrier.synchronize()
        try fileSystem.replace(stage.ready, with: [])
    }

    /// Shows that the record of a project, and all that it refers to, is here and comes to what was said.
    private func check(
        _ shown: BundleProject.Shown,
        of name: ProjectName,
        _ selection: MirrorSelection
    ) throws {
        var (record, _) = try decoded(try stagedRecord(shown.record, of: name), of: name)
        let found = try record.shownContent()
        guard found.content == shown.content, found.isListed == shown.isListed else {
            throw MirrorError.refused(
                "the record of \(name) comes to \(found.content), and should come to \(shown.content)"
            )
        }
        record.takeOff(by: selection, at: mirror.now())
        guard record.removal == nil else { return }
        for file in record.files where file.isPresent {
            for object in file.objects where try !mirror.hasObject(object, stage) {
                throw MirrorError.refused(
                    "the bundle lacks the object \(object) of \(name) \(file.filename), which is not here either; have one "
                        + "made that carries it: list what is here with `larder have`, for `larder export --have`"
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

    /// Whether a file is there and has the bytes of an object.
    func isObject(_ path: FilePath, _ object: SHA256Digest, size: UInt64) throws -> Bool {
        guard try fileSystem.exists(path) else { return false }
        return try fileSystem.bundleFile(at: path) == .init(size: size, sha256: object)
    }

    /// Shows that parts make up their objects.
    private func checkParts(of bundle: BundleDescription) throws {
        var (whole, parted): (Set<SHA256Digest>, Set<SHA256Digest>) = ([], [])
        for (index, volume) in bundle.volumes.enumerated() {
            let manifest = try VolumeManifest(
                stage.doneManifest(ofVolume: index + 1),
                index + 1,
                of: volume,
                fileSystem: fileSystem
            )
            while let member = try manifest.next() {
                guard case .part(_, let object, let offset, let total) = member.content else { continue }
                parted.insert(object)
                guard offset == 0, whole.insert(object).inserted else { continue }
                let staged = try fileSystem.statusIfPresent(stage.object(object))
                guard staged.map({ $0.size == total }) ?? true else {
                    throw MirrorError.refused("the object \(object) of \(member.project) is said to have two sizes")
                }
                let path = stage.parts(object)
                guard try isObject(path, object, size: total) else {
                    throw MirrorError.refused(
                        "the parts of the object \(object) of \(member.project) do not make it up"
                    )
                }
                // It stays where it is: a name that moves could be lost with the power before it is durable.
                try fileSystem.setPermissions(ObjectStore.permissions, of: path)
            }
        }
        if let object = parted.subtracting(whole).min() {
            throw MirrorError.refused("the first part of the object \(object) is in no volume")
        }
    }

    /// What the mirror that is followed showed after the last bundle.
    var ledger: BundleLedger {
        get throws { try BundleLedger(root: mirror.path, fileSystem: fileSystem) }
    }

    /// Throws when a tree is not the one that a bundle leads to.
    func check(_ digest: SHA256Digest, _ bundle: BundleDescription) throws {
        guard digest == bundle.treeDigest else {
            throw MirrorError.refused(
                "what bundle \(bundle.id) carries comes to the tree digest \(digest), and should come to \(bundle.treeDigest)"
            )
        }
    }
}
