internal import Packaging

/// Why a lock file cannot be read; never a reason to take a part of it.
package struct LockFileError: Error, Equatable, Sendable {
    /// What is wrong.
    package enum Problem: Equatable, Sendable {
        /// Neither filename nor content is that of a lock file that we know.
        case unrecognized
        /// There are more bytes than ``LockedFiles/maximumByteCount``.
        case tooLarge
        /// The bytes are not UTF-8, or hold a NUL.
        case notText
        /// It is no TOML or JSON at all, in the words of the library that reads it.
        case malformed(String)
        /// The format's version is one that we do not know.
        case unknownVersion(LockFileKind, found: String)
        /// Something that the format requires is absent.
        case missing(key: String)
        /// A value is of another type, or not what the format allows there.
        case unexpected(key: String, expected: String, found: String)
    }

    /// The file, as the caller named it.
    package let file: String
    /// The line, counted from 1, of what is wrong or of the package that it belongs to, where that is known.
    package let line: Int?
    /// What is wrong.
    package let problem: Problem
}

extension LockFileError: CustomStringConvertible {
    package var description: String {
        "\(file)\(line.map { ":\($0)" } ?? ""): \(problem)"
    }
}

extension LockFileError.Problem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unrecognized:
            "is no lock file that is known; those are \(LockFileKind.allCases.map(\.description).joined(separator: ", "))"
        case .tooLarge:
            "is larger than \(LockedFiles.maximumByteCount >> 20) MiB"
        case .notText:
            "is not UTF-8 text"
        case .malformed(let words):
            words.printable
        case .unknownVersion(let kind, let found):
            "has version '\(found.printable)' of the format of \(kind); known are \(kind.knownVersions)"
        case .missing(let key):
            "has no '\(key.printable)', which is required; lock again with the tool that wrote it"
        case .unexpected(let key, let expected, let found):
            "'\(key.printable)' must be \(expected), but is \(found.printable)"
        }
    }
}
