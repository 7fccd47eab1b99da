internal import Digest
internal import FileIO
internal import ObjectStore
internal import Publication
internal import SystemPackage

/// Permissions of objects.
extension Repairer {
    /// Gives objects the permissions that all of them have.
    func repairModes() async throws(MirrorError) {
        let found = findings
        let indices = indices(of: [.badMode]).filter {
            found[$0].outcome == .left && !found[$0].isAboutCopy
        }
        guard !indices.isEmpty else { return }
        let (mirror, repairer) = (mirror, self)
        try await onDisk {
            for index in indices {
                guard let digest = found[index].object else { continue }
                do {
                    try repairer.repairMode(of: digest, index)
                } catch let error as FileError where error.isOfRights {
                    // One object of another user keeps no other one from being repaired.
                    repairer.settle([index], .left, "\(error)")
                }
            }
            try mirror.barrier.synchronize()
        }
    }

    private func repairMode(of digest: SHA256Digest, _ index: Int) throws {
        guard let status = try mirror.objects.status(of: digest), status.permissions != ObjectStore.permissions else {
            return drop([index])
        }
        let path = mirror.objects.path(of: digest)
        do throws(FileError) {
            try mirror.fileSystem.setPermissions(ObjectStore.permissions, of: path)
        } catch {
            guard error.isOfRights else { throw error }
            return try takeOver(digest, index, error)
        }
        settle([index], .repaired, "the mode is 0444 again")
    }

    /// Puts a copy of ours into the place of an object that belongs to another user.
    private func takeOver(_ digest: SHA256Digest, _ index: Int, _ cause: FileError) throws {
        let copied = try copy(mirror.objects.path(of: digest), of: digest)
        guard case .success(let staged) = copied else {
            return settle([index], .left, "\(cause); it cannot be copied either")
        }
        try mirror.barrier.synchronize()
        do {
            // Hard links of it are names of the old file.
            try mirror.publisher.links.relink([staged])
            try mirror.objects.place([staged])
        } catch {
            try? mirror.fileSystem.removeIfPresent(staged.path)
            throw error
        }
        settle([index], .repaired, "a copy of mode 0444 took its place, since it belonged to another user")
    }
}

extension FileError {
    /// Whether a right is lacking.
    fileprivate var isOfRights: Bool { errno == .notPermitted || errno == .permissionDenied }
}
