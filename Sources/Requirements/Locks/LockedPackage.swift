internal import Digest
package import Packaging

/// A file that a lock file names, by filename, by digest, or by both.
package struct LockedFile: Hashable, Sendable {
    /// The filename; `nil` in `Pipfile.lock` and the oldest of `poetry.lock`, which know digests only.
    package let filename: String?
    /// Digests by the name of the algorithm in Python's `hashlib`, in lower-case hexadecimal; may be empty.
    package let digests: [String: String]
    /// The number of bytes, where the lock file tells it.
    package let size: UInt64?
    /// Where the tool found the file, as written; it may hold credentials.
    ///
    /// `nil` where the lock file does not tell.
    package let url: String?
    /// The line, counted from 1, where that is known.
    package let line: Int?

    /// Whether a file with some digests can be the one that is locked.
    ///
    /// SHA-256 is compared where both sides have it, else every algorithm that both have.
    ///
    /// - Parameter found: Digests by the name of the algorithm, in lower-case hexadecimal.
    /// - Returns: Whether none contradicts.
    package func agrees(with found: [String: String]) -> Bool {
        if let left = digests["sha256"], let right = found["sha256"] { return left == right }
        return digests.allSatisfy { algorithm, hex in found[algorithm].map { $0 == hex } ?? true }
    }
}

/// A release that a lock file names, from one index.
package struct LockedPackage: Hashable, Sendable {
    /// The project.
    package let project: ProjectName
    /// The version as spelled; `nil` only where the format lets it out and files are named.
    package let version: String?
    /// The index as the lock file names it.
    ///
    /// A URL in `uv.lock`, `pylock.toml` and `poetry.lock`, the name of a source in `Pipfile.lock`; it may hold
    /// credentials. `nil` is the tool's default.
    package let index: String?
    /// The files, each once, in the order of the lock file.
    ///
    /// None means that the lock file restricts nothing but the version.
    package let files: [LockedFile]
    /// The line, counted from 1, where that is known: the first of several that lock the same.
    package let line: Int?
}
