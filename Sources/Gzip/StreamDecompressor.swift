/// Unpacks data that come in pieces: gzip (RFC 1952), of one member or several, or zlib (RFC 1950).
package struct StreamDecompressor: ~Copyable {
    /// How the data are packed.
    package enum Format: Sendable {
        /// With the header of gzip.
        case gzip
        /// With the header of zlib; HTTP calls it `deflate` (RFC 9110, section 8.4.1.2).
        case zlib
    }

    private let format: Format
    private var stream: ZlibStream
    /// Whether the data may end here: behind a member.
    package private(set) var isAtEnd = false

    /// A decompressor that got nothing yet.
    ///
    /// - Throws: ``GzipError/outOfMemory``.
    package init(_ format: Format) throws(GzipError) {
        self.format = format
        stream = try ZlibStream.inflating(format)
    }

    /// Unpacks the next piece.
    ///
    /// - Parameters:
    ///   - bytes: The piece; what follows the last member must be another one.
    ///   - put: Gets what comes out, at most 64 KiB at a time; valid during the call only.
    /// - Throws: ``GzipError/corrupt(_:)``, ``GzipError/outOfMemory``, and what `put` throws.
    package mutating func unpack(
        _ bytes: UnsafeRawBufferPointer,
        put: (UnsafeRawBufferPointer) throws(GzipError) -> Void
    ) throws(GzipError) {
        let input = bytes.bindMemory(to: UInt8.self)
        var position = 0
        while position < input.count {
            if isAtEnd {
                guard format == .gzip else { throw .corrupt("bytes behind the end") }
                stream.reset()
                isAtEnd = false
            }
            let step = try stream.run(input, from: &position) { (part) throws(GzipError) in
                try put(UnsafeRawBufferPointer(part))
            }
            isAtEnd = step == .ended
        }
    }
}
