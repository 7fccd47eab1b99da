/// The kinds of lock files that are read.
package enum LockFileKind: String, CaseIterable, Hashable, Sendable {
    /// `uv.lock`, version 1 of its format.
    case uv
    /// `poetry.lock`, versions 1 and 2 of its format.
    case poetry
    /// `pylock.toml` and `pylock.NAME.toml`, version 1 (PEP 751).
    case pylock
    /// `pdm.lock`, versions 2 to 4 of its format.
    case pdm
    /// `Pipfile.lock`, specification 6.
    case pipfile

    /// The kind of lock file that a filename promises; `nil` for any other name.
    ///
    /// - Parameter filename: The last component of a path. PEP 751 allows one name without dots in `pylock.NAME.toml`.
    package init?(filename: some StringProtocol) {
        switch String(filename) {
        case "uv.lock": self = .uv
        case "poetry.lock": self = .poetry
        case "pdm.lock": self = .pdm
        case "Pipfile.lock": self = .pipfile
        case "pylock.toml": self = .pylock
        case let name where name.hasPrefix("pylock.") && name.hasSuffix(".toml") && name.utf8.count > 12:
            guard !name.dropFirst(7).dropLast(5).contains(".") else { return nil }
            self = .pylock
        default: return nil
        }
    }

    /// The versions of the format that are read, for people.
    var knownVersions: String {
        switch self {
        case .uv: "version = 1"
        case .poetry: "lock-version 1.x and 2.x"
        case .pylock: "lock-version 1.x"
        case .pdm: "lock_version 2.x, 3.x and 4.x"
        case .pipfile: "pipfile-spec 6"
        }
    }
}

extension LockFileKind: CustomStringConvertible {
    /// The filename that the kind usually has.
    package var description: String {
        switch self {
        case .uv: "uv.lock"
        case .poetry: "poetry.lock"
        case .pylock: "pylock.toml"
        case .pdm: "pdm.lock"
        case .pipfile: "Pipfile.lock"
        }
    }
}
