internal import Bundle
internal import Catalog
internal import Digest
internal import FileIO
internal import JSON
internal import Packaging
internal import SystemPackage

/// Reads an inventory, project by project, in either of its two forms.
final class InventoryReader {
    /// What stands at the beginning of a report of `larder have --json`.
    private static let reportPrefix = Array(#"{"command""#.utf8)
    /// Such a report is in memory as a whole.
    private static let reportLimit = 1 << 30

    /// What the inventory says of itself.
    let head: InventoryHead
    /// The project that it stands at; `nil` at the end.
    private(set) var current: (project: InventoryProject, key: ProjectKey)?
    private var lines: LineReader?
    private var rest: [InventoryProject] = []
    private var count: UInt64 = 0
    private let path: FilePath

    /// Opens an inventory; it stands at its first project.
    ///
    /// - Throws: `FileError`; ``MirrorError/refused(_:)`` for what is none.
    init(_ path: FilePath, fileSystem: any FileSystem) throws {
        self.path = path
        do {
            let reader = try LineReader(path, fileSystem: fileSystem, limit: Self.reportLimit)
            guard let first = try reader.next() else { throw BundleError.malformed("it is empty") }
            if first.starts(with: Self.reportPrefix) {
                let root = try JSONDocument(Array(first)).root
                head = try InventoryHead(root)
                if let projects = root["projects"] {
                    for project in projects.array { rest.append(try InventoryProject(project)) }
                }
                rest.reverse()
            } else {
                head = try InventoryHead(line: first)
                reader.limit = InventoryProject.lineLimit
                lines = reader
            }
        } catch let error as BundleError {
            throw MirrorError.refused("\(path): \(error)")
        } catch let error as JSONError {
            throw MirrorError.refused("\(path): \(error)")
        }
        try advance()
    }

    /// Moves to the next project.
    ///
    /// - Throws: as the initializer; also for projects that are not in the order of their keys.
    func advance() throws {
        do {
            let last = current?.key
            guard let project = try next() else {
                current = nil
                return
            }
            let key = try ProjectKey(project.name)
            if let last, !last.bytes.lexicographicallyPrecedes(key.bytes) {
                throw BundleError.malformed("its projects are not in order at \(project.name)")
            }
            current = (project, key)
        } catch let error as BundleError {
            throw MirrorError.refused("\(path): \(error)")
        }
    }

    private func next() throws -> InventoryProject? {
        guard let lines else { return rest.popLast() }
        guard let line = try lines.next() else {
            throw BundleError.malformed("it is cut short: its last line is missing; make it again")
        }
        guard let end = InventoryEnd.projects(line: line) else {
            count += 1
            return try InventoryProject(line: line)
        }
        guard end == count, try lines.next() == nil else {
            throw BundleError.malformed("it has \(count) projects, and should have \(end); make it again")
        }
        return nil
    }
}
