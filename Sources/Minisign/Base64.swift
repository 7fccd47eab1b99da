internal import COpenSSL

/// Base64 (RFC 4648, section 4), by OpenSSL.
enum Base64 {
    /// The text of some bytes, padded, in one line.
    static func encode(_ bytes: [UInt8]) -> String {
        let capacity = (bytes.count + 2) / 3 * 4 + 1
        let text = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            count = Int(EVP_EncodeBlock(buffer.baseAddress, bytes, Int32(bytes.count)))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of a text of at most 1,024 characters; `nil` for one that ``encode(_:)`` would not give.
    static func decode(_ text: Substring) -> [UInt8]? {
        let characters = Array(text.utf8)
        guard characters.count <= 1_024, characters.count.isMultiple(of: 4) else { return nil }
        var bytes = [UInt8](unsafeUninitializedCapacity: characters.count / 4 * 3) { buffer, count in
            count = Int(max(0, EVP_DecodeBlock(buffer.baseAddress, characters, Int32(characters.count))))
        }
        // OpenSSL counts the padding as zeros.
        bytes.removeLast(min(bytes.count, characters.suffix(2).count { $0 == UInt8(ascii: "=") }))
        return encode(bytes) == text ? bytes : nil
    }
}
