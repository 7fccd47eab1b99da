internal import Bundle
internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Publication
internal import SystemPackage

extension ImportRun {
    /// Begins the import, or goes on with it, when there is room for what lacks.
    func begin(_ admission: AdmittedBundle) throws {
        if case .new(let list) = admission.standing {
            try stage.begin(admission.bytes) { try sources.copy(list, as: admission.bundle.list, to: $0) }
        }
        try stage.trust(options.trusted)
        try checkRoom(for: admission.bundle)
    }

    /// Takes the manifest of a volume, if it is to be had now and was not taken before.
    ///
    /// From then on it is read where it is in the stage, whatever becomes of the medium.
    ///
    /// - Returns: Where it is; `nil` when it is not to be had.
    /// - Throws: `FileError`; ``MirrorError/refused(_:)`` for one that is not what `bundle.json` says.
    func manifest(of volume: BundleDescription.Volume, _ number: Int) throws -> FilePath? {
        let path = stage.manifest(ofVolume: number)
        if try fileSystem.exists(path) { return path }
        guard let found = try sources.file(BundleFiles.manifest(number)) else { return nil }
        try sources.copy(found, as: volume.manifest, to: path)
        return path
    }

    /// Throws when what lacks does not fit the disk.
    ///
    /// What is here already takes no room; that is known of volumes whose manifest is to be had now.
    private func checkRoom(for bundle: BundleDescription) throws {
        var room = ImportRoom()
        var parts: [SHA256Digest: UInt64] = [:]
        for (index, volume) in bundle.volumes.enumerated() {
            let isDone = try stage.isDone(volume: index + 1)
            let done = stage.doneManifest(ofVolume: index + 1)
            guard let path = try isDone ? done : manifest(of: volume, index + 1) else {
                room.add(volume)
                continue
            }
            let manifest = try VolumeManifest(path, index + 1, of: volume, fileSystem: fileSystem)
            while let member = try manifest.next() { try count(member, isDone: isDone, in: &room, &parts) }
        }
        if !parts.isEmpty {
            let present = try presentParts(of: bundle)
            for (object, size) in parts { room.addObject(size, present: present[object] ?? 0) }
        }
        let isCopying = try mirror.publisher.links.kind == .copy && !mirror.objects.sharesBytes()
        // The last group has to find as much as any.
        try mirror.reserve.check(
            changes: Int(clamping: min(room.changes, UInt64(GroupCommit.groupSize))),
            beside: (room.bytes + (isCopying ? room.objectBytes : 0), room.inodes)
        )
    }

    /// Adds what a member takes: of a volume that is done, what takes more room when it gets its place.
    private func count(
        _ member: BundleMember,
        isDone: Bool,
        in room: inout ImportRoom,
        _ parts: inout [SHA256Digest: UInt64]
    ) throws {
        switch member.content {
        case .record: room.addRecord(member.size)
        case .object(let digest):
            if try mirror.storedSize(of: digest) == member.size { return }
            let staged = try fileSystem.statusIfPresent(stage.object(digest))
            room.addObject(member.size, present: staged?.size ?? 0)
        case .part(_, let object, _, _):
            if isDone {
                room.addObject(member.size, present: member.size)
            } else {
                parts[object, default: 0] += member.size
            }
        }
    }

    /// How many bytes are written of parts of which no volume is done.
    private func presentParts(of bundle: BundleDescription) throws -> [SHA256Digest: UInt64] {
        var present: [SHA256Digest: UInt64] = [:]
        for entry in try fileSystem.list(stage.partsFolder) {
            guard let digest = SHA256Digest(hex: entry.name) else { continue }
            present[digest] = try fileSystem.status(stage.parts(digest)).allocatedBytes
        }
        guard !present.isEmpty else { return [:] }
        for (index, volume) in bundle.volumes.enumerated() where try stage.isDone(volume: index + 1) {
            let manifest = try VolumeManifest(
                stage.doneManifest(ofVolume: index + 1),
                index + 1,
                of: volume,
                fileSystem: fileSystem
            )
            while let member = try manifest.next() {
                guard case .part(_, let object, _, _) = member.content, let bytes = present[object] else { continue }
                present[object] = bytes - min(bytes, member.size)
            }
        }
        return present
    }
}
