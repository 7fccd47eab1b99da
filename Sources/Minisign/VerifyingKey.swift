internal import COpenSSL
internal import Digest

/// A public Ed25519 key, in minisign's format.
package struct VerifyingKey: Hashable, Sendable {
    /// The number of bytes of the key itself.
    static let byteCount = 32
    /// The number of bytes of ``id``.
    static let idByteCount = 8
    private static let algorithm = Array("Ed".utf8)

    /// Which key it is, 8 bytes: a signature names it.
    package let id: [UInt8]
    private let key: [UInt8]

    /// A key, whose ``id`` is the beginning of its SHA-256.
    init(key: [UInt8]) throws(SigningError) {
        do throws(DigestError) {
            id = Array(try SHA256Digest.hash(key).bytes.prefix(Self.idByteCount))
        } catch {
            throw .library("compute SHA-256")
        }
        self.key = key
    }

    /// Reads a key.
    ///
    /// - Parameter text: The file that `larder keygen` or `minisign -G` writes, or its second line alone.
    /// - Throws: ``SigningError/malformedPublicKey(_:)``.
    package init(_ text: String) throws(SigningError) {
        var lines = text.split(whereSeparator: \.isNewline)
        if lines.count > 1, lines[0].hasPrefix(Signature.untrustedPrefix) { lines.removeFirst() }
        guard lines.count == 1 else { throw .malformedPublicKey("is not one line") }
        let count = Self.algorithm.count + Self.idByteCount + Self.byteCount
        guard let bytes = Base64.decode(lines[0]), bytes.count == count else {
            throw .malformedPublicKey("is not \(count) bytes in base64")
        }
        guard bytes.starts(with: Self.algorithm) else { throw .malformedPublicKey("is not of Ed25519") }
        id = Array(bytes[2..<10])
        key = Array(bytes[10...])
    }

    /// The key in one line, as `minisign -P` takes it.
    package var line: String { Base64.encode(Self.algorithm + id + key) }

    /// The key as a file, as `minisign -p` takes it.
    package var file: String { "\(Signature.untrustedPrefix)minisign public key \(name)\n\(line)\n" }

    /// The name that minisign shows for the key: its ``id`` as a number in hexadecimal.
    package var name: String { Array(id.reversed()).hex.uppercased() }

    /// Whether a signature is one of these bytes, and of its own comment, by this key.
    ///
    /// - Throws: ``SigningError/library(_:)``.
    package func accepts(_ signature: Signature, of bytes: [UInt8]) throws(SigningError) -> Bool {
        guard signature.keyID == id else { return false }
        let signed = signature.signature + Array(signature.comment.utf8)
        guard try accepts(signature.signature, of: try Signature.digest(of: bytes)) else { return false }
        return try accepts(signature.global, of: signed)
    }

    private func accepts(_ signature: [UInt8], of bytes: [UInt8]) throws(SigningError) -> Bool {
        let context = EVP_MD_CTX_new()
        let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, key, key.count)
        defer {
            EVP_MD_CTX_free(context)
            EVP_PKEY_free(key)
        }
        guard key != nil, EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1 else {
            throw .library("check signatures of Ed25519")
        }
        let isGood = EVP_DigestVerify(context, signature, signature.count, bytes, bytes.count) == 1
        ERR_clear_error()
        return isGood
    }
}
