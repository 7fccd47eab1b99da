/// Unpacks a gzip file (RFC 1952), of one member or several.
///
/// At most 64 KiB more than `limit` are ever unpacked, whatever the data claim.
///
/// - Parameters:
///   - bytes: The whole file; anything after its last member is an error.
///   - limit: The most bytes that may come out.
/// - Returns: What the file holds.
/// - Throws: ``GzipError/tooLarge(limit:)``, ``GzipError/truncated``, ``GzipError/corrupt(_:)`` and
///   ``GzipError/outOfMemory``.
package func decompress(_ bytes: [UInt8], limit: Int) throws(GzipError) -> [UInt8] {
    var stream = try ZlibStream.inflating()
    var unpacked: [UInt8] = []
    try bytes.withUnsafeBufferPointer { (input) throws(GzipError) in
        var position = 0
        repeat {
            stream.reset()
            let step = try stream.run(input, from: &position) { (part) throws(GzipError) in
                guard part.count <= limit - unpacked.count else { throw .tooLarge(limit: limit) }
                unpacked.append(contentsOf: part)
            }
            guard step == .ended else { throw .truncated }
        } while position < input.count
    }
    return unpacked
}
