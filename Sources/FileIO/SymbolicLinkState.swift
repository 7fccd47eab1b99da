package import SystemPackage

/// What has a name that a symbolic link should have.
package enum SymbolicLinkState: Equatable, Sendable {
    /// Nothing.
    case missing
    /// Something that is no symbolic link.
    case other
    /// A symbolic link, and where it points.
    case link(to: String)

    /// Where it points; `nil` when there is no link.
    package var target: String? {
        if case .link(let target) = self { target } else { nil }
    }

    /// What is wrong with it, in one line; `nil` when it is a link to where it should point.
    package func problem(expecting target: String) -> String? {
        switch self {
        case .missing: "the link is missing"
        case .other: "it is no link, and should be one to \(target)"
        case .link(target): nil
        case .link(let found): "it points to \(found) and should point to \(target)"
        }
    }
}

extension FileSystem {
    /// What has the name of a symbolic link.
    ///
    /// - Throws: ``FileError`` when that cannot be told.
    package func linkState(_ path: FilePath) throws(FileError) -> SymbolicLinkState {
        do throws(FileError) {
            return .link(to: try readLink(path))
        } catch {
            if error.isMissing { return .missing }
            // readlink(2): the named file is not a symbolic link.
            if error.errno == .invalidArgument { return .other }
            throw error
        }
    }
}
