internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Packaging
internal import Publication
internal import SystemPackage

/// What trees of links below `snapshots/` refer to: views and all that they list, package links, and objects.
struct SnapshotRoots: RootSource {
    let root: FilePath
    let fileSystem: any FileSystem
    let links: PackageLinks

    /// A link that leads to nothing that is known, so that it cannot be told what it keeps.
    struct UnknownLink: Error, CustomStringConvertible {
        let path: FilePath
        let target: String

        var description: String { "\(path) points to \(target), of which it cannot be told what it keeps" }
    }

    func add(to roots: inout Roots) throws {
        guard try fileSystem.exists(root.appending("snapshots")) else { return }
        var directories = [root.appending("snapshots")]
        while let directory = directories.popLast() {
            for entry in try fileSystem.list(directory) {
                let path = directory.appending(entry.name)
                switch entry.kind {
                case .directory: directories.append(path)
                case .symbolicLink: try add(path, named: entry.name, to: &roots)
                case .regular, .other: break
                }
            }
        }
    }

    private func add(_ link: FilePath, named name: String, to roots: inout Roots) throws {
        let target = try fileSystem.readLink(link)
        let unknown = UnknownLink(path: link, target: target)
        var full = link.removingLastComponent().pushing(FilePath(target)).lexicallyNormalized()
        guard full.removePrefix(root) else { throw unknown }
        let parts = full.components.map(\.string)
        switch (parts.first, parts.count) {
        // What a whole tree shares; its pages say which of it they need.
        case ("packages", 1), ("status.json", 1): return
        // Documents lie in the views that links beside this one lead to.
        case ("snapshots", _): return
        case ("views", 3):
            guard let id = ViewID(hex: parts[2]), let project = ProjectName(name) else { throw unknown }
            roots.hold(id)
            let views = ViewStore(root: root, fileSystem: fileSystem)
            guard let files = try views.files(id, of: project) else { throw unknown }
            try roots.hold(files)
        case ("packages", 5):
            let place = parts[1...3].joined(separator: "/")
            try roots.hold(link: parts[4], at: place)
            guard let digest = try links.object(of: parts[4], at: place) else { throw unknown }
            roots.hold(digest)
        case ("objects", 4):
            guard let digest = SHA256Digest(hex: parts[3]) else { throw unknown }
            roots.hold(digest)
        default: throw unknown
        }
    }
}
