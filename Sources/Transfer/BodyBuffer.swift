internal import Synchronization

/// The bytes of one body that were received and are not with the receiver: gathered into chunks, and handed over.
///
/// Belongs to the network thread.
final class BodyBuffer {
    /// Up to this size a body is handed over whole.
    static let smallBody = 64 << 10

    /// The size of the body, as it was declared.
    var declared: UInt64?
    private let transfer: Transfer
    private let isToMemory: Bool
    private let outstanding = Outstanding()
    private var received: UInt64 = 0
    private var current: Chunk?
    private var retained: [Chunk] = []

    /// The buffer of a body that has not begun.
    init(of transfer: Transfer) {
        self.transfer = transfer
        isToMemory = transfer.request.destination.path == nil
    }

    /// Whether nothing is with the receiver.
    var isDrained: Bool { outstanding.isNone }

    /// Takes bytes; full chunks of a body that is written go to the receiver.
    func keep(_ bytes: UnsafeRawBufferPointer) {
        received += UInt64(bytes.count)
        var rest = bytes
        while !rest.isEmpty {
            if current?.isFull ?? false {
                if isToMemory {
                    if let current { retained.append(current) }
                    current = nil
                } else {
                    handOver()
                }
            }
            let chunk = current ?? Chunk(capacity: nextCapacity(atLeast: rest.count), pool: transfer.chunks)
            current = chunk
            rest = UnsafeRawBufferPointer(rebasing: rest[chunk.append(rest)...])
        }
    }

    /// Gives what is there to the receiver, if the body is written; one in memory goes there whole.
    func handOver() {
        guard !isToMemory, let chunk = current else { return }
        current = nil
        outstanding.add()
        transfer.receive(chunk) { [outstanding] in outstanding.remove() }
    }

    /// The bytes that were not handed over.
    func takeRest() -> [Chunk] {
        var chunks = retained
        if let current { chunks.append(current) }
        retained = []
        current = nil
        return chunks
    }

    /// The size of the next chunk: what is still to come if it is known, else more with every chunk.
    private func nextCapacity(atLeast count: Int) -> Int {
        if let declared {
            return min(max(count, Int(clamping: declared - min(declared, received)) + count), ChunkPool.chunkSize)
        }
        return received <= 16 << 10
            ? max(count, 16 << 10) : received <= 256 << 10 ? Self.smallBody : ChunkPool.chunkSize
    }
}

/// How many chunks of an exchange are with the receiver.
private final class Outstanding: Sendable {
    private let count = Atomic<Int>(0)

    /// Whether there are none.
    var isNone: Bool { count.load(ordering: .sequentiallyConsistent) == 0 }

    /// Counts one more.
    func add() { count.add(1, ordering: .sequentiallyConsistent) }

    /// Counts one less.
    func remove() { count.subtract(1, ordering: .sequentiallyConsistent) }
}
