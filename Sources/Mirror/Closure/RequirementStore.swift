internal import Digest
internal import FileIO
internal import JSON
internal import Packaging
internal import Selection
internal import SimpleIndex
internal import SystemPackage

/// What releases need, as their files said, so that none is asked again: `requirements/ab/<project>.json`.
///
/// A cache: what is lost or cannot be read is asked for again. A file counts as the same while its name and its SHA-256
/// are, or its URL where the page names no SHA-256.
struct RequirementStore: Sendable {
    /// The directory at the mirror's root.
    static let directoryName = "requirements"
    private static let byteLimit = 1 << 28

    private let root: FilePath
    private let fileSystem: any FileSystem

    init(_ mirror: MirrorRoot) {
        root = mirror.path.appending(Self.directoryName)
        fileSystem = mirror.fileSystem
    }

    /// What tells whether a file is the same as before.
    static func key(of file: PageFile) -> String { file.hashes["sha256"] ?? file.url }

    /// What is known of a project's files, by ``key(of:)``; nothing where that cannot be read.
    func read(_ name: ProjectName) -> [String: ReleaseRequirements] {
        guard let path = try? path(of: name),
            let bytes = try? fileSystem.contents(of: path, limit: Self.byteLimit),
            let entries = try? JSONDocument(bytes).root["files"]?.array
        else { return [:] }
        var known: [String: ReleaseRequirements] = [:]
        for entry in entries {
            guard let key = entry["key"]?.string, let requires = entry["requires"]?.array else { continue }
            known[key] = ReleaseRequirements(
                requires: requires.compactMap(\.string),
                unreadable: (entry["unreadable"]?.array).map { $0.compactMap(\.string) } ?? [],
                python: entry["python"]?.string,
                unknown: entry["unknown"]?.string
            )
        }
        return known
    }

    /// Remembers what is known of a project's files; not durable.
    ///
    /// - Throws: ``FileError``, and `DigestError` when OpenSSL cannot provide SHA-256.
    func write(_ known: [String: ReleaseRequirements], of name: ProjectName) throws {
        var writer = JSONWriter()
        writer.object { writer in
            writer.arrayMember("files", of: known.sorted { $0.key < $1.key }.map { $0 }) { writer, entry in
                writer.object { writer in
                    writer.member("key", entry.key)
                    writer.member("python", entry.value.python)
                    writer.arrayMember("requires", of: entry.value.requires) { $0.string($1) }
                    writer.member("unknown", entry.value.unknown)
                    if !entry.value.unreadable.isEmpty {
                        writer.arrayMember("unreadable", of: entry.value.unreadable) { $0.string($1) }
                    }
                }
            }
        }
        let path = try path(of: name)
        let folder = path.removingLastComponent()
        try fileSystem.makeDirectories(folder)
        let new = folder.appending(".\(name.normalized).json.new")
        try fileSystem.removeIfPresent(new)
        try fileSystem.write(
            writer.bytes,
            toNewFile: new,
            permissions: [.ownerReadWrite, .groupRead, .otherRead],
            durably: false
        )
        try fileSystem.rename(new, to: path)
    }

    private func path(of name: ProjectName) throws(DigestError) -> FilePath {
        let shard = try SHA256Digest.hash(name.normalized.utf8).hex.prefix(2)
        return root.appending("\(shard)/\(name.normalized).json")
    }
}
