internal import Catalog
internal import Digest
internal import Scheduling

/// Tells the index which objects and copies were hashed and right, now and then, so that a run that is cut off loses little.
final class CheckedObjects: Sendable {
    /// The most that one transaction tells of, so that no writer waits long.
    private static let limit = 8_192
    /// How long an object waits at most.
    private static let patience = Duration.seconds(5)

    private struct Checks {
        var objects: [SHA256Digest: Int64] = [:]
        var copies: [PackageKey: Int64] = [:]

        var count: Int { objects.count + copies.count }
    }

    private struct State {
        var waiting = Checks()
        var lastFlush = ContinuousClock.now
        var failure: CatalogError?
    }

    private let catalog: Catalog
    private let now: @Sendable () -> Int64
    private let mayWrite: @Sendable () -> Bool
    private let state = Locked(State())

    /// - Parameters:
    ///   - catalog: The index.
    ///   - now: The time in seconds since 1970.
    ///   - mayWrite: Whether the index is still to be told: who writes to a broken one may break more of it.
    init(
        catalog: Catalog,
        now: @escaping @Sendable () -> Int64,
        mayWrite: @escaping @Sendable () -> Bool
    ) {
        self.catalog = catalog
        self.now = now
        self.mayWrite = mayWrite
    }

    /// Why the index could not be told; nothing is tried after an error.
    var failure: CatalogError? { state.withLock { $0.failure } }

    /// Notes that an object was hashed now and is right.
    func add(_ digest: SHA256Digest) {
        let time = now()
        state.withLock { $0.waiting.objects[digest] = time }
        flushIfDue()
    }

    /// Notes that a copy was hashed now and is right.
    func add(_ copy: PackageKey) {
        let time = now()
        state.withLock { $0.waiting.copies[copy] = time }
        flushIfDue()
    }

    /// Tells the index when enough waits, or something waits for long.
    func flushIfDue() {
        let due = state.withLock { state -> Checks in
            let isDue = state.waiting.count >= Self.limit || .now - state.lastFlush >= Self.patience
            return isDue ? Self.take(&state) : Checks()
        }
        write(due)
    }

    /// Tells the index everything.
    func flush() {
        write(state.withLock { Self.take(&$0) })
    }

    private static func take(_ state: inout State) -> Checks {
        state.lastFlush = .now
        defer { state.waiting = Checks() }
        return state.failure == nil ? state.waiting : Checks()
    }

    private func write(_ checks: Checks) {
        guard checks.count > 0, !catalog.isReadOnly, mayWrite() else { return }
        do throws(CatalogError) {
            try catalog.write { catalog throws(CatalogError) in
                for (digest, time) in checks.objects.sorted(by: { $0.key < $1.key }) {
                    // What is gone meanwhile stays gone.
                    guard var row = try catalog.reader.row(of: digest, in: Tables.objects) else { continue }
                    row.verifiedAt = time
                    try catalog.put(row, under: digest, in: Tables.objects)
                }
                for (key, time) in checks.copies {
                    guard var row = try catalog.reader.row(of: key, in: Tables.packages) else { continue }
                    row.verifiedAt = time
                    try catalog.put(row, under: key, in: Tables.packages)
                }
            }
        } catch {
            state.withLock { $0.failure = error }
        }
    }
}
