internal import Catalog
internal import Digest
internal import Scheduling

/// Tells the index which objects were hashed and right, now and then, so that a run that is cut off loses little.
final class CheckedObjects: Sendable {
    /// The most objects that one transaction tells of, so that no writer waits long.
    private static let limit = 8_192
    /// How long an object waits at most.
    private static let patience = Duration.seconds(5)

    private struct State {
        var waiting: [SHA256Digest: Int64] = [:]
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
        state.withLock { $0.waiting[digest] = time }
        flushIfDue()
    }

    /// Tells the index when enough waits, or something waits for long.
    func flushIfDue() {
        let due = state.withLock { state -> [SHA256Digest: Int64] in
            let isDue = state.waiting.count >= Self.limit || .now - state.lastFlush >= Self.patience
            return isDue ? Self.take(&state) : [:]
        }
        write(due)
    }

    /// Tells the index everything.
    func flush() {
        write(state.withLock { Self.take(&$0) })
    }

    private static func take(_ state: inout State) -> [SHA256Digest: Int64] {
        state.lastFlush = .now
        defer { state.waiting = [:] }
        return state.failure == nil ? state.waiting : [:]
    }

    private func write(_ checks: [SHA256Digest: Int64]) {
        guard !checks.isEmpty, !catalog.isReadOnly, mayWrite() else { return }
        do throws(CatalogError) {
            try catalog.write { catalog throws(CatalogError) in
                for (digest, time) in checks.sorted(by: { $0.key < $1.key }) {
                    // What is gone meanwhile stays gone.
                    guard var row = try catalog.reader.row(of: digest, in: Tables.objects) else { continue }
                    row.verifiedAt = time
                    try catalog.put(row, under: digest, in: Tables.objects)
                }
            }
        } catch {
            state.withLock { $0.failure = error }
        }
    }
}
