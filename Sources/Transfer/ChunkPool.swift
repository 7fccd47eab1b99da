internal import Scheduling

/// The memory of large chunks, used again.
///
/// One thread asks for it and others give it back; left to malloc, the memory of a hundred threads' turns is kept in
/// pieces that nobody can use.
final class ChunkPool: Sendable {
    /// The size of its chunks in bytes.
    static let chunkSize = 256 << 10
    private static let alignment = 4_096

    private struct State {
        // The list owns what is in it, and hands out each address once.
        nonisolated(unsafe) var free: [UnsafeMutableRawPointer] = []
    }

    private let state = Locked(State())
    private let limit: Int

    /// An empty pool that keeps up to so many bytes.
    init(bytes: Int) {
        limit = max(1, bytes / Self.chunkSize)
    }

    deinit {
        for base in state.withLock({ $0.free }) { base.deallocate() }
    }

    /// Memory for one chunk.
    func take() -> UnsafeMutableRawPointer {
        let used = state.withLock { $0.free.popLast().map { Address($0) } }
        return used?.base ?? .allocate(byteCount: Self.chunkSize, alignment: Self.alignment)
    }

    /// Takes memory back.
    func put(_ base: UnsafeMutableRawPointer) {
        let address = Address(base)
        let isKept = state.withLock { state in
            guard state.free.count < limit else { return false }
            state.free.append(address.base)
            return true
        }
        if !isKept { base.deallocate() }
    }

    /// An address that has one owner, on its way through the lock.
    private struct Address: @unchecked Sendable {
        // Sendable because whoever has it is the only one who does.
        let base: UnsafeMutableRawPointer

        init(_ base: UnsafeMutableRawPointer) { self.base = base }
    }
}
