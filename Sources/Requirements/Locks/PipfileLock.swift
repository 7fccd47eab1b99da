internal import JSON
internal import Packaging

/// Reads `Pipfile.lock`: categories of packages, whose files are known by their digests only.
struct PipfileLock {
    private let text: LockFileText
    private let lines: PipfileLines
    private var collector: LockCollector
    /// Where the search for the next member starts; `nil` once the text is not as Pipenv writes it.
    private var line: Int? = 1

    /// Reads a whole file.
    static func read(_ text: LockFileText) throws(LockFileError) -> LockedFiles {
        let root: JSONValue
        let lines = PipfileLines(text)
        do throws(JSONError) {
            root = try JSONDocument(text.bytes).root
        } catch {
            throw text.error(.malformed("is \(error)"), line: error.offset.map { lines.line(ofByte: $0) })
        }
        var reader = PipfileLock(text: text, lines: lines, collector: LockCollector(text))
        try reader.read(root)
        return reader.collector.finished(as: .pipfile)
    }

    private init(text: LockFileText, lines: PipfileLines, collector: LockCollector) {
        self.text = text
        self.lines = lines
        self.collector = collector
    }

    private mutating func read(_ root: JSONValue) throws(LockFileError) {
        guard let meta = root["_meta"], meta.kind == .object else {
            throw text.error(text.promisedKind == nil ? .unrecognized : .missing(key: "_meta"), line: nil)
        }
        guard let version = meta["pipfile-spec"] else {
            throw text.error(.missing(key: "_meta.pipfile-spec"), line: lines.line(ofMember: "_meta", from: 1))
        }
        guard version.unsigned == 6 else {
            let found = version.integer.map { String($0) } ?? version.string ?? Self.named(version)
            throw text.error(.unknownVersion(.pipfile, found: found), line: lines.line(ofMember: "_meta", from: 1))
        }
        for (category, packages) in root.object where category != "_meta" {
            advance(to: category)
            guard packages.kind == .object else { throw mismatch(category, packages, "an object") }
            for (name, package) in packages.object {
                advance(to: name)
                try read(package, name: name, key: "\(category).\(name)")
            }
        }
    }

    private mutating func read(_ package: JSONValue, name: String, key: String) throws(LockFileError) {
        guard package.kind == .object else { throw mismatch(key, package, "an object") }
        guard let project = ProjectName(name) else {
            throw text.error(.unexpected(key: key, expected: "the name of a project", found: "'\(name)'"), line: line)
        }
        var version = try string(package, "version", in: key)
        version = version.map { String($0.drop { $0 == "=" || $0 == " " }) }
        if let reason = try skipReason(package, key: key) {
            return collector.skip(name, version, reason, line: line)
        }
        var files: [LockedFile] = []
        if let hashes = package["hashes"] {
            guard hashes.kind == .array else { throw mismatch("\(key).hashes", hashes, "an array of digests") }
            for hash in hashes.array { files.append(try file(hash, key: "\(key).hashes")) }
        }
        collector.add(
            LockedPackage(
                project: project,
                version: version == "*" || version == "" ? nil : version,
                index: try string(package, "index", in: key),
                files: files,
                line: line
            )
        )
    }

    private func file(_ hash: JSONValue, key: String) throws(LockFileError) -> LockedFile {
        guard let spelled = hash.string, let digest = FileDigest(spelled) else {
            let found = hash.string.map { "'\($0)'" } ?? Self.named(hash)
            throw text.error(.unexpected(key: key, expected: "digests as sha256:…", found: found), line: line)
        }
        return LockedFile(
            filename: nil,
            digests: [digest.algorithm: digest.hex],
            size: nil,
            url: nil,
            line: lines.line(ofDigest: digest.hex) ?? line
        )
    }

    private func skipReason(_ package: JSONValue, key: String) throws(LockFileError) -> SkippedPackage.Reason? {
        for system in ["git", "hg", "svn", "bzr"] {
            if let source = try string(package, system, in: key) { return .repository(SourceText.shown(source)) }
        }
        if let path = try string(package, "path", in: key) {
            let isEditable = package["editable"]?.bool ?? false
            return isEditable ? .ownProject(SourceText.shown(path)) : .path(SourceText.shown(path))
        }
        for member in ["file", "url"] {
            guard let source = try string(package, member, in: key) else { continue }
            return source.contains("://") ? .url(SourceText.shown(source)) : .path(SourceText.shown(source))
        }
        return nil
    }

    private func string(_ object: JSONValue, _ member: String, in key: String) throws(LockFileError) -> String? {
        guard let value = object[member] else { return nil }
        guard let string = value.string else { throw mismatch("\(key).\(member)", value, "a text") }
        return string
    }

    /// Goes on to the line of a member.
    ///
    /// Members come in the order of the text, so that each search starts at the last.
    private mutating func advance(to name: String) {
        line = line.flatMap { lines.line(ofMember: name, from: $0) }
    }

    private func mismatch(_ key: String, _ value: JSONValue, _ expected: String) -> LockFileError {
        text.error(.unexpected(key: key, expected: expected, found: Self.named(value)), line: line)
    }

    private static func named(_ value: JSONValue) -> String {
        switch value.kind {
        case .null: "null"
        case .bool: "true or false"
        case .integer, .number: "a number"
        case .string: "a text"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
