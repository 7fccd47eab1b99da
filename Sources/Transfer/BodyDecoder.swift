internal import Gzip

/// Undoes the encodings of a body (RFC 9110, section 8.4): gzip and deflate, one after the other.
///
/// libcurl could do it, but it takes a body that breaks off within its encoding for a complete one.
final class BodyDecoder {
    private final class Stage {
        var decompressor: StreamDecompressor

        init(_ format: StreamDecompressor.Format) throws(GzipError) {
            decompressor = try StreamDecompressor(format)
        }
    }

    /// What one body may at most be packed in.
    private static let maximumStages = 4
    /// How much is unpacked between two looks at the proportion of what goes in to what comes out.
    private static let piece = 4 << 10

    private let stages: [Stage]
    private let maximumRatio: UInt64
    private var encoded: UInt64 = 0
    private var decoded: UInt64 = 0

    /// A decoder of a body that got nothing yet; `nil` when there is nothing to decode.
    ///
    /// - Parameters:
    ///   - encodings: The values of `Content-Encoding`.
    ///   - maximumRatio: How many times as long as what goes in may be what comes out, beyond the first MiB.
    /// - Throws: ``TransferError/Code/protocolError`` for an encoding that was not asked for.
    init?(_ encodings: [String], maximumRatio: UInt64) throws(TransferError.Code) {
        var stages: [Stage] = []
        for name in encodings.flatMap({ $0.split(separator: ",") }) {
            let format: StreamDecompressor.Format
            switch name.lowercased().filter({ $0 != " " && $0 != "\t" }) {
            case "", "identity": continue
            case "gzip", "x-gzip": format = .gzip
            case "deflate": format = .zlib
            default: throw .protocolError
            }
            guard stages.count < Self.maximumStages, let stage = try? Stage(format) else { throw .protocolError }
            stages.append(stage)
        }
        guard !stages.isEmpty else { return nil }
        // The last one that was applied is the first one to be undone.
        self.stages = stages.reversed()
        self.maximumRatio = maximumRatio
    }

    /// Decodes the next bytes.
    ///
    /// - Parameters:
    ///   - bytes: The bytes as they came.
    ///   - put: Gets what they decode to.
    /// - Throws: ``TransferError/Code/protocolError`` for what is not encoded as was said,
    ///   ``TransferError/Code/decompressionBomb(ratio:)``, and what `put` throws.
    func decode(
        _ bytes: UnsafeRawBufferPointer,
        put: (UnsafeRawBufferPointer) throws(TransferError.Code) -> Void
    ) throws(TransferError.Code) {
        var rest = bytes
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.piece))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(Self.piece))
            encoded += UInt64(piece.count)
            try run(piece, through: 0, put)
        }
    }

    /// Ends the body.
    ///
    /// - Throws: ``TransferError/Code/shortBody(expected:received:)`` when it ended within its encoding.
    func finish() throws(TransferError.Code) {
        guard stages.allSatisfy({ $0.decompressor.isAtEnd }) else { throw .shortBody(expected: nil, received: decoded) }
    }

    private func run(
        _ bytes: UnsafeRawBufferPointer,
        through index: Int,
        _ put: (UnsafeRawBufferPointer) throws(TransferError.Code) -> Void
    ) throws(TransferError.Code) {
        guard index < stages.count else {
            decoded += UInt64(bytes.count)
            let ratio = decoded / max(1, encoded)
            if decoded > 1 << 20, ratio > maximumRatio { throw .decompressionBomb(ratio: ratio) }
            return try put(bytes)
        }
        var failure: TransferError.Code?
        do throws(GzipError) {
            try stages[index].decompressor.unpack(bytes) { (part) throws(GzipError) in
                do throws(TransferError.Code) {
                    try run(part, through: index + 1, put)
                } catch {
                    failure = error
                    throw .truncated
                }
            }
        } catch {
            throw failure ?? .protocolError
        }
    }
}
