package import Packaging

/// `projects.txt`: the projects that `add` and `remove` edit, one name a line.
///
/// A `#` at the start of a line, or after a space, starts a comment. Editing keeps every line that it does not remove
/// as it is, comments, blank lines and order too. Made for lists of 500,000 lines.
package struct ProjectList: Hashable, Sendable {
    /// The most problems that are told of one list.
    package static let problemLimit = 20

    /// The lines without their ends, and the name that each lists.
    private var lines: [(text: Substring, name: ProjectName?)]
    private var listed: Set<ProjectName>

    /// A list of nothing.
    package init() {
        lines = []
        listed = []
    }

    /// Reads a list.
    ///
    /// - Parameters:
    ///   - text: The whole file; lines end in LF or CR LF.
    ///   - file: What messages call it.
    /// - Throws: `ConfigurationError` with a problem for each line that is no name, up to `problemLimit` of them.
    package init(parsing text: String, file: String) throws(ConfigurationError) {
        self.init()
        var problems: [ConfigurationProblem] = []
        var text = text[...]
        if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
        for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            let entry = Self.entry(of: line)
            guard !entry.isEmpty else {
                lines.append((Substring(line), nil))
                continue
            }
            guard let name = ProjectName(Substring(entry)) else {
                if problems.count == Self.problemLimit {
                    problems.append(
                        ConfigurationProblem(file: file, message: "has more lines that are not names of projects")
                    )
                    break
                }
                problems.append(
                    ConfigurationProblem(
                        file: file,
                        line: lines.count + 1,
                        message: Self.complaint(about: String(Substring(entry)))
                    )
                )
                lines.append((Substring(line), nil))
                continue
            }
            lines.append((Substring(line), name))
            listed.insert(name)
        }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
        // What follows the last line's end is not a line.
        if lines.last?.text.isEmpty ?? false { lines.removeLast() }
    }

    /// The names in the order of the list, each once.
    package var names: [ProjectName] {
        var seen: Set<ProjectName> = []
        seen.reserveCapacity(listed.count)
        return lines.compactMap { line in line.name.flatMap { seen.insert($0).inserted ? $0 : nil } }
    }

    /// How many projects are listed.
    package var count: Int { listed.count }

    /// The whole file, which ends in a line's end unless it is empty.
    package var text: String {
        var text = ""
        text.reserveCapacity(lines.reduce(0) { $0 + $1.text.utf8.count + 1 })
        for line in lines {
            text += line.text
            text += "\n"
        }
        return text
    }

    /// The line that lists a project first, counted from 1; `nil` for one that is not listed.
    package func line(of name: ProjectName) -> Int? { lines.firstIndex { $0.name == name }.map { $0 + 1 } }

    /// Whether a project is listed.
    package func contains(_ name: ProjectName) -> Bool { listed.contains(name) }

    /// Appends names, each in its normalized form.
    ///
    /// - Parameter names: Names to list, in the order to append them in.
    /// - Returns: Those that were not listed before.
    @discardableResult
    package mutating func add(_ names: some Sequence<ProjectName>) -> [ProjectName] {
        let new = names.filter { listed.insert($0).inserted }
        lines += new.map { (Substring($0.normalized), $0) }
        return new
    }

    /// Removes every line that lists one of the names, with the comment on it.
    ///
    /// - Parameter names: Names to list no more.
    /// - Returns: Those that were listed before.
    @discardableResult
    package mutating func remove(_ names: some Sequence<ProjectName>) -> [ProjectName] {
        let gone = names.filter { listed.remove($0) != nil }
        guard !gone.isEmpty else { return [] }
        lines.removeAll { line in line.name.map { !listed.contains($0) } ?? false }
        return gone
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.lines.elementsEqual(right.lines) { $0.text == $1.text }
    }

    package func hash(into hasher: inout Hasher) {
        for line in lines { hasher.combine(line.text) }
    }

    /// Why a text is no name, and what to write instead.
    static func complaint(about text: String) -> String {
        let shown = text.count > 80 ? text.prefix(80) + "…" : text[...]
        let rule = "names have ASCII letters and digits, with '-', '_' or '.' between them"
        if text.contains("*") || text.contains("?") {
            return "'\(shown)' is a pattern, which belongs under [select] projects in larder.toml"
        }
        let stem = text.prefix { !"[<>=!~;@( \t".contains($0) }
        if !stem.isEmpty, stem.count < text.count, let name = ProjectName(stem) {
            return "'\(shown)' is not the name of a project; write '\(name)', without versions, extras or markers"
        }
        return "'\(shown)' is not the name of a project; \(rule)"
    }

    /// Why a text is no pattern of names, and what to write instead.
    static func complaint(aboutPattern text: String) -> String {
        guard text.contains("*") || text.contains("?") else { return complaint(about: text) }
        let shown = text.count > 80 ? text.prefix(80) + "…" : text[...]
        return "'\(shown)' is no pattern of names; beside letters, digits, '-', '_' and '.' it may hold '*' and '?'"
    }

    /// What a line holds without its comment and the white space around.
    private static func entry(of line: Substring.UTF8View) -> Substring.UTF8View {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
        var end = line.startIndex
        var afterSpace = true
        var index = line.startIndex
        while index < line.endIndex {
            let byte = line[index]
            if byte == UInt8(ascii: "#"), afterSpace { break }
            afterSpace = isSpace(byte)
            index = line.index(after: index)
            if !afterSpace { end = index }
        }
        return line[..<end].drop(while: isSpace)
    }
}
