package import Digest
package import JSON

/// The last bundle that a mirror was brought to.
package struct ImportedBundle: Equatable, Sendable {
    /// The `id` of the mirror that it is of.
    package var mirror: String
    /// The name of the bundle.
    package var bundle: String
    /// Its number; only later ones are taken.
    package var sequence: UInt64
    /// The generation that it led to, counted where it was exported, and the digest of its tree there.
    package var generation: UInt64
    package var treeDigest: SHA256Digest
    /// When it was imported, in seconds since 1970.
    package var time: Int64

    /// A bundle.
    package init(
        mirror: String,
        bundle: String,
        sequence: UInt64,
        generation: UInt64,
        treeDigest: SHA256Digest,
        time: Int64
    ) {
        self.mirror = mirror
        self.bundle = bundle
        self.sequence = sequence
        self.generation = generation
        self.treeDigest = treeDigest
        self.time = time
    }

    /// Writes its members, in the order of their names.
    package func write(to writer: inout JSONWriter) {
        writer.member("bundle", bundle)
        writer.member("generation", generation)
        writer.member("mirror", mirror)
        writer.member("sequence", sequence)
        writer.member("time", time)
        writer.member("treeDigest", treeDigest.hex)
    }

    /// Reads what ``write(to:)`` wrote; `nil` where members are missing.
    init?(_ value: JSONValue) {
        guard let mirror = value["mirror"]?.string, let bundle = value["bundle"]?.string,
            let sequence = value["sequence"]?.unsigned, let generation = value["generation"]?.unsigned,
            let time = value["time"]?.integer,
            let treeDigest = value["treeDigest"]?.string.flatMap({ SHA256Digest(hex: $0) })
        else { return nil }
        self.init(
            mirror: mirror,
            bundle: bundle,
            sequence: sequence,
            generation: generation,
            treeDigest: treeDigest,
            time: time
        )
    }
}
