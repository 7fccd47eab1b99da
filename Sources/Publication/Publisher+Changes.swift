package import Packaging
internal import Scheduling

extension Publisher {
    /// What changed since a generation that is kept.
    ///
    /// - Parameter number: The generation.
    /// - Returns: The generation, and the projects that readers see otherwise since, as they were shown in it; `nil` for
    ///   one that is neither live nor kept.
    /// - Throws: ``PublicationError``; `damagedState` for a change that cannot be read.
    package func changes(
        since number: UInt64
    ) async throws(PublicationError) -> (generation: Generation, projects: [ProjectName: TreeChange.Project])? {
        let live = try await workers.run { () throws(PublicationError) in try self.live() }
        guard let live else { return nil }
        return try await changes(since: number, from: live)
    }

    /// The same, from a generation that is live.
    func changes(
        since number: UInt64,
        from live: Generation
    ) async throws(PublicationError) -> (generation: Generation, projects: [ProjectName: TreeChange.Project])? {
        try await workers.run { () throws(PublicationError) in
            guard number != live.number else { return (live, [:]) }
            var projects: [ProjectName: TreeChange.Project] = [:]
            var former: Generation?
            try history.walkBack(from: live) { change in
                for project in change.projects { projects[project.name] = project }
                if change.former.number == number { former = change.former }
                return former == nil
            }
            return former.map { ($0, projects) }
        }
    }
}
