/// What a line of a list states.
package protocol ListEntry: Hashable, Sendable {
    /// What entries are, for messages: `names of projects`.
    static var plural: String { get }

    /// Reads an entry.
    ///
    /// - Parameter text: What stands in a line without comment and white space around.
    /// - Throws: `ListEntryError` that says what to write instead.
    init(listed text: String) throws(ListEntryError)

    /// The entry as a line of a list has it.
    var listed: String { get }
}

/// Why a text is no entry of a list, and what to write instead.
package struct ListEntryError: Error, Equatable, CustomStringConvertible {
    package let description: String
}

/// A list that people and commands edit, one entry a line, such as `projects.txt`.
///
/// A `#` at the start of a line, or after a space, starts a comment. Editing keeps every line that it does not remove
/// as it is, comments, blank lines and order too. Made for lists of 500,000 lines.
package struct LineList<Entry: ListEntry>: Hashable, Sendable {
    /// The most problems that are told of one list.
    package static var problemLimit: Int { 20 }

    /// The lines without their ends, and the entry that each lists.
    private var lines: [(text: Substring, entry: Entry?)]
    private var listed: Set<Entry>

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
    /// - Throws: `ConfigurationError` with a problem for each line that is no entry, up to `problemLimit` of them.
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
            do throws(ListEntryError) {
                let value = try Entry(listed: String(Substring(entry)))
                lines.append((Substring(line), value))
                listed.insert(value)
            } catch {
                if problems.count == Self.problemLimit {
                    problems.append(
                        ConfigurationProblem(file: file, message: "has more lines that are not \(Entry.plural)")
                    )
                    break
                }
                let problem = ConfigurationProblem(file: file, line: lines.count + 1, message: error.description)
                problems.append(problem)
                lines.append((Substring(line), nil))
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
        // What follows the last line's end is not a line.
        if lines.last?.text.isEmpty ?? false { lines.removeLast() }
    }

    /// The entries in the order of the list, each once, with the line that lists it first, counted from 1.
    package var statements: [(entry: Entry, line: Int)] {
        var seen: Set<Entry> = []
        seen.reserveCapacity(listed.count)
        return lines.enumerated().compactMap { index, line in
            line.entry.flatMap { seen.insert($0).inserted ? ($0, index + 1) : nil }
        }
    }

    /// How many entries are listed.
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

    /// The line that lists an entry first, counted from 1; `nil` for one that is not listed.
    package func line(of entry: Entry) -> Int? { lines.firstIndex { $0.entry == entry }.map { $0 + 1 } }

    /// Whether an entry is listed.
    package func contains(_ entry: Entry) -> Bool { listed.contains(entry) }

    /// Appends entries, each in its normal form.
    ///
    /// - Parameters:
    ///   - entries: What to list, in the order to append it in.
    ///   - comment: What to write behind each; control characters become spaces.
    /// - Returns: Those that were not listed before.
    @discardableResult
    package mutating func add(_ entries: some Sequence<Entry>, comment: String? = nil) -> [Entry] {
        let new = entries.filter { listed.insert($0).inserted }
        let behind = comment.map { "  # " + String($0.map { $0.isControl ? " " : $0 }) } ?? ""
        lines += new.map { (Substring($0.listed + behind), $0) }
        return new
    }

    /// Removes every line that lists one of the entries, with the comment on it.
    ///
    /// - Parameter entries: What to list no more.
    /// - Returns: Those that were listed before.
    @discardableResult
    package mutating func remove(_ entries: some Sequence<Entry>) -> [Entry] {
        let gone = entries.filter { listed.remove($0) != nil }
        guard !gone.isEmpty else { return [] }
        lines.removeAll { line in line.entry.map { !listed.contains($0) } ?? false }
        return gone
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.lines.elementsEqual(right.lines) { $0.text == $1.text }
    }

    package func hash(into hasher: inout Hasher) {
        for line in lines { hasher.combine(line.text) }
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

extension Character {
    /// Whether it would end a line, or confuse a terminal.
    fileprivate var isControl: Bool { unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) } }
}
