internal import Packaging

extension TableReader {
    /// The line, counted from 1, that states a key.
    func line(of key: String) -> Int? { source.line(of: path + [.key(key)]) }

    /// A value with the line that states it.
    func stated<Value>(_ value: Value?, _ key: String) -> Stated<Value>? {
        value.map { Stated($0, line: line(of: key)) }
    }

    /// The elements of an array of texts, each with its line and read one by one; none for a key that is absent.
    ///
    /// - Parameters:
    ///   - key: The key.
    ///   - what: What the texts are, for messages.
    ///   - read: Reads one; what it throws is noted at its line.
    /// - Returns: Those that could be read.
    mutating func elements<Value, Failure: Error & CustomStringConvertible>(
        _ key: String,
        of what: String,
        _ read: (String) throws(Failure) -> Value
    ) -> [Stated<Value>] {
        var values: [Stated<Value>] = []
        for text in statedStrings(key, of: what) ?? [] {
            do throws(Failure) {
                values.append(Stated(try read(text.value), line: text.line))
            } catch {
                note("'\(key)': \(error)", key, element: text.value)
            }
        }
        return values
    }

    /// Names and patterns of projects, each once.
    mutating func projectPatterns(_ key: String) -> [Stated<ProjectPattern>] {
        let patterns = elements(key, of: "names and patterns in quotes, as [\"six\", \"company-*\"]") {
            text throws(ElementError) in
            guard let pattern = ProjectPattern(text) else {
                throw ElementError(description: ProjectName.complaint(aboutPattern: text))
            }
            return pattern
        }
        var seen: Set<ProjectPattern> = []
        return patterns.filter { seen.insert($0.value).inserted }
    }

    /// When files are had; `nil` for a key that is absent or wrong.
    mutating func files(_ key: String) -> Configuration.Files? {
        guard let text = string(key) else { return nil }
        if let files = Configuration.Files(rawValue: text) { return files }
        let words = Configuration.Files.allCases.map(\.rawValue)
        note("'\(key)' is \(quoted(text)); \(Configuration.suggested(for: text, among: words))", key)
        return nil
    }

    /// Releases of projects.
    mutating func releasePatterns(_ key: String) -> [Stated<ReleasePattern>] {
        elements(key, of: "releases in quotes, as [\"demo<2\"]", ReleasePattern.init)
    }

    /// A moment as text, or as a date of TOML, in seconds since 1970.
    mutating func moment(_ key: String) -> Stated<Int64>? {
        guard has(key) else { return nil }
        guard let text = date(key) ?? string(key) else { return nil }
        let isDay = text.utf8.count == 10
        guard let time = UploadTime.canonical(isDay ? text + "T00:00:00Z" : text).flatMap({ UploadTime.seconds($0) })
        else {
            note("'\(key)' must be a day as \"2026-01-31\" or a time as \"2026-01-31T12:00:00Z\"", key)
            return nil
        }
        return stated(time, key)
    }
}

/// What is wrong with an element of an array.
struct ElementError: Error, CustomStringConvertible {
    let description: String
}
