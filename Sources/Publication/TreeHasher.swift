package import Digest
package import Packaging

/// The digest of a tree, from what its root list names.
package struct TreeHasher: ~Copyable {
    private var hasher: Hasher

    /// The digest of an empty tree.
    ///
    /// - Throws: ``DigestError`` when OpenSSL cannot provide SHA-256.
    package init() throws(DigestError) {
        hasher = try Hasher(.sha256)
    }

    /// Adds a project that the root list names; in the order of their keys, which depends on their names only.
    ///
    /// - Parameters:
    ///   - name: The project.
    ///   - content: The digest over what its page says.
    package mutating func add(_ name: ProjectName, _ content: SHA256Digest) {
        hasher.update(Array(name.normalized.utf8) + [0])
        hasher.update(content.bytes)
    }

    /// The digest of the tree; ends the digest.
    ///
    /// - Throws: ``DigestError`` when OpenSSL fails.
    package mutating func take() throws(DigestError) -> SHA256Digest {
        try hasher.takeSHA256()
    }
}
