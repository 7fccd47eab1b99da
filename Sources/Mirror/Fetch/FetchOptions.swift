package import Digest
package import SystemPackage

/// What `larder fetch` is asked to do.
package struct FetchOptions: Sendable {
    /// Where downloads go.
    package enum Destination: Sendable {
        /// Into a folder, which is made when it is missing; each under the last component of its URL.
        case directory(FilePath)
        /// The only one to this path.
        case file(FilePath)
    }

    /// Where a list of URLs comes from.
    package enum List: Sendable {
        /// Standard input, to its end.
        case standardInput
        /// A file, or whatever can be read at the path.
        case file(FilePath)
    }

    /// URLs, with digests in their fragments.
    package var urls: [String]
    /// A list of further ones: one a line; lines that are empty or start with `#` are passed over.
    package var list: List?
    /// Where downloads go.
    package var destination: Destination
    /// The SHA-256 of the only file.
    package var sha256: SHA256Digest?
    /// The size of the only file.
    package var size: UInt64?
    /// The most connections; `nil` for what the mirror or the engine says.
    package var connections: Int?
    /// Whether files that are here are replaced.
    package var overwrites = false
    /// Whether the report lists the files that were had; those that were not are always listed.
    package var listsFiles = true

    /// Downloads of some URLs, with the defaults.
    package init(_ urls: [String], to destination: Destination) {
        self.urls = urls
        self.destination = destination
    }
}
