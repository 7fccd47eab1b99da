internal import SystemPackage
internal import TOML

/// Reads the values of one table, and gathers what is wrong with them.
///
/// Each function returns `nil` for a key that is absent or wrong; a wrong one leaves a problem.
struct TableReader {
    let source: TOMLSource
    let path: TOMLPath
    private let table: TOMLTable?
    private(set) var problems: [ConfigurationProblem] = []

    /// A table of the file, which may be absent.
    init(_ source: TOMLSource, _ path: TOMLPath) {
        self.source = source
        self.path = path
        table = source.root.table(at: path)
    }

    /// The table as its header writes it.
    var header: String { path.header }

    /// Whether the file sets the key, to whatever value.
    func has(_ key: String) -> Bool { table?[key] != nil }

    /// Whether the file has something of this table's name that is no table.
    var hasOtherShape: Bool {
        guard table == nil, path.count == 1, let name = path[0].name else { return false }
        return source.root[name] != nil
    }

    /// Notes a problem with a key.
    mutating func note(_ message: String, _ key: String, element: String? = nil) {
        problems.append(source.problem(message, at: path + [.key(key)], element: element))
    }

    /// A text without control characters, and not empty.
    mutating func string(_ key: String) -> String? {
        guard let value = table?[key] else { return nil }
        guard let text = value.string else {
            mismatch(key, value, "a text in quotes")
            return nil
        }
        guard !text.isEmpty else {
            note("'\(key)' is empty; remove the line to leave it unset", key)
            return nil
        }
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            note("'\(key)' holds a control character or a line break", key)
            return nil
        }
        return text
    }

    /// A truth value.
    mutating func flag(_ key: String) -> Bool? {
        guard let value = table?[key] else { return nil }
        if value.bool == nil { mismatch(key, value, "true or false, without quotes") }
        return value.bool
    }

    /// A whole number within bounds.
    mutating func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = table?[key] else { return nil }
        guard let number = value.integer else {
            mismatch(key, value, "a whole number, without quotes")
            return nil
        }
        guard range.contains(number) else {
            let bounds =
                range.upperBound == .max
                ? "at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
            note("'\(key)' is \(number), but must be \(bounds)", key)
            return nil
        }
        return number
    }

    /// A duration within bounds, as text with a unit or as a number of seconds.
    mutating func duration(_ key: String, in range: ClosedRange<Duration>) -> Duration? {
        guard let duration = quantity(key, Duration.init(configuration:), "a duration as \"30s\", \"12h\" or \"7d\"")
        else {
            return nil
        }
        guard range.contains(duration) else {
            let bounds = "from \(range.lowerBound.configurationText) to \(range.upperBound.configurationText)"
            note("'\(key)' is \(duration.configurationText), but must be \(bounds)", key)
            return nil
        }
        return duration
    }

    /// A number of bytes, as text with a unit or as a number.
    mutating func byteCount(_ key: String) -> ByteCount? {
        guard let count = quantity(key, ByteCount.init(configuration:), "a size as \"10MB\" or \"4GiB\"") else {
            return nil
        }
        guard count.bytes > 0 else {
            note("'\(key)' is 0; remove the line to set no bound", key)
            return nil
        }
        return count
    }

    /// A share in percent, as text.
    mutating func share(_ key: String) -> Share? {
        guard let text = table?[key]?.string else {
            if let value = table?[key] { mismatch(key, value, "a share as \"2%\", in quotes") }
            return nil
        }
        do {
            return try Share(configuration: text)
        } catch {
            note("'\(key)': \(error)", key)
            return nil
        }
    }

    /// A path; a relative one starts at `folder`.
    mutating func file(_ key: String, in folder: FilePath) -> FilePath? {
        guard let text = string(key) else { return nil }
        return resolved(text, in: folder, key)
    }

    /// An array of texts.
    mutating func strings(_ key: String, of what: String) -> [String]? {
        statedStrings(key, of: what)?.map(\.value)
    }

    /// An array of texts, each with its line.
    mutating func statedStrings(_ key: String, of what: String) -> [Stated<String>]? {
        guard let value = table?[key] else { return nil }
        guard let array = value.array else {
            let hint = value.string.map { "; write [\(tomlLiteral($0))]" } ?? ""
            note("'\(key)' must be an array of \(what), but is \(named(value))\(hint)", key)
            return nil
        }
        var texts: [Stated<String>] = []
        for element in array {
            guard let text = element.string else {
                note("'\(key)' must be an array of \(what), but holds \(named(element))", key)
                return nil
            }
            texts.append(Stated(text, line: element.position.line))
        }
        return texts
    }

    /// Whether each element of an array is a table.
    mutating func array(_ key: String, of what: String) -> [Bool]? {
        guard let value = table?[key] else { return nil }
        guard let array = value.array else {
            note("'\(key)' must be an array of \(what), but is \(named(value))", key)
            return nil
        }
        return array.map { $0.table != nil }
    }

    /// The keys that the file sets.
    var keys: [String] { table?.keys.sorted() ?? [] }

    /// Takes the problems of another table over.
    mutating func absorb(_ other: TableReader) { problems += other.problems }

    /// An array of paths.
    mutating func files(_ key: String, in folder: FilePath) -> [FilePath]? {
        guard let texts = strings(key, of: "paths in quotes") else { return nil }
        return texts.compactMap { text in
            guard !text.isEmpty else {
                note("'\(key)' holds an empty path", key, element: "")
                return nil
            }
            return resolved(text, in: folder, key)
        }
    }

    /// The entries of an inner table whose values are texts.
    mutating func texts(_ key: String) -> [(name: String, value: String)]? {
        guard let value = table?[key] else { return nil }
        guard let inner = value.table else {
            mismatch(key, value, "a table as { \"X-Name\" = \"value\" }")
            return nil
        }
        var inside = TableReader(source, path + [.key(key)])
        defer { problems += inside.problems }
        return inner.keys.sorted().compactMap { name in inside.string(name).map { (name, $0) } }
    }

    /// An array of paths, each with its line.
    mutating func statedFiles(_ key: String, in folder: FilePath) -> [Stated<FilePath>] {
        guard let texts = statedStrings(key, of: "paths in quotes") else { return [] }
        return texts.compactMap { text in
            guard !text.value.isEmpty else {
                note("'\(key)' holds an empty path", key, element: "")
                return nil
            }
            return resolved(text.value, in: folder, key).map { Stated($0, line: text.line) }
        }
    }

    /// The text of a date of TOML; `nil` for what is none.
    func date(_ key: String) -> String? {
        guard let moment = table?[key]?.moment, moment.time == nil, let date = moment.day else { return nil }
        func padded(_ number: Int, _ digits: Int) -> String {
            String(repeating: "0", count: max(0, digits - String(number).count)) + String(number)
        }
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
    }

    private mutating func resolved(_ text: String, in folder: FilePath, _ key: String) -> FilePath? {
        guard !text.hasPrefix("~") else {
            note("'\(key)' starts with '~', which only shells expand; write the whole path", key, element: text)
            return nil
        }
        guard !text.contains("://") else {
            note("'\(key)' is a path, not a URL; write it without '\(text.prefix { $0 != "/" })//'", key, element: text)
            return nil
        }
        return folder.pushing(FilePath(text))
    }

    private mutating func quantity<Value>(
        _ key: String,
        _ read: (String) throws(QuantityError) -> Value,
        _ expected: String
    ) -> Value? {
        guard let value = table?[key] else { return nil }
        guard let text = value.string ?? value.integer.map({ String($0) }) else {
            mismatch(key, value, expected)
            return nil
        }
        do {
            return try read(text)
        } catch {
            note("'\(key)': \(error)", key)
            return nil
        }
    }

    private mutating func mismatch(_ key: String, _ value: TOMLValue, _ expected: String) {
        note("'\(key)' must be \(expected), but is \(named(value))", key)
    }

    private func named(_ value: TOMLValue) -> String {
        switch value.kind {
        case .table: "a table"
        case .array: "an array"
        case .string: "a text"
        case .integer: "a number"
        case .float: "a number with decimals"
        case .bool: "true or false"
        case .date, .time, .dateTime: "a date or time"
        }
    }
}
