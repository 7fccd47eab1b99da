package import Digest
package import Packaging

/// What a verification looks at.
package struct VerifyModes: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Names, sizes and permissions of objects against the index.
    package static let quick = VerifyModes(rawValue: 1)
    /// The bytes of objects against their names.
    package static let content = VerifyModes(rawValue: 2)
    /// What readers see against records and objects.
    package static let publication = VerifyModes(rawValue: 4)
    /// Rows of the index against their checksums, records and objects.
    package static let index = VerifyModes(rawValue: 8)
    /// Everything.
    package static let all: VerifyModes = [.quick, .content, .publication, .index]
}

/// Something that is not as it should be.
package struct Finding: Equatable, Sendable {
    /// The kinds of findings, by the names that reports use.
    package enum Class: String, Sendable {
        /// The index knows an object that is no file.
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
        /// A row of the index does not match its checksum.
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

/// What a verification found.
package struct VerifyReport: Sendable {
    /// How long it took.
    package var seconds = 0.0
    /// Whether it was stopped before its end.
    package var isInterrupted = false
    /// Objects whose bytes were hashed, or in the quick mode, whose names were looked at.
    package var checkedObjects = 0
    /// Bytes that were hashed.
    package var checkedBytes: UInt64 = 0
    /// What is not as it should be.
    package var findings: [Finding] = []
    /// The age in seconds of the hashing that is longest ago, among all objects; `nil` without objects.
    package var oldestAge: Int64?
    /// The share of objects that were hashed since they were stored, in per cent.
    package var percent = 100.0

    /// A verification that has not begun.
    package init() {}

    /// The exit code: the sum of what the classes of the findings stand for.
    package var exitCode: Int32 { findings.reduce(0) { $0 | $1.kind.exitBit } }
}
