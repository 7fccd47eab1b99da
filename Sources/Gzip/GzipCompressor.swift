/// Compresses one piece of data after another, each to a gzip file of its own (RFC 1952).
///
/// The same bytes at the same level give the same output with one version of zlib: the header has no time and no name,
/// and the system 3 (Unix). One `z_stream` (256 KiB) serves all of them: a new one for each adds a quarter to the time
/// of a small page.
package struct GzipCompressor: ~Copyable, Sendable {
    // A z_stream may move between threads as long as one uses it at a time, which ownership guarantees.
    private nonisolated(unsafe) var stream: ZlibStream

    /// A compressor.
    ///
    /// - Parameter level: 0 (stored), 1 (fastest) to 9 (smallest).
    /// - Throws: ``GzipError/unsupportedLevel(_:)`` and ``GzipError/outOfMemory``.
    package init(level: Int) throws(GzipError) {
        stream = try ZlibStream.deflating(level: level)
    }

    /// A complete gzip file that unpacks to `bytes`.
    ///
    /// - Throws: ``GzipError/outOfMemory``; the compressor can be used again.
    package mutating func compress(_ bytes: [UInt8]) throws(GzipError) -> [UInt8] {
        stream.reset()
        var compressed: [UInt8] = []
        try bytes.withUnsafeBufferPointer { (input) throws(GzipError) in
            var position = 0
            let step = try stream.run(input, from: &position) { (part) throws(GzipError) in
                compressed.append(contentsOf: part)
            }
            guard step == .ended else { throw .outOfMemory }
        }
        return compressed
    }
}
