/// A pattern of project names: `*` stands for any run of characters, `?` for one, all others for themselves.
///
/// Compared with normalized names (PEP 503), so the spelling of the pattern does not matter either: `Company.*` is
/// `company-*`. A pattern without `*` and `?` is the name of one project.
package struct ProjectPattern: Hashable, Sendable {
    /// The longest pattern that is accepted, in bytes.
    package static let maximumByteCount = 200

    /// The normalized form.
    package let normalized: String

    /// The project that the pattern names; `nil` when it may match several.
    package let name: ProjectName?

    /// The pattern that matches every project: `*`.
    package static let all = ProjectPattern(normalized: "*", name: nil)

    private let glob: Glob

    private init(normalized: String, name: ProjectName?) {
        self.normalized = normalized
        self.name = name
        glob = Glob(normalized)
    }

    /// Reads a pattern.
    ///
    /// - Parameter text: ASCII letters and digits, `*`, `?`, and `-`, `_` or `.` between them; `nil` results for any
    ///   other, and for what can match no name.
    package init?(_ text: some StringProtocol) {
        if let name = ProjectName(text) {
            self.init(normalized: name.normalized, name: name)
            return
        }
        guard text.utf8.count <= Self.maximumByteCount, let pieces = Self.normalizedPieces(Array(text.utf8)) else {
            return nil
        }
        self.init(normalized: String(decoding: pieces, as: UTF8.self), name: nil)
    }

    /// Whether the pattern matches every project.
    package var isAll: Bool { glob.isAll }

    /// Whether a project's name matches.
    package func matches(_ project: ProjectName) -> Bool {
        name.map { $0 == project } ?? glob.matches(project.normalized)
    }

    /// The bytes of a pattern in lower case, each run of separators one `-`; `nil` when no name can match them.
    private static func normalizedPieces(_ text: [UInt8]) -> [UInt8]? {
        var pieces: [UInt8] = []
        for byte in text {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): pieces.append(byte | 0x20)
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "?"):
                pieces.append(byte)
            case UInt8(ascii: "*"):
                if pieces.last != byte { pieces.append(byte) }
            case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                // Neither does a name start with a separator.
                if pieces.isEmpty { return nil }
                if pieces.last != UInt8(ascii: "-") { pieces.append(UInt8(ascii: "-")) }
            default: return nil
            }
        }
        return pieces.isEmpty || pieces.last == UInt8(ascii: "-") ? nil : pieces
    }
}

extension ProjectPattern: CustomStringConvertible {
    package var description: String { normalized }
}
