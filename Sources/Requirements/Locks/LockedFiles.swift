package import Packaging

/// What a lock file locks: exactly these files, and nothing else of their projects.
package struct LockedFiles: Sendable {
    /// The most bytes that are read.
    package static let maximumByteCount = 32 << 20

    /// The file, as the caller named it.
    package let file: String
    /// Its kind.
    package let kind: LockFileKind
    /// The projects, by name.
    package let projects: [LockedProject]
    /// What does not come from an index, in the order of the file.
    package let skipped: [SkippedPackage]

    private let places: [ProjectName: Int]

    init(file: String, kind: LockFileKind, packages: [LockedPackage], skipped: [SkippedPackage]) {
        self.file = file
        self.kind = kind
        self.skipped = skipped
        let groups = Dictionary(grouping: packages, by: \.project)
        projects = groups.keys.sorted().map { LockedProject(name: $0, packages: groups[$0] ?? []) }
        places = Dictionary(uniqueKeysWithValues: projects.enumerated().map { ($0.element.name, $0.offset) })
    }

    /// What is locked of a project; `nil` when nothing is.
    package subscript(project: ProjectName) -> LockedProject? {
        places[project].map { projects[$0] }
    }

    /// Reads a lock file.
    ///
    /// Its kind is that of the filename, and found from the content where the name says nothing.
    ///
    /// Every package counts, whatever its environment markers, extras and dependency groups. Packages that are locked
    /// more than once for the same version and index are joined. Lines of `Pipfile.lock` are found by the text around
    /// them, and left out where that is not as Pipenv writes it.
    ///
    /// - Parameters:
    ///   - bytes: The content.
    ///   - file: The file's name or path, for its kind and for messages.
    /// - Returns: What is locked.
    /// - Throws: ``LockFileError`` when it is no lock file, one of an unknown version, or one that its format forbids.
    package static func parse(_ bytes: [UInt8], file: String) throws(LockFileError) -> LockedFiles {
        let text = try LockFileText(bytes, file: file)
        let kind = text.promisedKind
        if kind == .pipfile || kind == nil && text.firstByte == UInt8(ascii: "{") {
            return try PipfileLock.read(text)
        }
        let root = try LockTable(text)
        var collector = LockCollector(text)
        let found: LockFileKind
        if let kind { found = kind } else { found = try recognized(root) }
        switch found {
        case .uv: try UVLock.read(root, into: &collector)
        case .poetry: try PoetryLock.read(root, into: &collector)
        case .pylock: try PyLock.read(root, into: &collector)
        case .pdm, .pipfile: try PDMLock.read(root, into: &collector)
        }
        return collector.finished(as: found)
    }

    /// The kind of a file in TOML, by the key that tells the version of its format.
    private static func recognized(_ root: LockTable) throws(LockFileError) -> LockFileKind {
        if root.has("lock-version") { return .pylock }
        if let metadata = try? root.table("metadata") {
            if metadata.has("lock_version") { return .pdm }
            if metadata.has("lock-version") || metadata.has("content-hash") { return .poetry }
        } else if root.has("version"), root.has("package") || root.has("requires-python") {
            return .uv
        }
        throw root.text.error(.unrecognized, line: nil)
    }
}
