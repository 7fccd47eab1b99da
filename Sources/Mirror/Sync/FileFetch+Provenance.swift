internal import Digest
internal import FileIO
internal import ObjectStore
internal import Packaging
internal import Provenance
internal import Publication
internal import Record
internal import Scheduling
internal import SimpleIndex
internal import Transfer

extension FileFetch {
    /// Gets the provenance of a file, and checks that it speaks of the file.
    ///
    /// - Parameters:
    ///   - file: The file, into which is entered what became of it; a document that is here already stays until another
    ///     one is.
    ///   - sha256: The digest of its bytes.
    /// - Returns: The document, when it is right.
    /// - Throws: ``MirrorError`` for what stops the whole run, such as a full disk.
    func fetchProvenance(of file: inout FileRecord, _ sha256: SHA256Digest) async throws(MirrorError) -> StagedObject? {
        guard let named = file.provenance else {
            file.provenanceDocument.problem = nil
            return nil
        }
        let name = file.filename + CompanionKind.provenance.suffix
        guard let url = Self.provenanceURL(named, of: file.url) else {
            refuse(.provenance, of: &file, at: named, "upstream is a folder, and says that it lies elsewhere")
            return nil
        }
        guard PackageEntry.hasRoomForProvenance(file.filename) else {
            refuse(.provenance, of: &file, at: named, "the name of the file leaves no room for a suffix")
            return nil
        }
        let path = mirror.objects.newStagingPath()
        switch await source.upstream.provenance(url, to: path) {
        case .success(let response):
            run.tally.addDownload(bytes: response.size, isFile: false)
            guard let digest = response.sha256 else {
                throw .library("\(url): the transfer computed no digest")
            }
            let (fileSystem, filename) = (mirror.fileSystem, file.filename)
            do {
                try await mirror.workers.run { () throws -> Void in
                    do {
                        try fileSystem.checkProvenance(at: path, of: filename, sha256)
                    } catch let error as ProvenanceError {
                        try fileSystem.removeIfPresent(path)
                        throw error
                    }
                }
                file.provenanceDocument = Companion(object: digest)
                return StagedObject(path: path, digest: digest, size: response.size)
            } catch let error as ProvenanceError {
                let reason = "what upstream has is no provenance of the file: \(error)"
                if error.isTransient {
                    run.tally.add(Failure(project: self.name, file: name, url: url, reason: reason))
                    file.provenanceDocument.problem = .missing(reason: reason)
                } else {
                    refuse(.provenance, of: &file, at: url, reason)
                }
                return nil
            } catch {
                throw MirrorError(wrapping: error)
            }
        case .failure(let error):
            if case .tooLong = error.code {
                refuse(.provenance, of: &file, at: url, "\(error)")
            } else {
                file.provenanceDocument.problem = .missing(reason: try note(error, file: name))
            }
            return nil
        }
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
        guard PackagePath(url: named, filename: "") != nil, PackagePath(url: file, filename: "") != nil else {
            return nil
        }
        // packages, three folders and the name.
        let count = 5
        func parts(_ url: String) -> [Substring] {
            url.prefix { $0 != "?" && $0 != "#" }.split(separator: "/", omittingEmptySubsequences: false)
        }
        return (parts(file).dropLast(count) + parts(named).suffix(count)).joined(separator: "/")
    }
}
