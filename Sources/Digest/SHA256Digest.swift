/// A SHA-256 digest: the name of an object, and what proves its bytes.
///
/// Ordered as its bytes are, most significant first, which is also the order of its hexadecimal form.
package struct SHA256Digest: Hashable, Comparable, Sendable {
    /// The number of bytes of a digest.
    package static let byteCount = 32

    private let word0: UInt64
    private let word1: UInt64
    private let word2: UInt64
    private let word3: UInt64

    /// A digest from its 32 bytes.
    ///
    /// - Parameter bytes: The bytes, most significant first; `nil` results when there are not exactly 32.
    package init?(bytes: some Sequence<UInt8>) {
        // Rows of the index are decoded by the hundred thousand, and a generic loop is not specialized outside this module.
        if let digest = bytes.withContiguousStorageIfAvailable({ Self(buffer: $0) }) {
            guard let digest else { return nil }
            self = digest
            return
        }
        var words: [4 of UInt64] = [0, 0, 0, 0]
        var count = 0
        for byte in bytes {
            guard count < Self.byteCount else { return nil }
            words[count / 8] = words[count / 8] << 8 | UInt64(byte)
            count += 1
        }
        guard count == Self.byteCount else { return nil }
        (word0, word1, word2, word3) = (words[0], words[1], words[2], words[3])
    }

    private init?(buffer: UnsafeBufferPointer<UInt8>) {
        guard buffer.count == Self.byteCount else { return nil }
        // The length was checked, and any bits are a number.
        let bytes = UnsafeRawBufferPointer(buffer)
        func word(_ index: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
        }
        (word0, word1, word2, word3) = (word(0), word(1), word(2), word(3))
    }

    /// A digest from its 64 hexadecimal digits, in either case.
    package init?(hex: some StringProtocol) {
        guard let bytes = [UInt8](hex: hex) else { return nil }
        self.init(bytes: bytes)
    }

    /// The 32 bytes, most significant first.
    package var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
            for (index, word) in [word0, word1, word2, word3].enumerated() {
                for byte in 0..<8 {
                    buffer[index * 8 + byte] = UInt8(truncatingIfNeeded: word >> UInt64(56 - byte * 8))
                }
            }
            count = Self.byteCount
        }
    }

    /// The first eight bytes as a number: as good as random, and enough to tell a few million apart.
    package var prefix: UInt64 { word0 }

    /// The 64 lower-case hexadecimal digits.
    package var hex: String { bytes.hex }

    package static func < (left: Self, right: Self) -> Bool {
        if left.word0 != right.word0 { return left.word0 < right.word0 }
        if left.word1 != right.word1 { return left.word1 < right.word1 }
        if left.word2 != right.word2 { return left.word2 < right.word2 }
        return left.word3 < right.word3
    }
}

extension SHA256Digest: CustomStringConvertible {
    package var description: String { hex }
}

extension SHA256Digest {
    /// The digest of bytes that are all in memory.
    ///
    /// - Throws: ``DigestError`` when OpenSSL cannot provide SHA-256.
    package static func hash(_ bytes: some Sequence<UInt8>) throws(DigestError) -> SHA256Digest {
        var hasher = try Hasher(.sha256)
        hasher.update(Array(bytes))
        return try hasher.finalizeSHA256()
    }
}
