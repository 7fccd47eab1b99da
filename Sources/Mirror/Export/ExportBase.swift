internal import Bundle
internal import Catalog
internal import Digest
internal import FileIO
internal import JSON
internal import Packaging
internal import Publication
internal import SystemPackage

/// What the other side has already, walked through in the order of the projects' keys.
///
/// It belongs to one thread.
final class ExportBase {
    /// What the other side has of a project.
    enum Standing {
        /// Nothing.
        case nothing
        /// What readers see of it now.
        case same
        /// This.
        case has(InventoryProject)
        /// These objects, and an older record.
        case older(Set<SHA256Digest>)
    }

    private enum Source {
        case nothing
        case inventory(ProjectCursor<InventoryProject>)
        case generation([ProjectName: TreeChange.Project], ViewStore)
    }

    /// Of a generation, the projects that readers see no page of any more, those with the highest keys first.
    private var lost: [(key: ProjectKey, name: ProjectName)] = []
    /// The state that it is; `nil` when the bundle has to carry every record.
    let state: BundleState?
    /// The mirror that the other side follows; `nil` where that is not known.
    let mirror: String?
    private let source: Source

    private init(_ source: Source, _ state: BundleState?) {
        self.source = source
        self.state = state
        mirror = nil
    }

    /// Nothing.
    convenience init() { self.init(.nothing, nil) }

    /// What the other side has by the options of an export.
    ///
    /// - Throws: `FileError`; ``MirrorError`` `refused` for an inventory that is none, or of a mirror that follows another one,
    ///   `usage` for a bundle that is not known.
    convenience init(of run: ExportRun, _ source: ExportSource) throws {
        let fileSystem = run.fileSystem
        switch run.options.base {
        case .nothing: self.init()
        case .inventory(let path):
            try self.init(inventory: path, fileSystem: fileSystem)
            if let mirror, mirror != source.mirror {
                throw MirrorError.refused(
                    "\(path) is of a mirror that follows another one (\(mirror)), not this one (\(source.mirror))"
                )
            }
        case .since(let text):
            if let changes = source.changes {
                let names = Set(source.tree.rows.lazy.map(\.name))
                try self.init(
                    changes.generation,
                    changes: changes.projects,
                    isShown: { names.contains($0) },
                    views: run.mirror.publisher.views
                )
            } else {
                let exports = ExportRegistry(root: run.mirror.path, fileSystem: fileSystem)
                try self.init(inventory: try exports.inventory(of: text), fileSystem: fileSystem)
            }
        }
    }

    /// What an inventory says.
    ///
    /// - Throws: `FileError`, `BundleError`.
    init(inventory path: FilePath, fileSystem: any FileSystem) throws {
        let reader = try InventoryReader(path, fileSystem: fileSystem)
        source = .inventory(reader.projects)
        state = reader.head.state
        mirror = reader.head.mirror
    }

    /// What readers saw at a generation.
    ///
    /// - Parameters:
    ///   - generation: The generation.
    ///   - projects: The projects that changed since, as they were shown in it.
    ///   - isShown: Whether readers see a page of a project now.
    ///   - views: The views.
    /// - Throws: `DigestError`.
    init(
        _ generation: Generation,
        changes projects: [ProjectName: TreeChange.Project],
        isShown: (ProjectName) -> Bool,
        views: ViewStore
    ) throws {
        source = .generation(projects, views)
        mirror = nil
        state = BundleState(
            bundle: nil,
            sequence: 0,
            generation: generation.number,
            treeDigest: generation.treeDigest
        )
        lost = try projects.values.filter { $0.view != nil && !isShown($0.name) }
            .map { (try ProjectKey($0.name), $0.name) }
            .sorted { $0.key > $1.key }
    }

    /// Moves to a project.
    ///
    /// - Parameters:
    ///   - name: The project.
    ///   - key: Its key, above that of the last one.
    ///   - gone: Called with the projects between the two, which the other side has and readers do not see.
    /// - Returns: What the other side has of it.
    /// - Throws: `FileError`, `BundleError`, `DigestError`, ``MirrorError``.
    func standing(of name: ProjectName, _ key: ProjectKey, gone: (ProjectName) throws -> Void) throws -> Standing {
        switch source {
        case .nothing: return .nothing
        case .inventory(let projects):
            while let next = projects.current, next.key < key {
                try gone(next.project.name)
                try projects.advance()
            }
            guard let next = projects.current, next.key == key else { return .nothing }
            try projects.advance()
            return .has(next.project)
        case .generation(let projects, let views):
            while let next = lost.last, next.key < key {
                try gone(next.name)
                lost.removeLast()
            }
            guard let project = projects[name] else { return .same }
            guard let view = project.view else { return .nothing }
            guard let files = try views.files(view, of: name) else {
                throw MirrorError.damaged(
                    views.path(of: view),
                    "what readers saw of \(name) cannot be read; use another --since"
                )
            }
            return .older(Set(files.flatMap { $0.packages.map(\.object) }))
        }
    }

    /// Calls a closure with the projects behind the last one that the other side has and that readers do not see.
    ///
    /// - Throws: as ``standing(of:_:gone:)``.
    func finish(gone: (ProjectName) throws -> Void) throws {
        if case .inventory(let projects) = source {
            while let next = projects.current {
                try gone(next.project.name)
                try projects.advance()
            }
        }
        while let next = lost.popLast() { try gone(next.name) }
    }
}
