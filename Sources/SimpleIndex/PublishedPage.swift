package import Digest
package import Packaging

/// A file as our own pages list it.
package struct PublishedFile: Sendable, Equatable {
    /// The filename; safe as ``FilenameSafety`` has it.
    package let filename: String
    /// Its folder below `packages/`, without slashes around: `ab/cd/` and 60 hexadecimal digits.
    package let path: String
    /// The SHA-256 of its bytes.
    package let sha256: SHA256Digest
    /// Its size in bytes.
    package let size: UInt64?
    /// When it was uploaded, as `yyyy-mm-ddThh:mm:ss[.ffffff]Z`.
    package let uploadTime: String?
    /// `Requires-Python`; an empty one is left out.
    package let requiresPython: String?
    /// Whether it is yanked.
    package let yanked: Yank?
    /// The SHA-256 of its metadata, where that is published beside it.
    package let sidecar: SHA256Digest?
    /// The absolute URL of its provenance.
    package var provenance: String?

    /// A file from its parts.
    package init(
        filename: String,
        path: String,
        sha256: SHA256Digest,
        size: UInt64? = nil,
        uploadTime: String? = nil,
        requiresPython: String? = nil,
        yanked: Yank? = nil,
        sidecar: SHA256Digest? = nil,
        provenance: String? = nil
    ) {
        self.filename = filename
        self.path = path
        self.sha256 = sha256
        self.size = size
        self.uploadTime = uploadTime
        self.requiresPython = requiresPython
        self.yanked = yanked
        self.sidecar = sidecar
        self.provenance = provenance
    }

    /// Its URL as seen from the project's page, or below another place.
    package func appendURL(to bytes: inout [UInt8], below root: String = "../../") {
        Self.appendURL(of: filename, at: path, below: root, to: &bytes)
    }

    /// The URL of a name below `packages/`.
    ///
    /// - Parameters:
    ///   - filename: The name.
    ///   - path: Its folder below `packages/`, without slashes around.
    ///   - root: Where `packages/` is found, ending in `/`.
    /// - Returns: The URL, with all but unreserved characters of the name encoded.
    package static func url(of filename: String, at path: String, below root: String) -> String {
        var bytes: [UInt8] = []
        appendURL(of: filename, at: path, below: root, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func appendURL(of filename: String, at path: String, below root: String, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: root.utf8)
        bytes.append(contentsOf: "packages/".utf8)
        bytes.append(contentsOf: path.utf8)
        bytes.append(UInt8(ascii: "/"))
        Percent.appendComponent(filename, to: &bytes)
    }
}

/// A project's page as we publish it: the same value gives the same bytes.
package struct PublishedPage: Sendable, Equatable {
    /// The project.
    package let name: ProjectName
    /// The serial to tell.
    package var serial: UInt64?
    /// The status (PEP 792).
    package let status: ProjectStatus?
    /// The files, by version in the order of ``SpelledVersion`` and then by the bytes of their filenames.
    package let files: [PublishedFile]
    /// The versions, each once, in the order of ``SpelledVersion``; told only when every size is known.
    package let versions: [String]

    /// A page, whose files and versions get sorted.
    ///
    /// A file's version is what its filename says; files whose names say nothing come first.
    ///
    /// - Parameters:
    ///   - name: The project.
    ///   - serial: The serial to tell.
    ///   - status: The status; `nil` for active.
    ///   - files: The files in any order, no filename twice.
    ///   - versions: The versions as spelled; `nil` takes those that the filenames say, normalized where PEP 440 can.
    package init(
        name: ProjectName,
        serial: UInt64? = nil,
        status: ProjectStatus? = nil,
        files: [PublishedFile],
        versions: [String]? = nil
    ) {
        self.name = name
        self.serial = serial
        self.status = status
        let keyed = files.map { file in
            let version = (try? DistributionFilename.parse(file.filename, project: name))?.version
            return (version: SpelledVersion(version ?? ""), file: file)
        }
        self.files = keyed.sorted { left, right in
            left.version != right.version
                ? left.version < right.version
                : left.file.filename.utf8.lexicographicallyPrecedes(right.file.filename.utf8)
        }.map(\.file)
        let spelled =
            versions.map { $0.map(SpelledVersion.init) }
            ?? keyed.compactMap { key in
                if key.version.spelling.isEmpty { return nil }
                return key.version.version.map { SpelledVersion($0.description) } ?? key.version
            }
        self.versions = Set(spelled).sorted().map(\.spelling)
    }

    /// Whether the page can be of version 1.4: since 1.1 every file has to have a size (PEP 700).
    var hasAllSizes: Bool { files.allSatisfy { $0.size != nil } }
}
