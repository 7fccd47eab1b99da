/// A package of a lock file that does not come from an index, so that no mirror can hold it.
package struct SkippedPackage: Hashable, Sendable {
    /// Where the package comes from instead.
    ///
    /// Texts are printable, and show no credentials.
    package enum Reason: Hashable, Sendable {
        /// A repository of a version control system.
        case repository(String)
        /// A URL of its own.
        case url(String)
        /// A file or folder beside the lock file.
        case path(String)
        /// The locked project itself, or a member of its workspace, in this folder.
        case ownProject(String)
        /// A folder of distributions that was used like an index.
        case folder(String)
        /// A kind of source that this version does not know.
        case unknownSource(String)
        /// The lock file names neither a version nor a file.
        case nothingLocked
    }

    /// The name as the lock file spells it, printable.
    package let name: String
    /// The version as the lock file spells it, printable, where it tells one.
    package let version: String?
    /// Why it is skipped.
    package let reason: Reason
    /// The line, counted from 1, where that is known.
    package let line: Int?
}

extension SkippedPackage.Reason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .repository(let source): "comes from the repository \(source), not from an index"
        case .url(let source): "comes from \(source), not from an index"
        case .path(let source): "comes from the path '\(source)', not from an index"
        case .ownProject(let source): "is the locked project itself or part of it, in '\(source)'"
        case .folder(let source): "comes from the folder '\(source)', not from an index"
        case .unknownSource(let source): "comes from a source of an unknown kind, '\(source)'"
        case .nothingLocked: "has neither a version nor files in the lock file"
        }
    }
}

extension SkippedPackage: CustomStringConvertible {
    package var description: String {
        "\(name)\(version.map { " \($0)" } ?? ""): \(reason)"
    }
}
