package import Digest
package import SimpleIndex

/// What we know of one file of a project.
package struct FileRecord: Equatable, Sendable {
    /// The filename, unique within the project.
    package var filename: String
    /// Where upstream has it: absolute, without fragment.
    package var url: String
    /// The digests that upstream named, in hexadecimal, by algorithm.
    package var hashes: [String: String]
    /// The SHA-256 of the bytes: upstream's, or ours once they arrived.
    package var sha256: SHA256Digest?
    /// Whether upstream named no SHA-256, so that the digest is the one of what arrived first.
    package var isDigestOurs: Bool
    /// The number of bytes: upstream's, or what arrived.
    package var size: UInt64?
    /// Whether upstream named no size, so that it is the one of what arrived.
    package var isSizeOurs: Bool
    /// When it was uploaded, as `yyyy-mm-ddThh:mm:ss[.ffffff]Z` (PEP 700).
    package var uploadTime: String?
    /// The Python versions that it asks for, as upstream wrote it.
    package var requiresPython: String?
    /// Whether and why it was yanked (PEP 592).
    package var yank: Yank?
    /// What upstream says of its sidecar (PEP 714).
    package var coreMetadata: CoreMetadata?
    /// Where upstream has its provenance (PEP 740).
    package var provenance: String?
    /// How far its provenance is here.
    package var provenanceDocument = Companion()
    /// The directory of its link below `packages/`: `ab/cd/<60 hex>`; `nil` until the digest is known.
    package var path: String?
    /// How far its sidecar is here.
    package var sidecar = Companion()
    /// When the file was first seen, in seconds since 1970.
    package var firstSeen: Int64
    /// What became of it.
    package var state: FileState
    /// Until when, in seconds since 1970, no page may list it, here or not; `nil` when pages may.
    package var withheldUntil: Int64?

    /// A file as a page lists it, of which nothing is here yet.
    package init(_ file: PageFile, firstSeen: Int64) {
        filename = file.filename
        url = file.url
        hashes = file.hashes
        sha256 = file.hashes["sha256"].flatMap { SHA256Digest(hex: $0) }
        isDigestOurs = sha256 == nil
        size = file.size
        isSizeOurs = file.size == nil
        uploadTime = file.uploadTime
        requiresPython = file.requiresPython
        yank = file.yanked
        coreMetadata = file.coreMetadata
        provenance = file.provenance
        self.firstSeen = firstSeen
        state = .missing(reason: "not downloaded yet")
    }

    /// A file of which only the name, the place and the state are known; the rest is set by hand.
    init(filename: String, url: String, firstSeen: Int64, state: FileState) {
        self.filename = filename
        self.url = url
        hashes = [:]
        isDigestOurs = false
        isSizeOurs = false
        self.firstSeen = firstSeen
        self.state = state
    }

    /// Whether the object is in the store.
    package var isPresent: Bool { state == .present }

    /// How far a companion of the file is here.
    package subscript(kind: CompanionKind) -> Companion {
        get {
            switch kind {
            case .sidecar: sidecar
            case .provenance: provenanceDocument
            }
        }
        set {
            switch kind {
            case .sidecar: sidecar = newValue
            case .provenance: provenanceDocument = newValue
            }
        }
    }

    /// Whether a companion should be here and is not; never for a file that should not be here itself.
    package func lacks(_ kind: CompanionKind) -> Bool {
        switch (state, self[kind].problem) {
        case (.present, .missing), (.missing, .missing), (.known, .missing): true
        default: false
        }
    }

    /// Whether any companion should be here and is not.
    package var lacksCompanion: Bool { CompanionKind.allCases.contains(where: lacks) }

    /// Whether its bytes are kept: they are here, or will be once somebody asked for them.
    package var isKept: Bool { isPresent || state == .known }

    /// Whether pages may list the file as far as its bytes go: they are here, or are had when somebody asks for them.
    ///
    /// - Parameter onDemand: Whether files are had when somebody asks.
    /// - Returns: Whether that is so, and its digest and its place are known.
    package func isServed(onDemand: Bool) -> Bool {
        guard sha256 != nil, path != nil else { return false }
        return isPresent || onDemand && state == .known
    }

    /// The objects of its companions, as far as they are known.
    package var companionObjects: [SHA256Digest] { CompanionKind.allCases.compactMap { self[$0].object } }

    /// The objects that have to be here for what the record says of the file.
    package var heldObjects: [SHA256Digest] {
        switch state {
        case .present: objects
        case .known: companionObjects
        case .missing, .excluded, .removed: []
        }
    }

    /// The objects of the file and of its companions, as far as they are known.
    package var objects: [SHA256Digest] {
        (sha256.map { [$0] } ?? []) + companionObjects
    }

    /// Asks for no companion of the file any more, and forgets why it is not here.
    package mutating func forgetProblems() {
        for kind in CompanionKind.allCases { self[kind].problem = nil }
    }
}

/// What became of a file.
package enum FileState: Equatable, Sendable {
    /// Its object is in the store.
    case present
    /// It is selected, and its bytes are not asked for before somebody wants them: of what goes with it, all is here.
    ///
    /// Its object may be in the store all the same, since a server that fetched it changes no record.
    case known
    /// It is selected and could not be had.
    case missing(reason: String)
    /// The selection leaves it out.
    case excluded(rule: String)
    /// Upstream removed it, found at this time in seconds since 1970.
    case removed(at: Int64)
}
