internal import Digest
internal import Publication
internal import Record

extension RecordMerge {
    /// Marks as present what is not here for all that the record knew and whose bytes are in the store already, so that it
    /// is not downloaded.
    ///
    /// - Parameter size: The size of an object; `nil` when it is not in the store.
    /// - Throws: What `size` throws.
    mutating func findPresent<Failure: Error>(
        size: (SHA256Digest) throws(Failure) -> UInt64?
    ) throws(Failure) {
        for index in record.files.indices {
            switch record.files[index].state {
            case .missing, .known: break
            case .present, .excluded, .removed: continue
            }
            if let digest = record.files[index].sha256, let found = try size(digest) {
                record.files[index].size = found
                if record.files[index].state == .known, record.files[index].doubtSidecar() { want(index) }
                record.files[index].state = .present
            }
            // While the file was not here, nothing kept its companions.
            for kind in CompanionKind.allCases {
                guard let object = record.files[index][kind].object, try size(object) == nil else { continue }
                record.files[index][kind].object = nil
                if wants(kind, of: record.files[index]) {
                    record.files[index][kind].problem = .notDownloaded
                    want(index)
                }
            }
        }
    }

    private mutating func want(_ index: Int) {
        let place = wanted.firstIndex { $0 >= index } ?? wanted.count
        if place == wanted.count || wanted[place] != index { wanted.insert(index, at: place) }
    }
}

extension RecordMerge {
    /// Chooses where the links of files go that are wanted, or had when somebody asks for them, as far as their digests are
    /// known.
    ///
    /// - Parameter choose: The directory for a file with its digest.
    /// - Throws: What `choose` throws.
    mutating func choosePaths<Failure: Error>(
        _ choose: (FileRecord, SHA256Digest) throws(Failure) -> String
    ) throws(Failure) {
        let known = record.files.indices.filter { record.files[$0].state == .known }
        for index in known + wanted where record.files[index].path == nil {
            guard let digest = record.files[index].sha256 else { continue }
            record.files[index].path = try choose(record.files[index], digest)
            chosen.append(index)
        }
        forgetComplete()
    }

    /// Takes back the places of links whose files did not come: a place says that the bytes were here, or that pages may
    /// list them.
    mutating func forgetUnusedPaths() {
        for index in chosen where !record.files[index].isKept { record.files[index].path = nil }
    }

    /// Takes off the list of wanted files those that lack nothing.
    private mutating func forgetComplete() {
        wanted = wanted.filter { record.files[$0].path == nil || isWanted(record.files[$0]) }
    }
}

extension FileRecord {
    /// Has a sidecar compared with the wheel that has come since the sidecar did.
    ///
    /// - Returns: Whether there is one.
    @discardableResult
    mutating func doubtSidecar() -> Bool {
        guard sidecar.object != nil else { return false }
        sidecar = Companion(problem: .notDownloaded)
        return true
    }

    /// Takes over the companions that the same bytes had before, as far as upstream's may be the same.
    ///
    /// Another URL may lead to another provenance; the one that is here stays until that one is. The URL of a mirror like
    /// this one tells which document it leads to.
    mutating func takeCompanions(from old: FileRecord) {
        if coreMetadata == old.coreMetadata { sidecar = old.sidecar }
        guard let provenance else { return }
        if provenance == old.provenance {
            provenanceDocument = old.provenanceDocument
        } else if let document = old.provenanceDocument.object {
            let isSame = PackagePath(url: provenance, filename: filename) == PackagePath(document)
            provenanceDocument = Companion(
                object: document,
                problem: isSame ? nil : .missing(reason: "upstream names another one")
            )
        }
    }
}
