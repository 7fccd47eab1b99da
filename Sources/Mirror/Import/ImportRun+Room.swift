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
        var parts = PartSizes()
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
        for (object, size) in parts.coming {
            let written = try fileSystem.statusIfPresent(stage.parts(object))?.allocatedBytes ?? 0
            let done = parts.done[object] ?? 0
            room.addObject(size, present: written - min(written, done))
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
        _ parts: inout PartSizes
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
                parts.done[object, default: 0] += member.size
            } else {
                parts.coming[object, default: 0] += member.size
            }
        }
    }
}

/// How many bytes of objects come in parts: of those in volumes that are done, and in others.
private struct PartSizes {
    var done: [SHA256Digest: UInt64] = [:]
    var coming: [SHA256Digest: UInt64] = [:]
}
