package import Digest
package import JSON

/// A state of a mirror that a bundle led to, or leads on from.
package struct BundleState: Equatable, Sendable {
    /// The bundle that led to it; `nil` for a generation that was never exported.
    package let bundle: String?
    /// The number of that bundle; 0 without one.
    package let sequence: UInt64
    /// The number of the generation, counted where it was exported.
    package let generation: UInt64
    /// The digest of its tree.
    package let treeDigest: SHA256Digest

    /// A state.
    package init(bundle: String?, sequence: UInt64, generation: UInt64, treeDigest: SHA256Digest) {
        self.bundle = bundle
        self.sequence = sequence
        self.generation = generation
        self.treeDigest = treeDigest
    }

    /// Whether a mirror that is at another state is at this one.
    ///
    /// A generation may be exported more than once; what leads to the same one leads to the same.
    package func isMet(by other: BundleState) -> Bool {
        if let bundle, bundle == other.bundle { return true }
        return generation == other.generation && treeDigest == other.treeDigest
    }

    /// What people call it.
    package var words: String {
        bundle.map { "bundle \($0) (number \(sequence))" } ?? "generation \(generation) (tree digest \(treeDigest))"
    }

    package func write(to writer: inout JSONWriter) {
        writer.member("bundle", bundle)
        writer.member("generation", generation)
        writer.member("sequence", sequence)
        writer.member("treeDigest", treeDigest.hex)
    }

    /// Reads what ``write(to:)`` wrote; `nil` for anything else.
    package init?(_ value: JSONValue) {
        guard let generation = value.count("generation"), let sequence = value.count("sequence"),
            let treeDigest = value.digest("treeDigest")
        else { return nil }
        let bundle = value["bundle"]?.string
        if let bundle { guard BundleDescription.isID(bundle) else { return nil } }
        self.init(bundle: bundle, sequence: sequence, generation: generation, treeDigest: treeDigest)
    }
}
