internal import Digest
internal import Packaging
internal import Record
internal import Selection
internal import SimpleIndex

/// What is known of the files of a project, to decide on what a page says of them now.
struct KnownFiles {
    /// The files of the record, by name.
    let byName: [String: FileRecord]

    /// The files of a record; none without one.
    init(_ record: ProjectRecord?) {
        byName = Dictionary(
            (record?.files ?? []).map { ($0.filename, $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The files of a page as they are decided on, by what is known of their bytes.
    ///
    /// Where a changed digest is refused, what is kept is the file of before, whatever the page says of the new one.
    /// Where upstream names no SHA-256, that of what arrived stands for it.
    ///
    /// - Parameters:
    ///   - files: The files of the page.
    ///   - acceptsChange: Whether a file may have another digest than before.
    /// - Returns: As many files, in the same order.
    func kept(_ files: [PageFile], acceptsChange: (String) -> Bool = { _ in false }) -> [PageFile] {
        files.map { file in
            guard let old = byName[file.filename] else { return file }
            guard old.change(to: file) == nil else { return acceptsChange(file.filename) ? file : old.asKnown }
            guard file.sha256 == nil, let digest = old.sha256, !old.isUnproven else { return file }
            var file = file
            file.hashes["sha256"] = digest.hex
            return file
        }
    }

    /// What a selection makes of files that are ``kept(_:acceptsChange:)``, one decision each.
    func decide(
        _ files: [PageFile],
        of project: ProjectName,
        by selection: FileSelection,
        demands: [Demand],
        now: Int64
    ) -> [FileDecision] {
        selection.decide(files, of: project, demands: demands, now: now) {
            byName[$0.filename]?.firstSeen(as: $0)
        }
    }
}
