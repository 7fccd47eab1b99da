internal import COpenSSL

/// Base64 (RFC 4648, section 4), by OpenSSL.
package enum Base64 {
    /// The text of some bytes, padded, in one line.
    package static func encode(_ bytes: [UInt8]) -> String {
        let capacity = (bytes.count + 2) / 3 * 4 + 1
        let text = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            count = Int(EVP_EncodeBlock(buffer.baseAddress, bytes, Int32(bytes.count)))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of a text.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - limit: The most characters that it may have, below 2³¹.
    /// - Returns: Its bytes; `nil` for one that is longer, or that ``encode(_:)`` would not give.
    package static func decode(_ text: some StringProtocol, limit: Int = 1_024) -> [UInt8]? {
        let characters = Array(text.utf8)
        guard characters.count <= limit, characters.count.isMultiple(of: 4) else { return nil }
        var bytes = [UInt8](unsafeUninitializedCapacity: characters.count / 4 * 3) { buffer, count in
            count = Int(max(0, EVP_DecodeBlock(buffer.baseAddress, characters, Int32(characters.count))))
        }
        // OpenSSL counts the padding as zeros.
        bytes.removeLast(min(bytes.count, characters.suffix(2).count { $0 == UInt8(ascii: "=") }))
        return encode(bytes) == text ? bytes : nil
    }
}
