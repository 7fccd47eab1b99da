internal import Digest
internal import ObjectStore
internal import Scheduling

/// Threads that each hash one object at a time.
///
/// There are four times as many as processors: while most wait for the disk, some hash. A file that is larger than a
/// chunk is read and hashed in turns, so that overlap needs several of them.
struct ContentLanes: Sendable {
    /// How many threads a machine with so many processors gets, and so how many chunks are in memory.
    static func count(processors: Int) -> Int { min(32, max(8, 4 * processors)) }

    private let count: Int
    private let chunk: Int
    private let threads: WorkerPool

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - processors: How many processors the process may use.
    ///   - chunk: The most bytes that a thread reads at a time.
    init(processors: Int, chunk: Int = ObjectHasher.ordinaryChunk) {
        count = Self.count(processors: processors)
        self.chunk = chunk
        threads = WorkerPool(name: "larder-verify", threadCount: count)
    }

    /// Calls `body` with each of some objects, in their order, on several threads at once.
    ///
    /// - Parameters:
    ///   - objects: The objects.
    ///   - limits: Asked before each object whether the rest is left.
    ///   - body: Gets an object, and what hashes on this thread.
    /// - Throws: ``DigestError`` when OpenSSL cannot provide SHA-256.
    func forEach(
        of objects: [OldestObjects.Candidate],
        within limits: VerifyLimits,
        _ body: @escaping @Sendable (OldestObjects.Candidate, inout ObjectHasher) -> Void
    ) async throws(DigestError) {
        let next = Locked(0)
        try await threads.forEach(count: count) { [chunk] _ throws(DigestError) in
            var hasher = try ObjectHasher(chunk: chunk)
            while !limits.isOver {
                let index = next.withLock { next in
                    defer { next += 1 }
                    return next
                }
                guard index < objects.count else { return }
                body(objects[index], &hasher)
            }
        }
    }
}
