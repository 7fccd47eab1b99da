internal import Digest
internal import FileIO
internal import ObjectStore
internal import SystemPackage

/// Permissions of objects.
extension Repairer {
    /// Gives objects the permissions that all of them have.
    func repairModes() async throws(MirrorError) {
        let indices = indices(of: [.badMode])
        guard !indices.isEmpty else { return }
        let (mirror, repairer, found) = (mirror, self, findings)
        try await onDisk {
            for index in indices {
                guard let digest = found[index].object, let status = try mirror.objects.status(of: digest) else {
                    continue
                }
                if status.permissions == ObjectStore.permissions {
                    repairer.drop([index])
                    continue
                }
                try mirror.fileSystem.setPermissions(ObjectStore.permissions, of: mirror.objects.path(of: digest))
                repairer.settle([index], .repaired, "the mode is 0444 again")
            }
            try mirror.barrier.synchronize()
        }
    }
}
