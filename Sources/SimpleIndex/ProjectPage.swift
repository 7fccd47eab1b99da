package import Digest
package import Packaging

/// What an index says of a project: its page of the simple API (PEP 503, PEP 691 and those that added to them).
package struct ProjectPage: Sendable, Equatable {
    /// The project.
    package var name: ProjectName
    /// The files, in the order of the page, no filename twice.
    package var files: [PageFile]
    /// The versions as spelled, in the order of the page, none twice; empty where the page does not say (HTML).
    package var versions: [String]
    /// The index's serial of the project.
    package var serial: UInt64?
    /// The status (PEP 792); `nil` stands for active, as does a marker that is not known.
    package var status: ProjectStatus?

    /// A page from its parts.
    package init(
        name: ProjectName,
        files: [PageFile] = [],
        versions: [String] = [],
        serial: UInt64? = nil,
        status: ProjectStatus? = nil
    ) {
        self.name = name
        self.files = files
        self.versions = versions
        self.serial = serial
        self.status = status
    }
}

/// The status of a project (PEP 792).
package struct ProjectStatus: Sendable, Equatable {
    /// The markers that PEP 792 defines.
    package enum Marker: String, Sendable {
        case active
        case archived
        case quarantined
        case deprecated
    }

    /// The marker.
    package var marker: Marker
    /// Why, in the words of the index.
    package var reason: String?

    /// A status from its parts.
    package init(marker: Marker, reason: String? = nil) {
        self.marker = marker
        self.reason = reason
    }

    /// A status as a page writes it; `nil` for active without a reason and for markers that are not known.
    init?(marker: String?, reason: String?) {
        guard let marker = marker.flatMap(Marker.init) else { return nil }
        let reason = reason.flatMap { $0.isEmpty ? nil : $0 }
        if marker == .active, reason == nil { return nil }
        self.init(marker: marker, reason: reason)
    }
}

/// A file on a project's page.
package struct PageFile: Sendable, Equatable {
    /// The filename; safe as ``FilenameSafety`` has it.
    package var filename: String
    /// Where it can be had: an absolute URL without fragment and user name.
    package var url: String
    /// The digests: algorithms in lower case, well-formed digests in lower-case hexadecimal.
    package var hashes: [String: String]
    /// The size in bytes.
    package var size: UInt64?
    /// When it was uploaded, as `yyyy-mm-ddThh:mm:ss[.ffffff]Z`.
    package var uploadTime: String?
    /// `Requires-Python`, as the index gives it; never empty.
    package var requiresPython: String?
    /// Whether it was yanked; `nil` when not (PEP 592).
    package var yanked: Yank?
    /// Whether its metadata can be had beside it; `nil` when not (PEP 658, PEP 714).
    package var coreMetadata: CoreMetadata?
    /// Where its provenance can be had (PEP 740): an absolute URL.
    package var provenance: String?
    /// Whether there is a signature beside it (PEP 503, `data-gpg-sig`).
    package var hasSignature: Bool?

    /// A file from its parts.
    package init(
        filename: String,
        url: String,
        hashes: [String: String] = [:],
        size: UInt64? = nil,
        uploadTime: String? = nil,
        requiresPython: String? = nil,
        yanked: Yank? = nil,
        coreMetadata: CoreMetadata? = nil,
        provenance: String? = nil,
        hasSignature: Bool? = nil
    ) {
        self.filename = filename
        self.url = url
        self.hashes = hashes
        self.size = size
        self.uploadTime = uploadTime
        self.requiresPython = requiresPython
        self.yanked = yanked
        self.coreMetadata = coreMetadata
        self.provenance = provenance
        self.hasSignature = hasSignature
    }

    /// The SHA-256 that the page gives.
    package var sha256: SHA256Digest? {
        hashes["sha256"].flatMap { SHA256Digest(hex: $0) }
    }
}

/// That a file was yanked (PEP 592).
package struct Yank: Sendable, Hashable {
    /// Why; `nil` where nothing is said, never empty.
    package var reason: String?

    /// A yank; an empty reason is none.
    package init(reason: String? = nil) {
        self.reason = reason.flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// That a file's metadata can be had at its URL with `.metadata` behind (PEP 658, PEP 714).
package enum CoreMetadata: Sendable, Hashable {
    /// It is there; its SHA-256 is not told.
    case available
    /// It is there, with this SHA-256.
    case digest(SHA256Digest)
}
