internal import Catalog
internal import Packaging
internal import Publication
internal import Record

/// What lies beside files and does not belong to them.
extension Repairer {
    /// Takes sidecars off pages that are not the metadata within their wheels, and provenance of other files; a sync
    /// asks for both again.
    ///
    /// - Returns: The projects whose records say so now.
    func withdrawSidecars(_ indices: [Int]) async throws(MirrorError) -> Set<ProjectName> {
        let found = findings
        var files: [ProjectName: Set<String>] = [:]
        for index in indices {
            if let name = found[index].project, let file = found[index].file { files[name, default: []].insert(file) }
        }
        let wanted = files
        return try await change(Set(files.keys)) { name, record, row in
            let before = record
            for index in record.files.indices {
                let filename = record.files[index].filename
                if wanted[name]?.contains(filename + PackageEntry.metadataSuffix) ?? false,
                    record.files[index].sidecar != nil
                {
                    record.files[index].sidecar = nil
                    record.files[index].sidecarProblem = .missing(reason: "it was not the metadata within the wheel")
                }
                if wanted[name]?.contains(filename + PackageEntry.provenanceSuffix) ?? false,
                    record.files[index].provenanceDocument != nil
                {
                    record.files[index].provenanceDocument = nil
                    record.files[index].provenanceProblem = .missing(reason: "it did not speak of the file")
                }
            }
            if row.state == .active { row.isIncomplete = true }
            return record != before
        }
    }

    /// Tells what became of sidecars that are not the metadata within their wheels.
    func settleSidecars(_ indices: [Int], _ changed: Set<ProjectName>, _ problems: [ProjectName: String]) {
        let found = findings
        for index in indices {
            guard let name = found[index].project, changed.contains(name) else {
                settle([index], .left, "the record of the project cannot be used, or does not name it any more")
                continue
            }
            if let problem = problems[name] {
                settle([index], .left, "the project keeps what is published: \(problem)")
            } else {
                settle([index], .withdrawn, "the file is published without it; the next sync has it again")
            }
        }
    }
}

extension Finding {
    /// Whether it says that a sidecar is not the metadata within its wheel, or a provenance not of its file.
    var isAboutSidecar: Bool {
        kind == .pageMismatch && project != nil && (path?.hasPrefix("packages/") ?? false)
            && [PackageEntry.metadataSuffix, PackageEntry.provenanceSuffix].contains { file?.hasSuffix($0) ?? false }
    }
}
