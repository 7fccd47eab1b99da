internal import Catalog
internal import Digest
internal import ObjectStore
internal import Packaging
internal import Record
internal import SystemPackage

/// An object that is not what its name says, after it was read again.
struct DamagedObject: Sendable {
    /// A file of a project, or a companion of one, that is the object.
    struct Use: Sendable {
        let project: ProjectName
        /// The filename, with the suffix of a companion behind it.
        let file: String
        /// Where upstream has it; `nil` when it cannot be told.
        let url: String?
        /// What it is of the file; `nil` for the file itself.
        var companion: CompanionKind?
        /// The wheel that holds the same bytes; `nil` for all but a sidecar.
        var wheel: (object: SHA256Digest, filename: String)?
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

extension DamagedObject.Use {
    /// A companion of a file.
    fileprivate init(_ kind: CompanionKind, of file: FileRecord, in project: ProjectName) {
        self.project = project
        self.file = file.filename + kind.suffix
        companion = kind
        switch kind {
        case .sidecar:
            url = FileFetch.sidecarURL(of: file.url)
            wheel = file.sha256.map { ($0, file.filename) }
        case .provenance: url = file.provenance.flatMap { FileFetch.provenanceURL($0, of: file.url) }
        }
    }
}

extension ProjectRecord {
    /// The files, and their companions, that are one of some objects.
    ///
    /// - Parameters:
    ///   - objects: The objects.
    ///   - withdrawn: The names of files and companions that were withdrawn, with their objects; a record does not name
    ///     the companion any more that it misses.
    /// - Returns: The objects with what needs them, in the order of the files.
    func uses(
        of objects: Set<SHA256Digest>,
        withdrawn: [String: SHA256Digest]
    ) -> [(object: SHA256Digest, use: DamagedObject.Use)] {
        var uses: [(object: SHA256Digest, use: DamagedObject.Use)] = []
        for file in files {
            if let digest = file.sha256, objects.contains(digest) {
                uses.append((digest, .init(project: name, file: file.filename, url: file.url)))
            }
            for kind in CompanionKind.allCases {
                let companion = file.filename + kind.suffix
                guard let digest = file[kind].object ?? withdrawn[companion], objects.contains(digest) else { continue }
                uses.append((digest, .init(kind, of: file, in: name)))
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
            let problem: CompanionProblem? =
                switch files[index].state {
                case .present, .known, .missing: .missing(reason: reason)
                case .excluded, .removed: nil
                }
            for kind in CompanionKind.allCases {
                guard let object = files[index][kind].object, objects.contains(object) else { continue }
                files[index][kind] = Companion(problem: problem)
            }
        }
        return self != before
    }

    /// Enters objects that are here again.
    ///
    /// - Parameters:
    ///   - objects: The objects, by the names of the files and companions that miss them.
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
            for kind in CompanionKind.allCases {
                let companion = name + kind.suffix
                guard let digest = objects[companion], misses(digest, as: companion) else { continue }
                if kind == .provenance, !isProvenance(digest, files[index]) { continue }
                files[index][kind] = Companion(object: digest)
            }
        }
        return self != before
    }
}
