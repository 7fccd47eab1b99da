package import Packaging
package import SystemPackage

/// A requirement or constraint of a requirement file, and where it stands.
package struct StatedRequirement: Hashable, Sendable {
    /// What is required; never one with a URL, which no index fulfils.
    package let requirement: Requirement
    /// The digests that its files may have, in order (`--hash`); any when there are none.
    package let digests: [FileDigest]
    /// The file.
    package let file: FilePath
    /// The line, counted from 1: the first of several that are joined.
    package let line: Int

    /// Whether a file of the project's page may be installed for this requirement, by its digests.
    ///
    /// As in pip, one digest in common is enough. A file whose page tells none of these algorithms is allowed, since
    /// the digest that counts is not known yet.
    ///
    /// - Parameter digests: The digests on the page, by the name of the algorithm, in lower-case hexadecimal.
    /// - Returns: Whether nothing speaks against the file.
    package func allows(digests: [String: String]) -> Bool {
        let comparable = self.digests.filter { digests[$0.algorithm] != nil }
        return comparable.isEmpty || comparable.contains { digests[$0.algorithm] == $0.hex }
    }
}
