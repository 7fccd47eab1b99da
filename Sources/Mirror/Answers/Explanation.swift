internal import Catalog
internal import Digest
package import Packaging
internal import Record
internal import Scheduling
internal import Selection
internal import SimpleIndex

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
    /// The rule that leaves it out or has it wait, and where that stands; `nil` when there is none.
    package var rule: String?
    /// The day before which no page lists it; `nil` when it need not wait.
    package var until: String?
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
    /// The number of files that are here, and on no page yet.
    package let withheldFiles: Int
    /// The number of files that are had when somebody asks for them.
    package let knownFiles: Int
    /// The number of files that the selection leaves out.
    package let excludedFiles: Int
    /// The number of files that upstream removed.
    package let removedFiles: Int
    /// The number of files that are refused for what they are.
    package let refusedFiles: Int
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
        let selection = try selection()
        let (state, reason) = standing(of: name, row, record, selection.projects)
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
            files: (record.map { explanations(of: $0, selection) } ?? []) + refusals
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
                    withheldFiles: Int(row.files.withheld),
                    knownFiles: Int(row.files.known),
                    excludedFiles: Int(row.files.excluded),
                    removedFiles: Int(row.files.removed),
                    refusedFiles: Int(row.files.refused),
                    serial: row.serial
                )
            }
        } catch {
            throw .catalog(error)
        }
    }

    static func word(for state: ProjectRow.State) -> String {
        switch state {
        case .active: "here"
        case .removed: "taken off"
        case .unseen: "not had yet"
        }
    }
}
