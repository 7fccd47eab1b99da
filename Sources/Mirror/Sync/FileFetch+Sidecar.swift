internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Packaging
internal import Record
internal import Scheduling
internal import SimpleIndex
internal import SystemPackage
internal import Transfer
internal import WheelMetadata

extension FileFetch {
    /// Gets the sidecar of a wheel that is not here, and of which upstream's word is all there is until it comes.
    ///
    /// - Parameter file: The file, into which is entered what became of it.
    /// - Returns: The sidecar, when it was downloaded and is one of the project.
    /// - Throws: ``MirrorError`` for what stops the whole run, such as a full disk.
    func fetchLoneSidecar(of file: inout FileRecord) async throws(MirrorError) -> StagedObject? {
        guard file.filename.hasSuffix(".whl") else {
            file.sidecar.problem = .refused(reason: "only the sidecars of wheels can be checked")
            return nil
        }
        var claimed: SHA256Digest?
        if case .digest(let digest) = file.coreMetadata { claimed = digest }
        if let claimed, try await isStored(claimed) {
            file.sidecar = Companion(object: claimed)
            return nil
        }
        let (name, url) = (file.filename + CompanionKind.sidecar.suffix, Self.sidecarURL(of: file.url))
        let limit = UInt64(WheelMetadata.defaultLimit)
        switch await source.upstream.document(url, sha256: claimed?.hex, limit: limit) {
        case .success(let response):
            run.tally.addDownload(bytes: response.size, isFile: false)
            let found = DistributionMetadata(response.bytes).name
            guard found.flatMap({ ProjectName($0) }) == self.name else {
                let reason = "upstream's sidecar is of another project, '\((found ?? "").printable)'"
                refuse(.sidecar, of: &file, at: url, reason)
                return nil
            }
            let (path, fileSystem) = (mirror.objects.newStagingPath(), mirror.fileSystem)
            let digest = try await mirror.workers.runWrapping { () throws -> SHA256Digest in
                let digest = try SHA256Digest.hash(response.bytes)
                let permissions = ObjectStore.permissions
                try fileSystem.write(response.bytes, toNewFile: path, permissions: permissions, durably: false)
                return digest
            }
            file.sidecar = Companion(object: digest)
            return StagedObject(path: path, digest: digest, size: UInt64(response.bytes.count))
        case .failure(let error):
            switch error.code {
            case .wrongDigest, .tooLong: refuse(.sidecar, of: &file, at: url, "\(error)")
            default: file.sidecar.problem = .missing(reason: try note(error, file: name))
            }
            return nil
        }
    }

    private func isStored(_ object: SHA256Digest) async throws(MirrorError) -> Bool {
        let (objects, distrusted) = (mirror.objects, run.options.distrusted)
        return try await mirror.read { catalog throws(CatalogError) in
            try objects.storedSize(of: object, catalog, distrusting: distrusted) != nil
        }
    }
}
