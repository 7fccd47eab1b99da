package import Packaging
package import SimpleIndex

/// What we know of one project: what upstream said, what was selected, and what became of it.
///
/// With the objects, records are the source of truth: the index and the published tree can be made from them again.
package struct ProjectRecord: Equatable, Sendable {
    /// The normalized name.
    package var name: ProjectName
    /// The URL of the page that the record was made from.
    package var page: String
    /// The serial of that page.
    package var serial: UInt64?
    /// When the project was first seen, in seconds since 1970.
    package var firstSeen: Int64
    /// Why and when the project was taken off; `nil` while it is kept.
    package var removal: Removal?
    /// The project's status marker (PEP 792).
    package var status: ProjectStatus?
    /// The versions that upstream lists (PEP 700).
    package var versions: [String]
    /// The files, in the order of their names.
    package var files: [FileRecord]
    /// What upstream listed and is refused for what it is, in the order of the names.
    package var refusals: [RefusalRecord]

    /// A record of a project without files.
    package init(name: ProjectName, page: String, firstSeen: Int64) {
        self.name = name
        self.page = page
        self.firstSeen = firstSeen
        versions = []
        files = []
        refusals = []
    }

    /// When the next file may be shown that is withheld now, in seconds since 1970; `nil` when none is.
    package var nextRelease: Int64? {
        files.filter { file in
            switch file.state {
            case .present, .known, .missing: true
            case .excluded, .removed: false
            }
        }.compactMap(\.withheldUntil).min()
    }

    /// Whether something should be here and is not.
    package var isIncomplete: Bool {
        files.contains { if case .missing = $0.state { true } else { $0.lacksCompanion } }
    }
}

/// Why and when a project was taken off.
package struct Removal: Equatable, Sendable {
    /// Who took it off.
    package enum Cause: String, Sendable {
        /// Upstream has no page of it any more.
        case upstream
        /// The selection does not name it any more.
        case selection
        /// The policy blocks it.
        case policy
    }

    /// Who took it off.
    package var cause: Cause
    /// When that was found, in seconds since 1970.
    package var time: Int64

    /// A removal.
    package init(cause: Cause, time: Int64) {
        self.cause = cause
        self.time = time
    }
}

/// A name on upstream's page that is not mirrored.
package struct RefusalRecord: Equatable, Sendable {
    /// The name, with everything that could do harm in a terminal replaced.
    package var filename: String
    /// Why it is refused.
    package var reason: String

    /// A refused name.
    package init(filename: String, reason: String) {
        self.filename = filename
        self.reason = reason
    }
}
