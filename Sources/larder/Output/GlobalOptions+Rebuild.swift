import ArgumentParser
import Mirror

extension GlobalOptions {
    /// Opens the mirror, with an index made anew when it was lost, for commands that need nobody to decide that.
    ///
    /// - Parameter command: The command, for what it tells.
    /// - Returns: The mirror; `nil` when that was interrupted.
    /// - Throws: ``MirrorError``.
    func rebuiltMirror(_ command: String) async throws -> MirrorRoot? {
        do throws(MirrorError) {
            return try await mirror()
        } catch {
            guard case .indexLost(let root) = error else { throw error }
            Console.error("larder \(command): warning: the index is gone; making it anew from records and objects")
            let report = try await rebuild(root, isRehashing: false, output)
            report.tell(command, quietly: output.json || output.quiet)
            return report.outcome == .interrupted ? nil : try await mirror()
        }
    }
}
