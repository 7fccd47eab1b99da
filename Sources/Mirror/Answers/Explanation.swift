internal import Catalog
internal import Digest
package import Packaging
internal import Record
internal import Scheduling

/// Why a project is here, or is not.
package struct ProjectExplanation: Sendable {
    /// The project.
    package let name: ProjectName
    /// Where it stands, in a word.
    package let state: String
    /// Why, in one line.
    package let reason: String
    /// Its files, those included that are not here.
    package let files: [FileExplanation]
}

/// Why a file is here, or is not.
package struct FileExplanation: Sendable {
    /// The filename.
    package let filename: String
    /// Where it stands, in a word.
    package let state: String
    /// Why, in one line.
    package let reason: String
    /// The size in bytes, as far as it is known.
    package let size: UInt64?
    /// The SHA-256 in hexadecimal, as far as it is known.
    package let sha256: String?
}

/// A project in a list.
package struct ProjectOverview: Sendable {
    /// The project.
    package let name: ProjectName
    /// Where it stands, in a word.
    package let state: String
    /// The number of its files that are here.
    package let files: Int
    /// Their bytes.
    package let bytes: UInt64
    /// The number of files that should be here and are not.
    package let missingFiles: Int
    /// Its serial.
    package let serial: UInt64?
}

extension MirrorRoot {
    /// Says why a project and its files are here, or are not.
    ///
    /// - Throws: ``MirrorError``.
    package func explain(_ name: ProjectName) async throws(MirrorError) -> ProjectExplanation {
        let (row, record) = try await workers.runWrapping { [self] () throws -> (ProjectRow?, ProjectRecord?) in
            let key = try ProjectKey(name)
            let row = try catalog.read { catalog throws(CatalogError) in
                try catalog.row(of: key, in: Tables.projects)
            }
            return (row, try records.read(name)?.record)
        }
        let (state, reason) = standing(of: name, row, record)
        let refusals = (record?.refusals ?? []).map {
            FileExplanation(
                filename: $0.filename,
                state: "refused",
                reason: "refused: \($0.reason)",
                size: nil,
                sha256: nil
            )
        }
        return ProjectExplanation(
            name: name,
            state: state,
            reason: reason,
            files: (record?.files ?? []).map(explanation) + refusals
        )
    }

    /// All projects that were ever asked for, in the order of their names.
    ///
    /// - Throws: ``MirrorError``.
    package func projectOverviews() async throws(MirrorError) -> [ProjectOverview] {
        do throws(CatalogError) {
            let rows = try await workers.run { [self] () throws(CatalogError) in
                try catalog.read { catalog throws(CatalogError) in try catalog.rows(in: Tables.projects).map(\.row) }
            }
            return rows.sorted { $0.name < $1.name }.map { row in
                ProjectOverview(
                    name: row.name,
                    state: Self.word(for: row.state),
                    files: Int(row.files.present),
                    bytes: row.files.presentBytes,
                    missingFiles: Int(row.files.missing),
                    serial: row.serial
                )
            }
        } catch {
            throw .catalog(error)
        }
    }

    private static func word(for state: ProjectRow.State) -> String {
        switch state {
        case .active: "here"
        case .removed: "taken off"
        case .unseen: "not had yet"
        }
    }

    private func standing(
        of name: ProjectName,
        _ row: ProjectRow?,
        _ record: ProjectRecord?
    ) -> (state: String, reason: String) {
        let isSelected = selection.contains(name)
        guard let row else {
            return isSelected
                ? ("unknown", "selected, and not asked for yet; run `larder sync`")
                : ("unknown", "never heard of, and not selected; `larder add \(name)` selects it")
        }
        let word = Self.word(for: row.state)
        switch (row.state, record?.removal) {
        case (.unseen, _):
            return isSelected
                ? (word, "selected; the last sync could not get its page, the next one tries again")
                : (word, "not selected, and never had")
        case (.removed, let removal?):
            let day = Day(seconds: removal.time)
            switch removal.cause {
            case .upstream: return (word, "upstream had no page of it any more on \(day)")
            case .selection: return (word, "not selected any more since \(day)")
            }
        case (.removed, nil): return (word, "taken off")
        case (.active, _):
            if !isSelected { return (word, "here, and not selected any more; the next sync takes it off") }
            return (
                word,
                "here, serial \(row.serial.map { String($0) } ?? "none"), \(row.files.present) files"
                    + (row.isIncomplete ? "; something of it failed, the next sync tries again" : "")
            )
        }
    }

    private func explanation(of file: FileRecord) -> FileExplanation {
        let (state, reason) =
            switch file.state {
            case .present:
                (
                    "present",
                    file.isDigestOurs
                        ? "here; upstream names no SHA-256, the digest is that of what arrived"
                        : "here, as upstream's digest says"
                )
            case .missing(let reason): ("missing", "selected and not here: \(reason)")
            case .excluded(let rule): ("excluded", "excluded: \(rule)")
            case .removed(let time): ("removed", "upstream did not list it any more on \(Day(seconds: time))")
            }
        let sidecar =
            switch file.sidecarProblem {
            case .missing(let reason): "; its sidecar is missing: \(reason)"
            case .refused(let reason): "; its sidecar is left out: \(reason)"
            case nil: ""
            }
        return FileExplanation(
            filename: file.filename,
            state: state,
            reason: reason + sidecar,
            size: file.size,
            sha256: file.sha256?.hex
        )
    }
}
