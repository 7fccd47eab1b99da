internal import Digest
internal import Publication
internal import Record

extension RecordMerge {
    /// Marks as present what is missing and whose bytes are in the store already, so that it is not downloaded.
    ///
    /// - Parameter size: The size of an object; `nil` when it is not in the store.
    /// - Throws: What `size` throws.
    mutating func findPresent<Failure: Error>(
        size: (SHA256Digest) throws(Failure) -> UInt64?
    ) throws(Failure) {
        for index in wanted {
            guard case .missing = record.files[index].state else { continue }
            if let digest = record.files[index].sha256, let found = try size(digest) {
                record.files[index].size = found
                record.files[index].state = .present
            }
            // While the file was not here, nothing kept its sidecar.
            if let sidecar = record.files[index].sidecar, try size(sidecar) == nil {
                record.files[index].sidecar = nil
                if record.files[index].coreMetadata != nil {
                    record.files[index].sidecarProblem = .missing(reason: "not downloaded yet")
                }
            }
            if let document = record.files[index].provenanceDocument, try size(document) == nil {
                record.files[index].provenanceDocument = nil
                if keepsProvenance { record.files[index].provenanceProblem = .missing(reason: "not downloaded yet") }
            }
        }
    }
}

extension RecordMerge {
    /// Chooses where the links of wanted files go, as far as their digests are known.
    ///
    /// - Parameter choose: The directory for a file with its digest.
    /// - Throws: What `choose` throws.
    mutating func choosePaths<Failure: Error>(
        _ choose: (FileRecord, SHA256Digest) throws(Failure) -> String
    ) throws(Failure) {
        for index in wanted where record.files[index].path == nil {
            guard let digest = record.files[index].sha256 else { continue }
            record.files[index].path = try choose(record.files[index], digest)
            chosen.append(index)
        }
        forgetComplete()
    }

    /// Takes back the places of links whose files did not come: a place says that the bytes were here.
    mutating func forgetUnusedPaths() {
        for index in chosen where !record.files[index].isPresent { record.files[index].path = nil }
    }

    /// Takes off the list of wanted files those that lack nothing.
    private mutating func forgetComplete() {
        wanted.removeAll { index in
            let file = record.files[index]
            return file.isPresent && file.path != nil && !file.lacksCompanion
        }
    }
}

extension FileRecord {
    /// Takes over the provenance that the same bytes had before.
    ///
    /// Another URL may lead to another document; the one that is here stays until that one is. The URL of a mirror like
    /// this one tells which document it leads to.
    mutating func takeProvenance(from old: FileRecord) {
        guard let provenance else { return }
        provenanceDocument = old.provenanceDocument
        if provenance == old.provenance {
            provenanceProblem = old.provenanceProblem
        } else if let document = provenanceDocument,
            PackagePath(url: provenance, filename: filename) != PackagePath(document)
        {
            provenanceProblem = .missing(reason: "upstream names another one")
        }
    }
}
