internal import Catalog
internal import Digest
internal import ObjectStore
internal import Packaging
internal import Publication
internal import Record
internal import SystemPackage

/// An object that is not what its name says, after it was read again.
struct DamagedObject: Sendable {
    /// A file of a project, or what goes with one, that is the object.
    struct Use: Sendable {
        /// What it is of the file.
        enum Role: Sendable {
            case file
            /// The sidecar; a wheel holds the same bytes.
            case metadata(within: SHA256Digest?, filename: String)
            case provenance
        }

        let project: ProjectName
        /// The filename, with `.metadata` behind it for a sidecar, `.provenance` for a provenance.
        let file: String
        /// Where upstream has it; `nil` when it cannot be told.
        let url: String?
        let role: Role

        /// Whether a wheel that is known holds the same bytes.
        var isWithinWheel: Bool {
            if case .metadata(within: _?, _) = role { true } else { false }
        }
    }

    let digest: SHA256Digest
    /// The places of the findings about it.
    let indices: [Int]
    /// What the index says; `nil` for one that was withdrawn before.
    let row: ObjectRow?
    /// The projects that refer to it, as the index says.
    let projects: [ProjectName]
    /// What is wrong.
    let kind: Finding.Class
    /// What was expected and what was found.
    let detail: String
    /// What needs it, as records say.
    var uses: [Use] = []
    /// Whether a record could not be read that may need it, so that it is left as it is.
    var isObstructed = false
    /// Whether its bytes are right, and only a record does not know that it is here again.
    var isHere = false

    /// Where it lies, below the root.
    var path: String { "objects/" + ObjectStore.relativePath(of: digest) }

    /// What is told of it in quarantine.
    func story(time: Int64, outcome: RepairOutcome) -> QuarantineStory {
        QuarantineStory(
            object: digest,
            kind: kind,
            detail: detail,
            uses: uses.map { QuarantineStory.Use(project: $0.project, file: $0.file) },
            path: path,
            time: time,
            outcome: outcome
        )
    }
}

extension ProjectRecord {
    /// The files, and what goes with them, that are one of some objects.
    ///
    /// - Parameters:
    ///   - objects: The objects.
    ///   - withdrawn: The names of files and of what goes with them that were withdrawn, with their objects; a record
    ///     does not name the sidecar or provenance any more that it misses.
    /// - Returns: The objects with what needs them, in the order of the files.
    func uses(
        of objects: Set<SHA256Digest>,
        withdrawn: [String: SHA256Digest]
    ) -> [(object: SHA256Digest, use: DamagedObject.Use)] {
        var uses: [(object: SHA256Digest, use: DamagedObject.Use)] = []
        for file in files {
            if let digest = file.sha256, objects.contains(digest) {
                uses.append((digest, .init(project: name, file: file.filename, url: file.url, role: .file)))
            }
            let sidecar = file.filename + PackageEntry.metadataSuffix
            if let digest = file.sidecar ?? withdrawn[sidecar], objects.contains(digest) {
                let role = DamagedObject.Use.Role.metadata(within: file.sha256, filename: file.filename)
                let url = FileFetch.sidecarURL(of: file.url)
                uses.append((digest, .init(project: name, file: sidecar, url: url, role: role)))
            }
            let provenance = file.filename + PackageEntry.provenanceSuffix
            if let digest = file.provenanceDocument ?? withdrawn[provenance], objects.contains(digest) {
                let url = file.provenance.flatMap { FileFetch.provenanceURL($0, of: file.url) }
                uses.append((digest, .init(project: name, file: provenance, url: url, role: .provenance)))
            }
        }
        return uses
    }

    /// Takes objects off the files that are here: nothing of them is published any more, and a sync has them again.
    ///
    /// - Returns: Whether anything changed.
    mutating func withdraw(_ objects: Set<SHA256Digest>) -> Bool {
        let before = self
        let reason = "its bytes on disk were damaged and are in quarantine; the next sync has it again"
        for index in files.indices {
            if let digest = files[index].sha256, objects.contains(digest), files[index].isPresent {
                // Digest and place stay: upstream is held to the same bytes, and URLs in lock files stay good.
                files[index].state = .missing(reason: reason)
            }
            let problem: SidecarProblem? =
                switch files[index].state {
                case .present, .missing: .missing(reason: reason)
                case .excluded, .removed: nil
                }
            if let sidecar = files[index].sidecar, objects.contains(sidecar) {
                files[index].sidecar = nil
                files[index].sidecarProblem = problem
            }
            if let document = files[index].provenanceDocument, objects.contains(document) {
                files[index].provenanceDocument = nil
                files[index].provenanceProblem = problem
            }
        }
        return self != before
    }

    /// Enters objects that are here again.
    ///
    /// - Parameters:
    ///   - objects: The objects, by the names of the files and sidecars that miss them.
    ///   - choosePath: Chooses the place of a file's link; one whose bytes were never here for this record has none.
    ///   - isProvenance: Whether a document speaks of a file, which may have other bytes by now.
    /// - Returns: Whether anything changed.
    /// - Throws: What `choosePath` throws.
    mutating func restore(
        _ objects: [String: SHA256Digest],
        choosePath: (FileRecord, SHA256Digest) throws -> String,
        isProvenance: (SHA256Digest, FileRecord) -> Bool
    ) rethrows -> Bool {
        let before = self
        for index in files.indices {
            let name = files[index].filename
            if let digest = objects[name], misses(digest, as: name) {
                files[index].path = try files[index].path ?? choosePath(files[index], digest)
                files[index].state = .present
            }
            let sidecar = name + PackageEntry.metadataSuffix
            if let digest = objects[sidecar], misses(digest, as: sidecar) {
                files[index].sidecar = digest
                files[index].sidecarProblem = nil
            }
            let provenance = name + PackageEntry.provenanceSuffix
            if let digest = objects[provenance], misses(digest, as: provenance), isProvenance(digest, files[index]) {
                files[index].provenanceDocument = digest
                files[index].provenanceProblem = nil
            }
        }
        return self != before
    }
}
