internal import Bundle
internal import FileIO
internal import JSON
internal import Packaging
internal import SystemPackage

/// An inventory in either of its two forms, project by project.
struct InventoryReader {
    /// What stands at the beginning of a report of `larder have --json`.
    private static let reportPrefix = Array(#"{"command""#.utf8)
    /// Such a report is in memory as a whole.
    private static let reportLimit = 1 << 30

    /// What the inventory says of itself.
    let head: InventoryHead
    /// Its projects.
    let projects: ProjectCursor<InventoryProject>

    /// Opens an inventory.
    ///
    /// - Throws: `FileError`; ``MirrorError/refused(_:)`` for what is none.
    init(_ path: FilePath, fileSystem: any FileSystem) throws {
        let read: () throws -> InventoryProject?
        do {
            let lines = try LineReader(path, fileSystem: fileSystem, limit: Self.reportLimit)
            guard let first = try lines.next() else { throw BundleError.malformed("it is empty") }
            if first.starts(with: Self.reportPrefix) {
                let root = try JSONDocument(Array(first)).root
                head = try InventoryHead(root)
                var rest = try (root["projects"]?.array.map { try InventoryProject($0) } ?? []).makeIterator()
                read = { rest.next() }
            } else {
                head = try InventoryHead(line: first)
                lines.limit = InventoryProject.lineLimit
                read = Self.projects(lines)
            }
        } catch let error as BundleError {
            throw MirrorError.refused("\(path): \(error)")
        } catch let error as JSONError {
            throw MirrorError.refused("\(path): \(error)")
        }
        projects = try ProjectCursor(path.string, name: \.name, read: read)
    }

    /// What gives the projects of the lines behind the head, the last of which has to be there.
    private static func projects(_ lines: LineReader) -> () throws -> InventoryProject? {
        var count: UInt64 = 0
        return {
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
}
