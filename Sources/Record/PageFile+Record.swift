package import SimpleIndex

extension ProjectRecord {
    /// The page as upstream last showed it, made again from the record.
    ///
    /// Files that upstream removed are not on it, and none are while the project is quarantined (PEP 792).
    package var pageAsSeen: ProjectPage {
        let isQuarantined = status?.marker == .quarantined
        return ProjectPage(
            name: name,
            files: files.compactMap { file in
                if case .removed = file.state { return nil }
                return isQuarantined ? nil : file.asSeen
            },
            versions: versions,
            serial: serial,
            status: status
        )
    }
}

extension FileRecord {
    /// The file as upstream last listed it.
    package var asSeen: PageFile {
        PageFile(
            filename: filename,
            url: url,
            hashes: hashes,
            size: isSizeOurs ? nil : size,
            uploadTime: uploadTime,
            requiresPython: requiresPython,
            yanked: yank,
            coreMetadata: coreMetadata,
            provenance: provenance,
            hasSignature: nil
        )
    }
}
