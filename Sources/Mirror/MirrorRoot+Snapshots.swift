package import Publication
internal import Scheduling
internal import SystemPackage

/// A snapshot, as far as it can be read.
package struct SnapshotSummary: Sendable {
    /// Its name.
    package let name: SnapshotName
    /// What it shows; `nil` when that cannot be read.
    package let generation: Generation?
}

extension MirrorRoot {
    /// Keeps what readers see now under a name.
    ///
    /// - Parameter name: The name.
    /// - Returns: The generation that it shows.
    /// - Throws: ``MirrorError``; `usage` where there is one of this name or nothing was published yet, `locked` while
    ///   another command changes the mirror.
    package func makeSnapshot(_ name: SnapshotName) async throws(MirrorError) -> Generation {
        let lock = try await lock()
        defer { lock.release() }
        try reserve.check(changes: 0)
        let generation = try await published { () throws(PublicationError) in
            try await self.publisher.makeSnapshot(name)
        }
        try await renewFrontPage()
        return generation
    }

    /// The snapshots, by name; needs no lock.
    ///
    /// - Throws: ``MirrorError``.
    package func listSnapshots() async throws(MirrorError) -> [SnapshotSummary] {
        try await workers.runWrapping { [publisher] () throws -> [SnapshotSummary] in
            try publisher.snapshots.names().map { name in
                SnapshotSummary(name: name, generation: try? publisher.snapshots.generation(name))
            }
        }
    }

    /// Removes a snapshot; what only it refers to is for `gc`.
    ///
    /// - Parameter name: The snapshot.
    /// - Throws: ``MirrorError``; `usage` when there is none, `locked` while another command changes the mirror.
    package func removeSnapshot(_ name: SnapshotName) async throws(MirrorError) {
        let lock = try await lock()
        defer { lock.release() }
        try await published { () throws(PublicationError) in try await self.publisher.removeSnapshot(name) }
        try await renewFrontPage()
    }

    /// Compares two trees, by what their pages say; needs no lock.
    ///
    /// - Parameters:
    ///   - first: The tree that is compared with.
    ///   - second: The other one.
    /// - Returns: How the second differs from the first.
    /// - Throws: ``MirrorError``; `usage` for a snapshot that is not there.
    package func compare(_ first: ComparedTree, _ second: ComparedTree) async throws(MirrorError) -> TreeDifference {
        try await published { () throws(PublicationError) in
            try await self.publisher.difference(from: first, to: second)
        }
    }

    /// Takes readers to a snapshot, and holds them there as ``rollBack(to:)`` does.
    ///
    /// - Parameter name: The snapshot.
    /// - Returns: The generation as it is live now.
    /// - Throws: ``MirrorError``; `usage` when there is none, `locked` while another command changes the mirror.
    package func rollBack(toSnapshot name: SnapshotName) async throws(MirrorError) -> Generation {
        let lock = try await lock()
        defer { lock.release() }
        let selection = try await newestSelection()
        let generation = try await published { () throws(PublicationError) in
            try await self.publisher.hold(atSnapshot: name, selection.showable)
        }
        try await renewFrontPage()
        return generation
    }

    /// Runs what a person asked for by name: what is not there is a wrong question.
    func published<Result: Sendable>(
        _ body: () async throws(PublicationError) -> Result
    ) async throws(MirrorError) -> Result {
        do throws(PublicationError) {
            return try await body()
        } catch {
            switch error {
            case .unreachable, .snapshotTaken, .noSnapshot: throw .usage("\(error)")
            default: throw .publication(error)
            }
        }
    }
}
