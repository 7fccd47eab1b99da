/// The mirror of a server, which is opened again where a `rebuild` put another index in the place of its own.
package actor ServedMirror {
    /// The mirror as it was opened last.
    package private(set) var current: MirrorRoot
    private let open: @Sendable () async throws(MirrorError) -> MirrorRoot
    private var opening: Task<Result<MirrorRoot, MirrorError>, Never>?

    /// Opens a mirror.
    ///
    /// - Parameter open: Opens it, now and later.
    /// - Throws: ``MirrorError``.
    package init(_ open: @escaping @Sendable () async throws(MirrorError) -> MirrorRoot) async throws(MirrorError) {
        self.open = open
        current = try await open()
    }

    /// Opens the mirror again, once however many want that: a process opens an index once.
    ///
    /// - Parameter stale: What was found to have lost its index.
    /// - Returns: The mirror with the index that is there now.
    /// - Throws: ``MirrorError``, as while the new index is being made.
    func reopened(from stale: MirrorRoot) async throws(MirrorError) -> MirrorRoot {
        guard current === stale else { return current }
        let task =
            opening
            ?? Task { [open] in
                do throws(MirrorError) {
                    return .success(try await open())
                } catch {
                    return .failure(error)
                }
            }
        opening = task
        let result = await task.value
        // Whoever comes first after it notes it for all.
        if opening == task {
            opening = nil
            if case .success(let mirror) = result { current = mirror }
        }
        return try result.get()
    }
}
