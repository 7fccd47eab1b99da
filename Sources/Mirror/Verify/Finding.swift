package import Digest
package import Packaging

/// Something that is not as it should be.
package struct Finding: Equatable, Sendable {
    /// The kinds of findings, by the names that reports use.
    package enum Class: String, Sendable, CaseIterable {
        /// The index knows an object that is no file, or a record wants one that is kept in `quarantine/`.
        case missing
        /// An object has fewer bytes than it should.
        case short
        /// An object has more bytes than it should.
        case long
        /// An object has other bytes than its name says.
        case digestMismatch = "digest-mismatch"
        /// Something could not be read, which says nothing about whether it is right.
        case ioError = "io-error"
        /// A file among the objects that the index does not know.
        case orphan
        /// An object that is not readable by all, or writable by anyone.
        case badMode = "bad-mode"
        /// A record does not match its digest or is gone.
        case recordCorrupt = "record-corrupt"
        /// The index cannot be read, or a row of it does not match its checksum.
        case indexCorrupt = "index-corrupt"
        /// A row of the index, or a record, refers to what the index does not have.
        case indexDangling = "index-dangling"
        /// A published link leads nowhere, or elsewhere than it should.
        case publicationDangling = "publication-dangling"
        /// A published page is not what the record renders to.
        case pageMismatch = "page-mismatch"

        /// What the class adds to the exit code of `verify`: 1 damage, 2 inconsistent, 4 could not be checked.
        package var exitBit: Int32 {
            switch self {
            case .missing, .short, .long, .digestMismatch, .badMode, .recordCorrupt: 1
            case .orphan, .indexCorrupt, .indexDangling, .publicationDangling, .pageMismatch: 2
            case .ioError: 4
            }
        }

        /// Whether a repair can do something about it.
        var isMendable: Bool {
            switch self {
            case .orphan, .indexCorrupt, .ioError: false
            default: true
            }
        }
    }

    /// What kind it is.
    package var kind: Class
    /// The object that it is about.
    package var object: SHA256Digest?
    /// The path below the root that it is about.
    package var path: String?
    /// The project that it is about.
    package var project: ProjectName?
    /// The file of the project.
    package var file: String?
    /// What was expected and what was found, in one line.
    package var detail: String
    /// What a repair made of it; `nil` when there was none.
    package var outcome: RepairOutcome?
    /// What the repair did, or why it did nothing, in one line.
    package var repair: String?

    /// A finding.
    package init(
        _ kind: Class,
        object: SHA256Digest? = nil,
        path: String? = nil,
        project: ProjectName? = nil,
        file: String? = nil,
        detail: String
    ) {
        self.kind = kind
        self.object = object
        self.path = path
        self.project = project
        self.file = file
        self.detail = detail
    }
}
