internal import CArchive
internal import Scheduling

/// Where an archive comes from, and why it could not: blocks that a thread of its own fills while others are read.
final class ReadAhead {
    private static let blockCount = 4

    private struct Filled: Sendable {
        let block: Int
        let count: Result<Int, any Error>
    }

    private let blocks: Blocks
    private let free: Handover<Int>
    private let filled: Handover<Filled>
    /// The block that is read now.
    private var current: Int?
    private var isAtEnd = false
    private(set) var failure: (any Error)?

    init(_ body: @escaping @Sendable (UnsafeMutableRawBufferPointer) throws -> Int, blockSize: Int) {
        let blocks = Blocks(count: Self.blockCount, size: blockSize)
        let (free, filled) = (Handover<Int>(capacity: blocks.count), Handover<Filled>(capacity: blocks.count))
        for block in 0..<blocks.count { free.put(block) }
        (self.blocks, self.free, self.filled) = (blocks, free, filled)
        Thread.start(name: "larder-tar") {
            while let block = free.take() {
                let count = Result { try body(blocks[block]) }
                guard filled.put(Filled(block: block, count: count)), case .success(1...) = count else { return }
            }
        }
    }

    deinit {
        free.close()
        filled.close()
    }

    /// The next bytes; valid until the next call.
    ///
    /// - Returns: How many they are; 0 at the end, and libarchive's code for what cannot go on.
    func next(_ bytes: inout UnsafeRawPointer?) -> Int {
        if let current { free.put(current) }
        current = nil
        guard failure == nil else { return Int(ARCHIVE_FATAL) }
        guard !isAtEnd, let next = filled.take() else { return 0 }
        switch next.count {
        case .failure(let error):
            failure = error
            return Int(ARCHIVE_FATAL)
        case .success(let count):
            if count == 0 { isAtEnd = true }
            current = next.block
            bytes = UnsafeRawPointer(blocks[next.block].baseAddress)
            return count
        }
    }

    /// Takes all that is left; nothing is read any more then.
    func drain() throws(TarError) {
        var bytes: UnsafeRawPointer?
        while next(&bytes) > 0 {}
        if let failure { throw .stream(failure) }
    }
}

/// Memory that outlives whoever ends first: the thread that fills it, or whoever reads.
private final class Blocks: Sendable {
    // Each is used by one thread at a time, to which its number was handed over.
    private nonisolated(unsafe) let memory: [UnsafeMutableRawBufferPointer]

    init(count: Int, size: Int) {
        memory = (0..<count).map { _ in .allocate(byteCount: size, alignment: 4_096) }
    }

    deinit {
        for block in memory { block.deallocate() }
    }

    var count: Int { memory.count }

    subscript(number: Int) -> UnsafeMutableRawBufferPointer { memory[number] }
}
