internal import Packaging
internal import TOMLKit

/// A table of a lock file in TOML, whose values are asked for by type.
///
/// Every function returns `nil` or nothing for a key that is absent, and throws for one of another type.
struct LockTable {
    /// The lock file.
    let text: LockFileText
    /// The line of the table, or of the package that it belongs to.
    let line: Int?
    private let path: String
    private let table: TOMLTable

    /// The whole file, parsed.
    init(_ text: LockFileText) throws(LockFileError) {
        do throws(LockFileShape.Flaw) {
            try LockFileShape.check(text.bytes)
        } catch {
            throw text.error(.malformed("is not as tools write it: has \(error.message)"), line: error.line)
        }
        do {
            table = try TOMLTable(string: String(decoding: text.bytes, as: UTF8.self))
        } catch let error as TOMLParseError {
            throw text.error(.malformed("is not valid TOML: \(error.description)"), line: error.source.begin.line)
        } catch {
            throw text.error(.malformed("is not valid TOML: \(error)"), line: nil)
        }
        self.text = text
        line = nil
        path = ""
    }

    private init(_ table: TOMLTable, of parent: LockTable, _ name: String, line: Int?) {
        self.table = table
        text = parent.text
        path = parent.path + name + "."
        self.line = line ?? parent.line
    }

    /// Whether there is a value of any type.
    func has(_ key: String) -> Bool { table[key] != nil }

    /// The keys, in no particular order.
    var keys: [String] { table.keys }

    /// A text.
    func string(_ key: String) throws(LockFileError) -> String? {
        guard let value = table[key] else { return nil }
        guard let string = value.string else { throw mismatch(key, value, "a text") }
        return string
    }

    /// A text that has to be there.
    func requiredString(_ key: String) throws(LockFileError) -> String {
        guard let string = try string(key) else { throw text.error(.missing(key: path + key), line: line) }
        return string
    }

    /// A text or a whole number as text, which is how versions of formats are written.
    func version(_ key: String) throws(LockFileError) -> String {
        guard let value = table[key] else { throw text.error(.missing(key: path + key), line: line) }
        guard let version = value.string ?? value.int.map({ String($0) }) else {
            throw mismatch(key, value, "a version")
        }
        return version
    }

    /// A truth value.
    func flag(_ key: String) throws(LockFileError) -> Bool? {
        guard let value = table[key] else { return nil }
        guard let flag = value.bool else { throw mismatch(key, value, "true or false") }
        return flag
    }

    /// A number of bytes.
    func size(_ key: String) throws(LockFileError) -> UInt64? {
        guard let value = table[key] else { return nil }
        guard let size = value.int.flatMap({ UInt64(exactly: $0) }) else { throw mismatch(key, value, "a size") }
        return size
    }

    /// A table within.
    func table(_ key: String) throws(LockFileError) -> LockTable? {
        guard let value = table[key] else { return nil }
        guard let inner = value.table else { throw mismatch(key, value, "a table") }
        return LockTable(inner, of: self, key, line: nil)
    }

    /// The elements of an array of tables; with the lines of their `[[key]]` where `hasHeaders`.
    func tables(_ key: String, hasHeaders: Bool = false) throws(LockFileError) -> [LockTable] {
        guard let value = table[key] else { return [] }
        guard let array = value.array else { throw mismatch(key, value, "an array of tables") }
        let lines = hasHeaders ? text.lines(ofHeader: key, count: array.count) : []
        var tables: [LockTable] = []
        tables.reserveCapacity(array.count)
        for index in 0..<array.count {
            guard let inner = array[index].table else { throw mismatch("\(key)[\(index)]", array[index], "a table") }
            tables.append(LockTable(inner, of: self, key, line: lines.isEmpty ? nil : lines[index]))
        }
        return tables
    }

    /// The texts of an array.
    func strings(_ key: String) throws(LockFileError) -> [String] {
        guard let value = table[key] else { return [] }
        guard let array = value.array else { throw mismatch(key, value, "an array of texts") }
        var strings: [String] = []
        for index in 0..<array.count {
            guard let string = array[index].string else { throw mismatch("\(key)[\(index)]", array[index], "a text") }
            strings.append(string)
        }
        return strings
    }

    /// A name that has to be there and valid.
    func projectName() throws(LockFileError) -> (spelled: String, name: ProjectName) {
        let spelled = try requiredString("name")
        guard let name = ProjectName(spelled) else {
            throw unexpected("name", expected: "the name of a project", found: "'\(spelled)'")
        }
        return (spelled, name)
    }

    /// A digest written `sha256:…`.
    func digests(_ key: String) throws(LockFileError) -> [String: String] {
        guard let spelled = try string(key) else { return [:] }
        guard let digest = FileDigest(spelled) else {
            throw unexpected(key, expected: "a digest as sha256:…", found: "'\(spelled)'")
        }
        return [digest.algorithm: digest.hex]
    }

    /// The file that this table describes.
    ///
    /// - Parameters:
    ///   - filename: Its name.
    ///   - digests: Its digests.
    ///   - url: Where it was found.
    /// - Returns: The file, with the size that the table tells.
    /// - Throws: ``LockFileError`` for what is no filename or no size.
    func file(_ filename: String?, digests: [String: String], url: String?) throws(LockFileError) -> LockedFile {
        if let filename, filename.isEmpty || filename.contains("/") {
            throw unexpected("file", expected: "a filename", found: "'\(filename)'")
        }
        let digestLine = digests.values.lazy.compactMap { text.line(ofDigest: $0) }.min()
        return LockedFile(
            filename: filename,
            digests: digests,
            size: try size("size"),
            url: url,
            line: digestLine ?? line
        )
    }

    /// An error about the value of a key.
    func unexpected(_ key: String, expected: String, found: String) -> LockFileError {
        text.error(.unexpected(key: path + key, expected: expected, found: found), line: line)
    }

    /// Checks the version of the format.
    ///
    /// - Throws: ``LockFileError`` unless its first number is one of `majors`.
    func requireVersion(_ key: String, _ kind: LockFileKind, majors: Set<String>) throws(LockFileError) {
        let version = try version(key)
        let major = version.prefix { $0 != "." }
        guard majors.contains(String(major)) else {
            throw text.error(.unknownVersion(kind, found: version), line: text.line(ofKey: key))
        }
    }

    private func mismatch(_ key: String, _ value: any TOMLValueConvertible, _ expected: String) -> LockFileError {
        let found =
            switch value.type {
            case .table: "a table"
            case .array: "an array"
            case .string: "a text"
            case .int: "the number \(value.int.map { String($0) } ?? "")"
            case .double: "a number with decimals"
            case .bool: "true or false"
            case .date, .time, .dateTime: "a date or time"
            }
        return unexpected(key, expected: expected, found: found)
    }
}
