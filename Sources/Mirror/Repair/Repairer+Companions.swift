internal import Catalog
internal import Packaging
internal import Record

/// Companions that do not belong to their files.
extension Repairer {
    /// Takes sidecars off pages that are not the metadata within their wheels, and provenance of other files; a sync
    /// asks for both again.
    ///
    /// - Returns: The projects whose records say so now.
    func withdrawCompanions(_ indices: [Int]) async throws(MirrorError) -> Set<ProjectName> {
        let found = findings
        var files: [ProjectName: Set<String>] = [:]
        for index in indices {
            if let name = found[index].project, let file = found[index].file { files[name, default: []].insert(file) }
        }
        let wanted = files
        return try await change(Set(files.keys)) { name, record, row in
            let before = record
            for index in record.files.indices {
                for kind in CompanionKind.allCases where record.files[index][kind].object != nil {
                    let companion = record.files[index].filename + kind.suffix
                    guard wanted[name]?.contains(companion) ?? false else { continue }
                    record.files[index][kind] = Companion(problem: .missing(reason: kind.mismatch))
                }
            }
            if row.state == .active { row.isIncomplete = true }
            return record != before
        }
    }

    /// Tells what became of companions that do not belong to their files.
    func settleCompanions(_ indices: [Int], _ changed: Set<ProjectName>, _ problems: [ProjectName: String]) {
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
    var isAboutCompanion: Bool {
        kind == .pageMismatch && project != nil && (path?.hasPrefix("packages/") ?? false)
            && CompanionKind.allCases.contains { file?.hasSuffix($0.suffix) ?? false }
    }
}

extension CompanionKind {
    /// What is wrong with one that does not belong to its file.
    fileprivate var mismatch: String {
        switch self {
        case .sidecar: "it was not the metadata within the wheel"
        case .provenance: "it did not speak of the file"
        }
    }
}
