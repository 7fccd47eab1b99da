internal import Bundle
internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Packaging
internal import Record
internal import Scheduling
internal import SystemPackage

extension ImportRun {
    /// Reads all volumes that are not done; asks for media until they are.
    ///
    /// - Returns: `nil` when all are; which ones are missing, as a refusal, when nobody has more media.
    func readVolumes(of bundle: BundleDescription) async throws(MirrorError) -> MirrorError? {
        progress.begin(.volumes)
        progress.update { snapshot in
            snapshot.volumes.total = bundle.volumes.count
            snapshot.bytes.total = bundle.memberBytes
        }
        while true {
            let missing = try await mirror.workers.runWrapping { try readPresentVolumes(of: bundle) }
            guard !missing.isEmpty else { return nil }
            let isGoingOn = await options.nextMedium?(missing) ?? false
            try interruption.check()
            guard isGoingOn else { return .refused(missingText(missing)) }
        }
    }

    private func missingText(_ names: [String]) -> String {
        var list = names.prefix(5).joined(separator: ", ")
        if names.count > 5 { list += " and \(names.count - 5) more" }
        return
            "there is no \(list) in \(places); what came so far is kept, and `larder import` goes on when the rest is there"
    }

    /// Reads the volumes that are to be had now.
    ///
    /// - Returns: The names of files of the others that are missing.
    private func readPresentVolumes(of bundle: BundleDescription) throws -> [String] {
        var missing: [String] = []
        var done = 0
        for (index, volume) in bundle.volumes.enumerated() {
            let number = index + 1
            defer { progress.update { $0.volumes.done = done } }
            if try stage.isDone(volume: number) {
                done += 1
                continue
            }
            let archive = try sources.file(BundleFiles.archive(number))
            guard let manifest = try manifest(of: volume, number) else {
                missing.append(archive == nil ? BundleFiles.archive(number) : BundleFiles.manifest(number))
                continue
            }
            guard let archive else {
                missing.append(BundleFiles.archive(number))
                continue
            }
            do {
                try read(volume, number, archive: archive, manifest: manifest)
            } catch let error as VolumeError {
                throw MirrorError.refused("\(error)")
            }
            done += 1
        }
        return missing
    }

    /// Reads a volume into the stage; durable, and noted as done.
    private func read(
        _ volume: BundleDescription.Volume,
        _ number: Int,
        archive: FilePath,
        manifest: FilePath
    ) throws {
        let size = try fileSystem.status(archive).size
        guard size == volume.archive.size else {
            throw VolumeError(
                archive: archive,
                member: nil,
                detail: "it has \(size) bytes, and should have \(volume.archive.size)"
            )
        }
        let members = try VolumeManifest(manifest, number, of: volume, fileSystem: fileSystem)
        let reader = try VolumeReader(archive, fileSystem: fileSystem)
        while let member = try members.next() {
            try interruption.check()
            try take(member, from: reader)
            progress.update { $0.bytes.done += member.size }
        }
        guard try reader.finish() == volume.archive else {
            throw VolumeError(
                archive: archive,
                member: nil,
                detail: "it does not have the digest that bundle.json says"
            )
        }
        try mirror.barrier.synchronize()
        try stage.finish(volume: number)
    }

    /// Takes a member into the stage.
    private func take(_ member: BundleMember, from reader: VolumeReader) throws {
        switch member.content {
        case .record: try takeRecord(member, from: reader)
        case .object(let digest):
            let path = stage.object(digest)
            // What is here takes no room: a second name keeps it, whatever `gc` does meanwhile. What is damaged here is
            // no object.
            if try mirror.storedSize(of: digest) == member.size, try link(mirror.objects.path(of: digest), to: path),
                try isObject(path, digest, size: member.size)
            {
                return try reader.read(member) { _ in }
            }
            let file = try stage.create(path)
            try reader.read(member) { try fileSystem.write($0, to: file) }
        case .part(_, let object, let offset, _):
            let path = stage.parts(object)
            let file = try fileSystem.open(path, for: .updating)
            try fileSystem.seek(file, to: Int64(offset))
            try reader.read(member) { try fileSystem.write($0, to: file) }
        }
    }

    /// Gives an object a second name.
    ///
    /// - Returns: Whether the file system can.
    private func link(_ object: FilePath, to path: FilePath) throws(FileError) -> Bool {
        try fileSystem.removeIfPresent(path)
        do throws(FileError) {
            do throws(FileError) {
                try fileSystem.link(object, at: path)
            } catch  where error.isMissing {
                try fileSystem.makeDirectories(path.removingLastComponent())
                try fileSystem.link(object, at: path)
            }
            return true
        } catch {
            if error.refusesLinks || error.isMissing { return false }
            throw error
        }
    }

    /// Takes a record that is one of the project that it is said to be of.
    private func takeRecord(_ member: BundleMember, from reader: VolumeReader) throws {
        guard member.size <= UInt64(RecordStore.maximumByteCount) else {
            throw MirrorError.refused("the record of \(member.project) has \(member.size) bytes; no record has so many")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(member.size))
        try reader.read(member) { bytes.append(contentsOf: $0) }
        let (record, digest) = try decoded(bytes, of: member.project)
        try record.checkNames()
        let file = try stage.create(stage.record(digest))
        try fileSystem.write(bytes, to: file)
    }

    /// The record of some bytes.
    func decoded(_ bytes: [UInt8], of name: ProjectName) throws -> (record: ProjectRecord, digest: SHA256Digest) {
        do throws(RecordError) {
            let (record, digest) = try ProjectRecord.decode(bytes)
            guard record.name == name else { throw .malformed("it is one of \(record.name)") }
            return (record, digest)
        } catch {
            throw MirrorError.refused("the record of \(name) cannot be used: \(error)")
        }
    }
}
