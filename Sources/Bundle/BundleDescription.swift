package import Digest

/// What `bundle.json` says: what a bundle is, what it leads on from, and of which files it consists.
///
/// It is what is signed; everything else of the bundle is named in it by digest.
package struct BundleDescription: Equatable, Sendable {
    /// The version of the format, refused by programs that do not know it.
    package static let format: UInt64 = 1
    /// The most bytes that `bundle.json` may have.
    package static let byteLimit = 1 << 26

    /// A file of the bundle.
    package struct File: Equatable, Sendable {
        /// How many bytes it has.
        package let size: UInt64
        /// The SHA-256 of its bytes.
        package let sha256: SHA256Digest

        /// A file.
        package init(size: UInt64, sha256: SHA256Digest) {
            self.size = size
            self.sha256 = sha256
        }
    }

    /// A volume: an archive, and its manifest.
    package struct Volume: Equatable, Sendable {
        /// The archive, `volume-0001.tar` and so on.
        package let archive: File
        /// A line for each member, in the order of the archive: `volume-0001.jsonl` and so on.
        package let manifest: File
        /// The number of members.
        package let members: UInt64
        /// How many bytes the members have.
        package let bytes: UInt64

        /// How many bytes it takes on a medium.
        package var size: UInt64 { archive.size + manifest.size }

        /// A volume.
        package init(archive: File, manifest: File, members: UInt64, bytes: UInt64) {
            self.archive = archive
            self.manifest = manifest
            self.members = members
            self.bytes = bytes
        }
    }

    /// The name of the bundle: 32 hexadecimal digits by chance.
    package var id: String
    /// The `id` of the mirror that it is of.
    package var mirror: String
    /// The number of the bundle among those of the mirror; later ones have higher numbers.
    package var sequence: UInt64
    /// What it leads on from; `nil` when it carries everything.
    package var base: BundleState?
    /// When it was made, in seconds since 1970.
    package var created: Int64
    /// Until when it may be imported, in seconds since 1970; `nil` for ever.
    package var expires: Int64?
    /// The number of the generation that it leads to, counted where it was exported.
    package var generation: UInt64
    /// The digest of the tree that it leads to.
    package var treeDigest: SHA256Digest
    /// The projects in the root list of that tree, and the files on their pages.
    package var projects: UInt64
    package var files: UInt64
    /// The highest serial of that tree.
    package var serial: UInt64
    /// The version of larder that made it.
    package var exporter: String
    /// A line for each project that changed: `projects.jsonl`.
    package var list: File
    /// The volumes; the first is `volume-0001`.
    package var volumes: [Volume]

    /// A description of these parts.
    package init(
        id: String,
        mirror: String,
        sequence: UInt64,
        base: BundleState?,
        created: Int64,
        expires: Int64?,
        generation: UInt64,
        treeDigest: SHA256Digest,
        projects: UInt64,
        files: UInt64,
        serial: UInt64,
        exporter: String,
        list: File,
        volumes: [Volume]
    ) {
        self.id = id
        self.mirror = mirror
        self.sequence = sequence
        self.base = base
        self.created = created
        self.expires = expires
        self.generation = generation
        self.treeDigest = treeDigest
        self.projects = projects
        self.files = files
        self.serial = serial
        self.exporter = exporter
        self.list = list
        self.volumes = volumes
    }

    /// How many bytes the members of all volumes have.
    package var memberBytes: UInt64 { volumes.reduce(0) { $0 + $1.bytes } }

    /// What it leads to.
    package var state: BundleState {
        BundleState(bundle: id, sequence: sequence, generation: generation, treeDigest: treeDigest)
    }

    /// Whether a text is the name of a bundle, or the `id` of a mirror.
    package static func isID(_ text: String) -> Bool {
        text.utf8.count == 32
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    /// A name that no bundle has.
    package static func newID() -> String {
        (0..<16).map { _ in UInt8.random(in: .min ... .max) }.hex
    }
}
