internal import Packaging

/// What requirements state of a project from which a closure starts.
///
/// Releases that others need are kept beside those that a requirement takes; but digests that it names are the only ones
/// of its releases, and where every requirement names digests, of the project.
package struct StatedLimits: Hashable, Sendable {
    /// Nothing is stated, or everything is asked for.
    package static let none = StatedLimits(demands: [], narrows: true)

    /// What asks for single releases.
    package let demands: [Demand]
    /// Whether only what the closure found is kept of what is asked for.
    let narrows: Bool

    /// Whether files are kept of which the closure says nothing.
    func isKeptAnyhow(_ candidate: Candidate) -> Bool {
        !narrows && demands.contains { $0.asks(for: candidate) }
    }

    /// Whether nothing that is stated speaks against a file.
    func allow(_ candidate: Candidate) -> Bool {
        guard !demands.isEmpty else { return true }
        let taking = demands.filter { $0.takes(candidate.version) }
        guard !taking.isEmpty else { return !demands.allSatisfy(\.namesDigests) }
        return taking.contains { $0.asks(for: candidate) }
    }
}
