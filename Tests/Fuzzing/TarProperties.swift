import Tar

/// What holds for tar archives: members have the bytes that they are said to have, which are all in the archive.
enum TarProperties {
    static func check(_ input: [UInt8]) throws(PropertyViolation) {
        let sizes: [(found: UInt64, said: UInt64)]
        do throws(TarError) {
            sizes = try read(input)
        } catch {
            return try requirePrintable(error.description)
        }
        for (found, said) in sizes { try require(found <= said, "a member has \(found) bytes, and \(said) were said") }
        let total = sizes.reduce(0) { $0 + $1.found }
        try require(total <= input.count, "members have \(total) bytes, in an archive of \(input.count)")
    }

    /// How many bytes each plain member has, and is said to have.
    private static func read(_ input: [UInt8]) throws(TarError) -> [(found: UInt64, said: UInt64)] {
        let source = Bytes(input)
        let reader = try TarReader(blockSize: 512) { source.read(into: $0) }
        var sizes: [(found: UInt64, said: UInt64)] = []
        while let member = try reader.next() {
            guard member.oddity == nil else { continue }
            var size: UInt64 = 0
            try reader.read { size += UInt64($0.count) }
            sizes.append((size, member.size))
        }
        try reader.drain()
        return sizes
    }
}

/// Bytes that are read piece by piece.
private final class Bytes: @unchecked Sendable {
    // Only the thread that reads the archive uses it.
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    func read(into memory: UnsafeMutableRawBufferPointer) -> Int {
        let piece = rest.prefix(memory.count)
        memory.copyBytes(from: piece)
        rest = rest.dropFirst(piece.count)
        return piece.count
    }
}
