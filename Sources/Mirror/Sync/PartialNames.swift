internal import Scheduling
internal import SystemPackage

/// The parts of files that one sync is writing to: one download at a time for each.
///
/// Two projects can have the same file, and both can be wanted at once.
final class PartialNames: Sendable {
    private let taken = Locked(Set<FilePath>())

    /// Takes a part for one download.
    ///
    /// - Returns: Whether nobody has it.
    func take(_ path: FilePath) -> Bool {
        taken.withLock { $0.insert(path).inserted }
    }

    /// Gives a part back.
    func release(_ path: FilePath) {
        taken.withLock { _ = $0.remove(path) }
    }
}
