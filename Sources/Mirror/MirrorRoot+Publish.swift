internal import Configuration
internal import Packaging
package import Publication
internal import Scheduling

extension MirrorRoot {
    /// Publishes what records say and readers do not see yet; readers who are held are held no more.
    ///
    /// - Parameter converting: Told how far the names of packages are turned into another kind, when they are.
    /// - Returns: The generation that is live afterwards, and the projects that keep their old view.
    /// - Throws: ``MirrorError``; `locked` while another command changes the mirror.
    package func publish(
        converting: @escaping @Sendable (LinkConversion) -> Void = { _ in }
    ) async throws(MirrorError) -> (generation: Generation, failures: [Failure]) {
        let lock = try await lock()
        defer { lock.release() }
        let (generation, failures, _) = try await publish(
            applying: try await newestSelection(),
            goingOn: true,
            converting: converting
        )
        try await renewFrontPage()
        return (generation, failures)
    }

    /// Applies the policy of a selection, and publishes what records say and readers do not see yet; where readers are
    /// held, what has to go leaves the pages that they see.
    ///
    /// - Parameters:
    ///   - selection: The selection.
    ///   - goingOn: Whether readers who are held are to see the newest.
    ///   - converting: Told how far the names of packages are turned into another kind, when they are.
    /// - Returns: The generation that is live afterwards, the projects that keep their old view, and those whose pages
    ///   the policy changed.
    /// - Throws: ``MirrorError``.
    func publish(
        applying selection: MirrorSelection,
        goingOn: Bool,
        converting: @escaping @Sendable (LinkConversion) -> Void = { _ in }
    ) async throws(MirrorError) -> (generation: Generation, failures: [Failure], changed: [ProjectName]) {
        let enforcement = PolicyEnforcement(mirror: self, selection: selection)
        let enforced = try await enforcement.apply()
        if !goingOn, try await heldGeneration() != nil {
            let (live, postponed) = try await reduceHeld(enforced?.concerned ?? [], by: selection)
            var failures = postponed.map { Failure(project: $0.key, reason: $0.value) }
            if let enforced {
                failures += try await enforcement.settle(enforced, failed: Set(postponed.keys))
                failures += enforced.notes.map { Failure(project: $0.project, reason: $0.reason, attempts: 0) }
            }
            return (live, failures, enforced?.changed ?? [])
        }
        let found = Locked<[Failure]>([])
        let left = Locked<[Failure]>([])
        let live: Generation
        do throws(PublicationError) {
            (live, _) = try await publisher.publish(
                converting: { conversion in
                    left.withLock { $0 = conversion.failures }
                    converting(conversion)
                },
                problem: { name, error in
                    let failure = Failure(project: name, reason: error.reason)
                    found.withLock { $0.append(failure) }
                }
            )
        } catch {
            throw .publication(error)
        }
        var failures = found.withLock { $0 } + left.withLock { $0 }
        if let enforced {
            failures += try await enforcement.settle(enforced, failed: Set(failures.compactMap(\.project)))
            failures += enforced.notes.map { Failure(project: $0.project, reason: $0.reason, attempts: 0) }
        }
        return (live, failures, enforced?.changed ?? [])
    }
}

extension LinkConversion {
    /// The names that stay what they are, as failures.
    var failures: [Failure] { problems.map { Failure(project: nil, reason: $0, attempts: 0) } }
}
