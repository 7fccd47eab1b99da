internal import Packaging

/// What a line of a requirement file says: a requirement with options of its own, or options alone.
struct RequirementLine {
    /// What stands before the first option; empty for a line of options.
    let requirement: Substring
    /// The words from the first option on.
    let words: [String]

    /// Splits a line before the first word that starts with `-`; `nil` when the quoting after it is broken.
    ///
    /// What stands before is not touched, since markers have quotes of their own.
    init?(_ text: Substring) {
        var start = text.endIndex
        var isAfterSpace = true
        for index in text.indices {
            if isAfterSpace, text[index] == "-" {
                start = index
                break
            }
            isAfterSpace = text[index].isWhitespace
        }
        guard let words = ShellWords.split(text[start...]) else { return nil }
        self.words = words
        var head = text[..<start]
        while head.last?.isWhitespace ?? false { head.removeLast() }
        requirement = head
    }

    /// The name of the first environment variable that pip would replace: `${NAME}` in capitals, digits and `_`.
    static func environmentVariable(in text: some StringProtocol) -> String? {
        String(text).firstMatch(of: /\$\{([A-Z0-9_]+)\}/).map { String($0.1) }
    }

    /// Whether a requirement is a URL or a path rather than a name; what it looks like decides, as in pip.
    ///
    /// `nil` is a name, perhaps with a URL behind `@`.
    static func source(of requirement: Substring) -> SkippedRequirement.Reason? {
        if isURL(requirement) { return .url }
        let head = requirement.prefix { $0 != ";" }
        if let at = head.firstIndex(of: "@"), !looksLikePath(head[..<at]) { return nil }
        var path = head
        if let extras = path.lastIndex(of: "["), path.hasSuffix("]") { path = path[..<extras] }
        while path.last?.isWhitespace ?? false { path.removeLast() }
        return looksLikePath(path) || isArchive(path) ? .path : nil
    }

    /// Whether a text is a URL that pip takes: of a web server, a file, or a version control system.
    static func isURL(_ text: some StringProtocol) -> Bool {
        guard let colon = text.firstIndex(of: ":") else { return false }
        let scheme = text[..<colon].lowercased()
        return ["http", "https", "file", "ftp"].contains(scheme)
            || ["git+", "hg+", "svn+", "bzr+"].contains { scheme.hasPrefix($0) }
    }

    private static func looksLikePath(_ text: Substring) -> Bool { text.contains("/") || text.hasPrefix(".") }

    private static func isArchive(_ text: Substring) -> Bool {
        let suffixes = [
            ".zip", ".whl", ".tar.bz2", ".tbz", ".tar.gz", ".tgz", ".tar", ".tar.xz", ".txz", ".tlz", ".tar.lz",
            ".tar.lzma",
        ]
        let name = text.lowercased()
        return suffixes.contains { name.hasSuffix($0) }
    }
}
