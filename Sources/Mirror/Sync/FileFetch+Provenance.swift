internal import Digest
internal import FileIO
internal import ObjectStore
internal import Packaging
internal import Provenance
internal import Publication
internal import Record
internal import Scheduling
internal import Transfer

extension FileFetch {
    /// Gets the provenance of a file, and checks that it speaks of the file.
    ///
    /// - Parameters:
    ///   - file: The file, into which is entered what became of it.
    ///   - sha256: The digest of its bytes.
    /// - Returns: The document, when it is right.
    /// - Throws: ``MirrorError`` for what stops the whole run, such as a full disk.
    func fetchProvenance(of file: inout FileRecord, _ sha256: SHA256Digest) async throws(MirrorError) -> StagedObject? {
        guard let named = file.provenance else {
            file.provenanceProblem = nil
            return nil
        }
        let name = file.filename + PackageEntry.provenanceSuffix
        guard let url = Self.provenanceURL(named, of: file.url) else {
            refuseProvenance(of: &file, named, "upstream is a folder, and says that it lies elsewhere")
            return nil
        }
        switch await source.upstream.document(url, sha256: nil, limit: ProvenanceDocument.maximumByteCount) {
        case .success(let response):
            run.tally.addDownload(bytes: response.size, isFile: false)
            let (bytes, filename) = (response.bytes, file.filename)
            let (path, fileSystem) = (mirror.objects.newStagingPath(), mirror.fileSystem)
            do {
                let digest = try await mirror.workers.run { () throws -> SHA256Digest in
                    try ProvenanceDocument.check(bytes, of: filename, sha256)
                    let permissions = ObjectStore.permissions
                    try fileSystem.write(bytes, toNewFile: path, permissions: permissions, durably: false)
                    return try SHA256Digest.hash(bytes)
                }
                file.provenanceDocument = digest
                file.provenanceProblem = nil
                return StagedObject(path: path, digest: digest, size: UInt64(bytes.count))
            } catch let error as ProvenanceError {
                refuseProvenance(of: &file, url, "what upstream has is no provenance of the file: \(error)")
                return nil
            } catch {
                throw MirrorError(wrapping: error)
            }
        case .failure(let error):
            switch error.code {
            case .status(404, _), .status(410, _), .tooLong:
                refuseProvenance(of: &file, url, "upstream names it and does not have it: \(error)")
            default:
                file.provenanceProblem = .missing(reason: try note(error, file: name))
            }
            return nil
        }
    }

    /// Leaves a provenance out until upstream names another one, and reports it, once.
    private func refuseProvenance(of file: inout FileRecord, _ url: String, _ reason: String) {
        file.provenanceProblem = .refused(reason: reason)
        run.tally.add(
            Failure(
                project: name,
                file: file.filename + PackageEntry.provenanceSuffix,
                url: url,
                reason: "\(reason); the file is published without provenance"
            )
        )
    }

    /// Where the provenance of a file is asked for.
    ///
    /// Upstream's page says that absolutely. In the tree of a mirror like this one on disk the document lies below
    /// `packages/` as the file does, wherever readers of that mirror find both.
    ///
    /// - Parameters:
    ///   - named: What the page says.
    ///   - file: The URL of the file.
    /// - Returns: The URL; `nil` when the file is in a folder and its provenance is not.
    static func provenanceURL(_ named: String, of file: String) -> String? {
        guard file.hasPrefix("file://") else { return named }
        let directory = "/packages/"
        guard PackagePath(url: named, filename: "") != nil, PackagePath(url: file, filename: "") != nil,
            let tail = named.range(ofLast: directory), let root = file.range(ofLast: directory)
        else { return nil }
        return String(file[..<root.lowerBound]) + named[tail.lowerBound...]
    }
}

extension String {
    /// Where a text is for the last time.
    fileprivate func range(ofLast text: String) -> Range<Index>? {
        var found: Range<Index>?
        while let range = self[(found?.upperBound ?? startIndex)...].firstRange(of: text) { found = range }
        return found
    }
}
