internal import TOML

/// A TOML file of people, which tells the lines of keys and elements for messages.
struct TOMLSource {
    /// More text than any configuration has; a bound for what one run can be made to parse.
    static let maximumByteCount = 1 << 20

    /// What the file is called in messages.
    let file: String

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
        if let end = text.utf8.firstIndex(of: 0) {
            let line = text.utf8[..<end].count { $0 == UInt8(ascii: "\n") } + 1
            throw refusal("holds a NUL byte; is this a text file?", line: line)
        }
        do throws(TOMLError) {
            root = try TOMLDocument(text).root
        } catch {
            throw refusal(
                "is not valid TOML: \(Self.explained(error.message))",
                line: error.position.line,
                column: error.position.column
            )
        }
    }

    /// The words of the parser, with what to do about the most common slip.
    private static func explained(_ text: String) -> String {
        let isBareValue = ["value type", "integer", "floating", "date", "time"].contains { text.contains($0) }
        guard isBareValue, !text.contains("redefine") else { return text }
        return text + "; texts, durations, sizes and shares stand in quotes, as in grace = \"7d\""
    }

    /// Describes a problem at a key, or at an element of its array.
    ///
    /// - Parameters:
    ///   - message: What is wrong.
    ///   - path: The tables and the key; a path that ends in a place of an array is that table's header.
    ///   - element: The text of an element of the array at `path`, or a key of the table there.
    /// - Returns: The problem with its line, where that is found.
    func problem(_ message: String, at path: TOMLPath, element: String? = nil) -> ConfigurationProblem {
        let line = element.flatMap { self.line(of: $0, at: path) } ?? self.line(of: path)
        return ConfigurationProblem(file: file, line: line, message: message)
    }

    /// The line, counted from 1, where an element of an array stands, or a key of a table.
    private func line(of element: String, at path: TOMLPath) -> Int? {
        guard case .key(let key)? = path.last, let value = root.table(at: path.dropLast())?[key] else { return nil }
        if let array = value.array { return array.first { $0.string == element }?.position.line }
        return value.table?.member(element)?.position.line
    }

    /// The line, counted from 1, where a key stands first, or a table of an array starts.
    ///
    /// For what is not there it is the line of the table that could hold it.
    func line(of path: TOMLPath) -> Int? {
        let line: Int? =
            switch path.last {
            case .key(let key): root.table(at: path.dropLast())?.member(key)?.position.line
            case .element: root.table(at: path)?.position.line
            case nil: nil
            }
        return line ?? (path.isEmpty ? nil : self.line(of: Array(path.dropLast())))
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
                let value = table?[name]
                array = value?.array
                table = value?.table
            case .element(let index):
                table = array.flatMap { $0.indices.contains(index) ? $0[index].table : nil }
                array = nil
            }
        }
        return table
    }
}
