internal import Configuration
internal import Packaging
package import Publication
internal import Scheduling

extension MirrorRoot {
    /// Publishes what records say and readers do not see yet.
    ///
    /// - Returns: The generation that is live afterwards, and the projects that keep their old view.
    /// - Throws: ``MirrorError``; `locked` while another command changes the mirror.
    package func publish() async throws(MirrorError) -> (generation: Generation, failures: [Failure]) {
        let lock = try await lock()
        let (generation, failures, _) = try await publish(applying: try await newestSelection())
        withExtendedLifetime(lock) {}
        return (generation, failures)
    }

    /// Applies the policy of a selection, and publishes what records say and readers do not see yet.
    ///
    /// - Parameter selection: The selection.
    /// - Returns: The generation that is live afterwards, the projects that keep their old view, and those whose pages
    ///   the policy changed.
    /// - Throws: ``MirrorError``.
    func publish(
        applying selection: MirrorSelection
    ) async throws(MirrorError) -> (generation: Generation, failures: [Failure], changed: [ProjectName]) {
        let enforcement = PolicyEnforcement(mirror: self, selection: selection)
        let enforced = try await enforcement.apply()
        let found = Locked<[Failure]>([])
        let live: Generation
        do throws(PublicationError) {
            (live, _) = try await publisher.publish(problem: { name, error in
                let failure = Failure(project: name, reason: "not published anew: \(error)")
                found.withLock { $0.append(failure) }
            })
        } catch {
            throw .publication(error)
        }
        var failures = found.withLock { $0 }
        if let enforced {
            try await enforcement.settle(enforced, failed: Set(failures.compactMap(\.project)))
            failures += enforced.notes.map { Failure(project: $0.project, reason: $0.reason, attempts: 0) }
        }
        return (live, failures, enforced?.changed ?? [])
    }
}
