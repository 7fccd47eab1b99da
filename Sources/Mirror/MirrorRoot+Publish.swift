package import Publication

extension MirrorRoot {
    /// Publishes what records say and readers do not see yet.
    ///
    /// - Returns: The generation that is live afterwards.
    /// - Throws: ``MirrorError``; `locked` while another command changes the mirror.
    package func publish() async throws(MirrorError) -> Generation {
        let lock = try lock()
        do throws(PublicationError) {
            let (generation, _) = try await publisher.publish()
            withExtendedLifetime(lock) {}
            return generation
        } catch {
            throw .publication(error)
        }
    }
}
