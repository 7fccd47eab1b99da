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
        _ = try await PolicyEnforcement(mirror: self, selection: try selection()).apply()
        let failures = Locked<[Failure]>([])
        do throws(PublicationError) {
            let (generation, _) = try await publisher.publish(problem: { name, error in
                let failure = Failure(project: name, reason: "not published anew: \(error)")
                failures.withLock { $0.append(failure) }
            })
            withExtendedLifetime(lock) {}
            return (generation, failures.withLock { $0 })
        } catch {
            throw .publication(error)
        }
    }
}
