internal import Digest
internal import Packaging

/// A project as the upstream lists it.
struct PublishedProject: Sendable {
    let name: ProjectName
    /// The name as people write it.
    let displayName: String
    /// In the order of their upload.
    var files: [PublishedFile] = []
    /// The serial of the last change.
    var serial: UInt64 = 0

    /// The versions that have files, in the order of their first upload.
    var versions: [String] {
        files.reduce(into: []) { versions, file in
            if !versions.contains(file.version) { versions.append(file.version) }
        }
    }
}

/// A file as the upstream lists it.
struct PublishedFile: Sendable {
    let filename: String
    let version: String
    let size: Int
    let digest: SHA256Digest
    /// The digest of the sidecar; `nil` when there is none.
    let metadataDigest: SHA256Digest?
    let requiresPython: String?
    /// Seconds since 1970.
    let uploadTime: Int
    /// Why the file was yanked, which may be empty; `nil` when it was not.
    var yanked: String?

    /// The file's path below the upstream, in the shape of a content address: `packages/ab/cd/<60 hex>/<filename>`.
    var path: String {
        let hex = digest.hex
        return "packages/\(hex.prefix(2))/\(hex.dropFirst(2).prefix(2))/\(hex.dropFirst(4))/\(filename)"
    }
}
