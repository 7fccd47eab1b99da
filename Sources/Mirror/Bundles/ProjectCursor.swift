internal import Bundle
internal import Catalog
internal import Packaging

/// Walks through projects that have to come in the order of their keys.
///
/// It belongs to one thread.
final class ProjectCursor<Project> {
    private let origin: String
    private let name: (Project) -> ProjectName
    private let read: () throws -> Project?
    /// The project that it stands at; `nil` at the end.
    private(set) var current: (project: Project, key: ProjectKey)?

    /// Begins a walk; it stands at the first project.
    ///
    /// - Parameters:
    ///   - origin: Where the projects come from, for people.
    ///   - name: The name of one.
    ///   - read: Gives the next one; `nil` behind the last.
    /// - Throws: as ``advance()``.
    init(
        _ origin: String,
        name: @escaping (Project) -> ProjectName,
        read: @escaping () throws -> Project?
    ) throws {
        self.origin = origin
        self.name = name
        self.read = read
        try advance()
    }

    /// Moves to the next project.
    ///
    /// - Throws: ``MirrorError/refused(_:)`` for one that cannot be read or is not in its place; what else `read` throws.
    func advance() throws {
        do {
            let last = current?.key
            guard let project = try read() else {
                current = nil
                return
            }
            let key = try ProjectKey(name(project))
            if let last, last >= key { throw BundleError.malformed("\(name(project)) is not in its place") }
            current = (project, key)
        } catch let error as BundleError {
            throw MirrorError.refused("\(origin): \(error)")
        }
    }
}
