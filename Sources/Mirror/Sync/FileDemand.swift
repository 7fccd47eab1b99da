internal import Catalog
package import Configuration
package import Packaging
internal import Record

/// Which files of a project a sync downloads, and what the others are called.
enum FileDemand: Equatable, Sendable {
    /// All that are selected.
    case all
    /// All that are selected, though the configuration would leave them until somebody asks for them.
    case fill
    /// Those that nobody could check later; the others when somebody asks for them.
    case onDemand
    /// None.
    case metadata

    /// What a file is called that is selected and not here.
    func state(of file: FileRecord) -> FileState {
        // A page can only list what has a digest, and a server only hand on what it can check.
        let canWait = self == .metadata || self != .all && file.sha256 != nil
        return canWait ? .known : .missing(reason: "not downloaded yet")
    }

    /// Whether a file is downloaded that is wanted, be it only for its companions.
    func downloads(_ file: FileRecord) -> Bool { !file.isPresent && (file.state != .known || includesKnown) }

    /// Whether files are downloaded that could wait until somebody asks for them.
    var includesKnown: Bool { self == .all || self == .fill }
}

extension SyncRun {
    /// Which files of a project this run downloads.
    func demand(for project: ProjectName) -> FileDemand {
        let isOnDemand = mirror.configuration.selection.isOnDemand(project)
        return switch options.files {
        case .asConfigured: isOnDemand ? .onDemand : .all
        case .fill: isOnDemand ? .fill : .all
        case .metadataOnly: .metadata
        }
    }

    /// Whether files of a project are to be downloaded that an earlier sync left.
    func lacksFiles(_ row: ProjectRow) -> Bool {
        row.files.known > 0 && row.state == .active && demand(for: row.name).includesKnown
    }
}

extension Configuration.Selection {
    /// Whether the files of a project are had when somebody asks for them.
    ///
    /// - Parameter project: The project.
    /// - Returns: Whether that is so.
    package func isOnDemand(_ project: ProjectName) -> Bool {
        files.areServedOnDemand && (metadataOnly.isEmpty || metadataOnly.contains { $0.value.matches(project) })
    }
}
