internal import CZlib

/// One `z_stream` and the buffer that it writes into.
///
/// zlib keeps a pointer from its state back to the `z_stream`, which therefore lives on the heap and never moves.
struct ZlibStream: ~Copyable {
    /// Which half of zlib initialized the stream, and ends it.
    private enum Direction {
        case deflate
        case inflate
    }

    /// What a call of zlib came to.
    enum Step {
        /// All input was taken, and no end of a member was met.
        case inputUsed
        /// The end of the gzip member was written or read.
        case ended
    }

    /// 15 bits of window, and 16 to say gzip rather than zlib (zlib.h, `deflateInit2`).
    private static let gzipWindow: Int32 = 15 + 16
    private static let zlibWindow: Int32 = 15
    private static let outputCapacity = 1 << 16
    private static let largestInput = 1 << 30

    private let stream: UnsafeMutablePointer<z_stream>
    private let output: UnsafeMutableBufferPointer<UInt8>
    private let direction: Direction

    static func deflating(level: Int) throws(GzipError) -> ZlibStream {
        guard (0...9).contains(level) else { throw .unsupportedLevel(level) }
        let new = ZlibStream(.deflate)
        let size = Int32(MemoryLayout<z_stream>.size)
        // 8 is the default of `memLevel`; the header that zlib writes by itself has no time and the system 3, Unix.
        let code = deflateInit2_(
            new.stream,
            Int32(level),
            Z_DEFLATED,
            gzipWindow,
            8,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            size
        )
        guard code == Z_OK else { throw .outOfMemory }
        return new
    }

    static func inflating(_ format: StreamDecompressor.Format = .gzip) throws(GzipError) -> ZlibStream {
        let new = ZlibStream(.inflate)
        let size = Int32(MemoryLayout<z_stream>.size)
        let window = format == .gzip ? gzipWindow : zlibWindow
        guard inflateInit2_(new.stream, window, ZLIB_VERSION, size) == Z_OK else { throw .outOfMemory }
        return new
    }

    private init(_ direction: Direction) {
        self.direction = direction
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        output = .allocate(capacity: Self.outputCapacity)
    }

    deinit {
        // Both only answer with an error for a stream that failed to initialize.
        switch direction {
        case .deflate: deflateEnd(stream)
        case .inflate: inflateEnd(stream)
        }
        stream.deallocate()
        output.deallocate()
    }

    /// Makes the stream ready for another gzip member.
    mutating func reset() {
        switch direction {
        case .deflate: deflateReset(stream)
        case .inflate: inflateReset(stream)
        }
    }

    /// Compresses or unpacks `input` from `position`, which moves to the first byte that was not taken.
    ///
    /// Stops at the end of a gzip member or of the input. `put` gets the bytes that come out, at most 64 KiB at a time.
    mutating func run(
        _ input: UnsafeBufferPointer<UInt8>,
        from position: inout Int,
        put: (UnsafeBufferPointer<UInt8>) throws(GzipError) -> Void
    ) throws(GzipError) -> Step {
        while true {
            let count = min(input.count - position, Self.largestInput)
            // zlib does not write to its input; only its declaration lacks the `const`.
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress.map { $0 + position })
            stream.pointee.avail_in = UInt32(count)
            stream.pointee.next_out = output.baseAddress
            stream.pointee.avail_out = UInt32(output.count)
            let isLast = position + count == input.count
            let code =
                switch direction {
                case .deflate: deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                case .inflate: inflate(stream, Z_NO_FLUSH)
                }
            position += count - Int(stream.pointee.avail_in)
            let written = output.count - Int(stream.pointee.avail_out)
            if written > 0 { try put(UnsafeBufferPointer(rebasing: output[..<written])) }
            switch code {
            case Z_STREAM_END: return .ended
            case Z_OK: continue
            // No progress was possible: there is no more input, and the output buffer had room.
            case Z_BUF_ERROR: return .inputUsed
            case Z_MEM_ERROR: throw .outOfMemory
            default: throw .corrupt(stream.pointee.msg.map { String(cString: $0) } ?? "zlib code \(code)")
            }
        }
    }
}
