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

    private init(normalized: String, name: ProjectName?) {
        self.normalized = normalized
        self.name = name
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
    package var isAll: Bool { normalized.utf8.allSatisfy { $0 == UInt8(ascii: "*") } }

    /// Whether a project's name matches.
    package func matches(_ project: ProjectName) -> Bool {
        if let name { return name == project }
        return Self.matches(Array(normalized.utf8), Array(project.normalized.utf8))
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

    /// Matches by going back to the last `*` only, which takes time in proportion to the product of both lengths at most.
    private static func matches(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
        var (inPattern, inName) = (0, 0)
        var retry: (pattern: Int, name: Int)?
        while inName < name.count {
            if inPattern < pattern.count, pattern[inPattern] == UInt8(ascii: "*") {
                retry = (inPattern + 1, inName)
                inPattern += 1
            } else if inPattern < pattern.count,
                pattern[inPattern] == UInt8(ascii: "?") || pattern[inPattern] == name[inName]
            {
                inPattern += 1
                inName += 1
            } else if let last = retry {
                retry = (last.pattern, last.name + 1)
                (inPattern, inName) = (last.pattern, last.name + 1)
            } else {
                return false
            }
        }
        return pattern[inPattern...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

extension ProjectPattern: CustomStringConvertible {
    package var description: String { normalized }
}
