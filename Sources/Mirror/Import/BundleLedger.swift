internal import Bundle
internal import Catalog
internal import Digest
internal import FileIO
internal import Packaging
internal import Publication
internal import SystemPackage

/// What the mirror that is followed showed after the last bundle, project by project: `imported.jsonl`, lines as those of
/// a bundle's `projects.jsonl`.
///
/// With it the digest of what the next bundle leads to is known before anything changes, whatever is blocked here.
struct BundleLedger: Sendable {
    let path: FilePath
    let fileSystem: any FileSystem
    /// Whether something was imported, so that it has to be there.
    private let isNeeded: Bool

    /// The ledger below a mirror's root.
    ///
    /// - Throws: `PublicationError` when what was imported cannot be read.
    init(root: FilePath, fileSystem: any FileSystem) throws(PublicationError) {
        path = root.appending("imported.jsonl")
        self.fileSystem = fileSystem
        isNeeded = try MirrorState(root: root, fileSystem: fileSystem).imported != nil
    }

    /// Writes what comes of the ledger by a bundle; not durable.
    ///
    /// - Parameters:
    ///   - list: The bundle's projects.
    ///   - isWhole: Whether the bundle carries everything, so that nothing of before stays that it does not list.
    ///   - output: Where to write.
    ///   - each: Told of each project that the bundle lists, and of each that goes.
    /// - Returns: The digest of the tree that it comes to.
    /// - Throws: `FileError`, `DigestError`; ``MirrorError/refused(_:)`` for a list that is none.
    func merge(
        _ list: FilePath,
        isWhole: Bool,
        to output: FilePath,
        each: (BundleProject) throws -> Void
    ) throws -> SHA256Digest {
        let isThere = try fileSystem.exists(path)
        guard isThere || !isNeeded else {
            throw MirrorError.damaged(path, "it is gone; import a bundle that carries everything into a new mirror")
        }
        let old = try ProjectLines(isThere ? path : nil, fileSystem)
        let new = try ProjectLines(list, fileSystem)
        let ledger = try LedgerOutput(output, fileSystem)
        while true {
            let (before, after) = (old.current, new.current)
            if let after, before.map({ !$0.key.bytes.lexicographicallyPrecedes(after.key.bytes) }) ?? true {
                try each(after.project)
                try ledger.add(after.project)
                if before?.key == after.key { try old.advance() }
                try new.advance()
            } else if let before {
                if isWhole {
                    try each(BundleProject(name: before.project.name, shown: nil))
                } else {
                    try ledger.add(before.project)
                }
                try old.advance()
            } else {
                break
            }
        }
        return try ledger.finish()
    }
}

/// A ledger that is written, and the digest of the tree that it comes to.
private final class LedgerOutput {
    private let output: HashedOutput
    private var hasher: TreeHasher

    init(_ path: FilePath, _ fileSystem: any FileSystem) throws {
        output = try HashedOutput(path, fileSystem: fileSystem)
        hasher = try TreeHasher()
    }

    func add(_ project: BundleProject) throws {
        guard let shown = project.shown else { return }
        try output.write(project.line)
        if shown.isListed { hasher.add(project.name, shown.content) }
    }

    func finish() throws -> SHA256Digest {
        _ = try output.finish()
        return try hasher.take()
    }
}

/// The projects of a file of lines, in the order of their keys.
private final class ProjectLines {
    private let lines: LineReader?
    private let path: FilePath?
    private(set) var current: (project: BundleProject, key: ProjectKey)?

    /// Opens a list; it stands at its first project.
    ///
    /// - Parameters:
    ///   - path: The file; `nil` for no projects.
    ///   - fileSystem: What holds it.
    /// - Throws: `FileError`, ``MirrorError/refused(_:)``.
    init(_ path: FilePath?, _ fileSystem: any FileSystem) throws {
        self.path = path
        lines = try path.map { try LineReader($0, fileSystem: fileSystem, limit: BundleProject.lineLimit) }
        try advance()
    }

    func advance() throws {
        let last = current?.key
        guard let line = try lines?.next() else {
            current = nil
            return
        }
        do throws(BundleError) {
            let project = try BundleProject(line: line)
            guard let key = try? ProjectKey(project.name) else { throw .malformed("no digest can be computed") }
            if let last, !last.bytes.lexicographicallyPrecedes(key.bytes) {
                throw .malformed("\(project.name) is not in its place")
            }
            current = (project, key)
        } catch {
            throw MirrorError.refused("\(path?.string ?? "the list of projects"): \(error)")
        }
    }
}
