internal import Configuration
internal import FileIO
package import Packaging
internal import SystemPackage

extension MirrorRoot {
    /// Adds projects to `projects.txt`.
    ///
    /// - Parameter names: The projects.
    /// - Returns: Those that were not listed before.
    /// - Throws: ``MirrorError``; `usage` for one that no upstream claims, `locked` while another command changes the
    ///   mirror.
    package func select(_ names: [ProjectName]) async throws(MirrorError) -> [ProjectName] {
        if let name = names.first(where: { claims.claim(of: $0) == nil }) { throw .unclaimed(name) }
        return try await editProjects { $0.add(names) }
    }

    /// Removes projects from `projects.txt`.
    ///
    /// - Parameter names: The projects.
    /// - Returns: Those that were listed before.
    /// - Throws: ``MirrorError``; `usage` when the configuration selects them too, `locked` while another command
    ///   changes the mirror.
    package func deselect(_ names: [ProjectName]) async throws(MirrorError) -> [ProjectName] {
        for name in names {
            guard let stated = configuration.selection.projects.first(where: { $0.value.matches(name) }) else {
                continue
            }
            let place = "\(MirrorFiles.configurationName)\(stated.line.map { ":\($0)" } ?? "")"
            throw .usage("\(name) is selected by '\(stated.value)' at \(place); change that, or exclude it there")
        }
        return try await editProjects { $0.remove(names) }
    }

    private func editProjects(
        _ edit: @escaping @Sendable (inout ProjectList) -> [ProjectName]
    ) async throws(MirrorError) -> [ProjectName] {
        let lock = try await lock()
        defer { lock.release() }
        let changed = try await workers.runWrapping { [self] () throws -> [ProjectName] in
            // Read again under the lock: the list may have changed since the mirror was opened.
            var projects = try MirrorFiles(root: path, fileSystem: fileSystem).projects()
            let changed = edit(&projects)
            guard !changed.isEmpty else { return [] }
            try fileSystem.replace(path.appending(MirrorFiles.projectListName), with: Array(projects.text.utf8))
            return changed
        }
        return changed
    }
}
