internal import TOMLKit

/// The text of a TOML file, which finds the lines of keys for messages.
///
/// TOMLKit tells no place of a value that it parsed. A line is therefore found by asking it again: the statement that
/// brings in a key starts at the first line that names the key, where the lines before it parse without the key and
/// some lines from it on parse with the key. A key that its line spells with escapes is not found; the line of its
/// table stands in.
struct TOMLSource {
    /// More text than any configuration has; a bound for what one run can be made to parse.
    static let maximumByteCount = 1 << 20

    /// What the file is called in messages.
    let file: String
    let lines: [Substring]

    /// The whole file, parsed.
    let root: TOMLTable

    init(_ text: String, file: String) throws(ConfigurationError) {
        func refusal(_ message: String, line: Int? = nil, column: Int? = nil) -> ConfigurationError {
            ConfigurationError([ConfigurationProblem(file: file, line: line, column: column, message: message)])
        }
        guard text.utf8.count <= Self.maximumByteCount else {
            throw refusal("is larger than 1 MiB; lists of projects belong in projects.txt")
        }
        self.file = file
        lines = Self.split(text)
        if let line = lines.firstIndex(where: { $0.utf8.contains(0) }) {
            throw refusal("holds a NUL byte; is this a text file?", line: line + 1)
        }
        do {
            root = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            let place = error.source.begin
            throw refusal(
                "is not valid TOML: \(Self.explained(error.description))",
                line: place.line,
                column: place.column
            )
        } catch {
            throw refusal("is not valid TOML: \(error)")
        }
    }

    /// The words of the parser, with what to do about the most common slip.
    private static func explained(_ description: String) -> String {
        let prefix = "Error while parsing "
        let text = description.hasPrefix(prefix) ? "in \(description.dropFirst(prefix.count))" : description
        let isBareValue = ["value type", "integer", "floating", "date", "time"].contains { text.contains($0) }
        guard isBareValue, !text.contains("redefine") else { return text }
        return text + "; texts, durations, sizes and shares stand in quotes, as in grace = \"7d\""
    }

    /// Describes a problem at a key, or at an element of its array.
    ///
    /// - Parameters:
    ///   - message: What is wrong.
    ///   - path: The tables and the key; a path that ends in a place of an array is that table's header.
    ///   - element: The text of an element of the array at `path`, which may stand on a line of its own.
    /// - Returns: The problem with its line, where that is found.
    func problem(_ message: String, at path: TOMLPath, element: String? = nil) -> ConfigurationProblem {
        let line = line(of: path).map { line in element.map { self.line(of: $0, from: line) } ?? line }
        return ConfigurationProblem(file: file, line: line, message: message)
    }

    /// The line, counted from 1, where an element of an array stands; that of its key where it is not found.
    func line(of element: String, from first: Int) -> Int {
        guard !element.isEmpty else { return first }
        return lines[(first - 1)...].firstIndex { $0.contains(element) }.map { $0 + 1 } ?? first
    }

    /// The line, counted from 1, where the statement starts that first brings in a key.
    func line(of path: TOMLPath) -> Int? {
        guard let key = path.lazy.compactMap(\.name).last else { return nil }
        // What stands in a table of an array is not brought in before the table is: the same keys stand in each of them.
        let table = path.lastIndex { $0.name == nil }.map { path[...$0] }
        let start = table.flatMap { $0.count < path.count ? line(of: Array($0)) : nil } ?? 1
        // A table with very many lines of this key's letters is not worth a long search.
        let candidates = lines.indices[(start - 1)...].lazy.filter { lines[$0].contains(key) }.prefix(64)
        for candidate in candidates {
            guard let before = parse(through: candidate), !holds(before, path) else { continue }
            // A statement over several lines parses only with its last one.
            for end in candidate + 1...min(candidate + 64, lines.count) {
                guard let through = parse(through: end) else { continue }
                if holds(through, path) { return candidate + 1 }
                break
            }
        }
        return line(of: Array(path.dropLast()))
    }

    private func parse(through end: Int) -> TOMLTable? {
        try? TOMLTable(string: lines[..<end].joined(separator: "\n"))
    }

    private func holds(_ root: TOMLTable, _ path: TOMLPath) -> Bool {
        guard case .key(let key)? = path.last else { return root.table(at: path) != nil }
        return root.table(at: path.dropLast())?[key] != nil
    }

    private static func split(_ text: String) -> [Substring] {
        text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Substring($0) }
    }
}

/// Where a value stands in a TOML file.
typealias TOMLPath = [TOMLStep]

/// One step to a value.
enum TOMLStep: Equatable, ExpressibleByStringLiteral {
    /// To what a table holds under a key.
    case key(String)
    /// To a table in an array of tables, counted from 0.
    case element(Int)

    init(stringLiteral name: String) { self = .key(name) }

    /// The key.
    var name: String? { if case .key(let name) = self { name } else { nil } }
}

extension TOMLTable {
    /// The table at a path; `nil` where there is something else, or nothing.
    func table(at path: some Sequence<TOMLStep>) -> TOMLTable? {
        var table: TOMLTable? = self
        var array: TOMLArray?
        for step in path {
            switch step {
            case .key(let name):
                array = table?[name]?.array
                table = table?[name]?.table
            case .element(let index):
                table = array.flatMap { index < $0.count ? $0[index].table : nil }
                array = nil
            }
        }
        return table
    }
}

/// A string as TOML writes it, with its quotes.
func tomlLiteral(_ text: String) -> String {
    // TOMLKit writes whole tables only; the value is what follows `v = `.
    let line = TOMLTable(["v": text]).convert(to: .toml, options: [.allowUnicodeStrings])
    return line.split(separator: "=", maxSplits: 1).last.map { String($0.drop { $0 == " " }) } ?? "\"\""
}
