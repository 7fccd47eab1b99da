internal import Packaging
package import Publication
internal import Scheduling

extension MirrorRoot {
    /// Takes readers to an older generation, or forward to one that was live before, and holds them there: syncs fetch and
    /// publish nothing until ``publish()``.
    ///
    /// What is blocked by now stays off.
    ///
    /// - Parameter number: The generation; `nil` for the newest below the one that is live, so that one step follows
    ///   another.
    /// - Returns: The generation as it is live now.
    /// - Throws: ``MirrorError``; `usage` for a generation that is not kept, `locked` while another command changes the
    ///   mirror.
    package func rollBack(to number: UInt64?) async throws(MirrorError) -> Generation {
        let lock = try await lock()
        defer { lock.release() }
        let selection = try await newestSelection()
        let kept = try await keptGenerations()
        let live = try await published { () throws(PublicationError) in
            try await self.workers.run { () throws(PublicationError) in try self.publisher.live() }
        }
        guard let target = number ?? kept.first(where: { $0.number < live?.number ?? .max })?.number else {
            throw .usage("there is no older generation to go back to")
        }
        let generation = try await published { () throws(PublicationError) in
            try await self.publisher.hold(at: target, selection.showable)
        }
        try await renewFrontPage()
        return generation
    }

    /// The generations to which readers can be taken, the newest first.
    ///
    /// Needs no lock.
    ///
    /// - Throws: ``MirrorError``.
    package func keptGenerations() async throws(MirrorError) -> [Generation] {
        do throws(PublicationError) {
            return try await publisher.keptGenerations()
        } catch {
            throw .publication(error)
        }
    }

    /// The generation at which readers are held; `nil` when they see the newest.
    ///
    /// - Throws: ``MirrorError``.
    package func heldGeneration() async throws(MirrorError) -> UInt64? {
        do throws(PublicationError) {
            return try await workers.run { () throws(PublicationError) in try self.publisher.held() }
        } catch {
            throw .publication(error)
        }
    }

    /// Takes what may not be shown any more off the pages that readers see who are held.
    ///
    /// - Parameters:
    ///   - names: The projects that it may concern.
    ///   - selection: What says so.
    /// - Returns: The generation as it is live now, and projects whose records cannot be rendered now, with the reason.
    /// - Throws: ``MirrorError``.
    func reduceHeld(
        _ names: Set<ProjectName>,
        by selection: MirrorSelection
    ) async throws(MirrorError) -> (generation: Generation, postponed: [ProjectName: String]) {
        do throws(PublicationError) {
            return try await publisher.reduce(names, to: selection.showable)
        } catch {
            throw .publication(error)
        }
    }
}
