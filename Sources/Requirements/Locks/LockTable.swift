internal import Packaging
internal import TOML

/// A table of a lock file in TOML, whose values are asked for by type.
///
/// Every function returns `nil` or nothing for a key that is absent, and throws for one of another type.
struct LockTable {
    /// The lock file.
    let text: LockFileText
    /// The line where the table starts; `nil` for the whole file.
    let line: Int?
    private let path: String
    private let table: TOMLTable

    /// The whole file, parsed.
    init(_ text: LockFileText) throws(LockFileError) {
        do throws(TOMLError) {
            table = try TOMLDocument(text.bytes).root
        } catch {
            throw text.error(.malformed("is not valid TOML: \(error.message)"), line: error.position.line)
        }
        self.text = text
        line = nil
        path = ""
    }

    private init(_ table: TOMLTable, of parent: LockTable, _ name: String) {
        self.table = table
        text = parent.text
        path = parent.path + name + "."
        line = table.position.line
    }

    /// Whether there is a value of any type.
    func has(_ key: String) -> Bool { table[key] != nil }

    /// The keys, in the order of their bytes.
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
        guard let version = value.string ?? value.integer.map({ String($0) }) else {
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
        guard let size = value.integer.flatMap({ UInt64(exactly: $0) }) else { throw mismatch(key, value, "a size") }
        return size
    }

    /// A table within.
    func table(_ key: String) throws(LockFileError) -> LockTable? {
        guard let value = table[key] else { return nil }
        guard let inner = value.table else { throw mismatch(key, value, "a table") }
        return LockTable(inner, of: self, key)
    }

    /// The elements of an array of tables.
    func tables(_ key: String) throws(LockFileError) -> [LockTable] {
        guard let value = table[key] else { return [] }
        guard let array = value.array else { throw mismatch(key, value, "an array of tables") }
        var tables: [LockTable] = []
        tables.reserveCapacity(array.count)
        for (index, element) in array.enumerated() {
            guard let inner = element.table else { throw mismatch("\(key)[\(index)]", element, "a table") }
            tables.append(LockTable(inner, of: self, key))
        }
        return tables
    }

    /// The texts of an array, each with its line.
    func strings(_ key: String) throws(LockFileError) -> [(text: String, line: Int)] {
        guard let value = table[key] else { return [] }
        guard let array = value.array else { throw mismatch(key, value, "an array of texts") }
        var strings: [(text: String, line: Int)] = []
        for (index, element) in array.enumerated() {
            guard let string = element.string else { throw mismatch("\(key)[\(index)]", element, "a text") }
            strings.append((string, element.position.line))
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
    /// - Returns: The file, with the size that the table tells, and the line of its first digest.
    /// - Throws: ``LockFileError`` for what is no filename or no size.
    func file(_ filename: String?, digests: [String: String], url: String?) throws(LockFileError) -> LockedFile {
        if let filename, filename.isEmpty || filename.contains("/") {
            throw unexpected("file", expected: "a filename", found: "'\(filename)'")
        }
        return LockedFile(
            filename: filename,
            digests: digests,
            size: try size("size"),
            url: url,
            line: digestLine ?? line
        )
    }

    /// Where the first digest stands, in `hash` or below `hashes`.
    private var digestLine: Int? {
        if let hash = table["hash"] { return hash.position.line }
        return table["hashes"]?.table?.members.map(\.value.position.line).min()
    }

    /// An error about the value of a key.
    ///
    /// - Parameters:
    ///   - key: The key.
    ///   - expected: What belongs there.
    ///   - found: What is there.
    ///   - line: Where, if not at the key.
    /// - Returns: The error, with the line of the key, or of the table where it has none of that name.
    func unexpected(_ key: String, expected: String, found: String, line: Int? = nil) -> LockFileError {
        text.error(
            .unexpected(key: path + key, expected: expected, found: found),
            line: line ?? table.member(key)?.position.line ?? self.line
        )
    }

    /// Checks the version of the format.
    ///
    /// - Throws: ``LockFileError`` unless its first number is one of `majors`.
    func requireVersion(_ key: String, _ kind: LockFileKind, majors: Set<String>) throws(LockFileError) {
        let version = try version(key)
        let major = version.prefix { $0 != "." }
        guard majors.contains(String(major)) else {
            throw text.error(.unknownVersion(kind, found: version), line: table.member(key)?.position.line)
        }
    }

    private func mismatch(_ key: String, _ value: TOMLValue, _ expected: String) -> LockFileError {
        let found =
            switch value.kind {
            case .table: "a table"
            case .array: "an array"
            case .string: "a text"
            case .integer: "the number \(value.integer.map { String($0) } ?? "")"
            case .float: "a number with decimals"
            case .bool: "true or false"
            case .date, .time, .dateTime: "a date or time"
            }
        return unexpected(key, expected: expected, found: found, line: value.position.line)
    }
}
