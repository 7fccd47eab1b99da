internal import Glibc

/// Bytes of a body on their way from the network to a receiver.
///
/// The network thread fills it and then hands it to the one thread that reads it, so that no two threads ever have it.
final class Chunk: @unchecked Sendable {
    // Sendable because it has one owner at a time: see above.
    private var base: UnsafeMutableRawPointer?
    private let pool: ChunkPool?
    private let capacity: Int
    /// The number of bytes in it.
    private(set) var count = 0

    /// An empty chunk.
    ///
    /// - Parameters:
    ///   - capacity: How much fits.
    ///   - pool: Where the memory of chunks of its size comes from.
    init(capacity: Int, pool: ChunkPool) {
        self.capacity = capacity
        self.pool = capacity == ChunkPool.chunkSize ? pool : nil
        base = self.pool?.take() ?? UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        free()
    }

    /// Gives the memory back before the chunk ends; its bytes are gone.
    func free() {
        if let base {
            if let pool { pool.put(base) } else { base.deallocate() }
        }
        base = nil
    }

    /// The bytes in it; valid as long as the chunk lives.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: base == nil ? 0 : count) }

    /// Takes as many of the bytes as fit.
    ///
    /// - Returns: How many it took.
    func append(_ bytes: UnsafeRawBufferPointer) -> Int {
        let taken = min(bytes.count, capacity - count)
        guard taken > 0, let base, let source = bytes.baseAddress else { return 0 }
        base.advanced(by: count).copyMemory(from: source, byteCount: taken)
        count += taken
        return taken
    }

    /// Whether nothing more fits.
    var isFull: Bool { count == capacity }
}
