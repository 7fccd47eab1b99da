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
        let old = try projects(isThere ? path : nil)
        let new = try projects(list)
        let ledger = try LedgerOutput(output, fileSystem)
        while true {
            let (before, after) = (old.current, new.current)
            if let after, before.map({ $0.key >= after.key }) ?? true {
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

    /// The projects of a file of lines; of no file, none.
    private func projects(_ path: FilePath?) throws -> ProjectCursor<BundleProject> {
        let lines = try path.map { try LineReader($0, fileSystem: fileSystem, limit: BundleProject.lineLimit) }
        return try ProjectCursor(path?.string ?? "no projects", name: \.name) {
            try lines?.next().map { try BundleProject(line: $0) }
        }
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
