internal import COpenSSL
internal import Digest

/// A secret Ed25519 key, which signs in minisign's format.
///
/// On disk it is PKCS #8 in PEM without a password, as `openssl genpkey -algorithm ed25519` writes it.
package final class SigningKey: Sendable {
    // An EVP_PKEY does not change once it is made, so that any number of threads may sign with it.
    private nonisolated(unsafe) let key: OpaquePointer
    /// What others check signatures with.
    package let publicKey: VerifyingKey

    /// Takes over a key of OpenSSL's.
    private init(owning key: OpaquePointer) throws(SigningError) {
        do throws(SigningError) {
            guard EVP_PKEY_get_id(key) == EVP_PKEY_ED25519 else { throw .unusableKey("is no Ed25519 key") }
            var count = VerifyingKey.byteCount
            var bytes = [UInt8](repeating: 0, count: count)
            guard EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1, count == bytes.count else {
                throw .library("tell the public key of an Ed25519 key")
            }
            publicKey = try VerifyingKey(key: bytes)
        } catch {
            EVP_PKEY_free(key)
            throw error
        }
        self.key = key
    }

    deinit {
        EVP_PKEY_free(key)
    }

    /// A new key, from the random numbers of the system.
    ///
    /// - Throws: ``SigningError/library(_:)``.
    package convenience init() throws(SigningError) {
        let context = EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nil)
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_keygen(context, &key) == 1, let key else {
            throw .library("make an Ed25519 key")
        }
        try self.init(owning: key)
    }

    /// Reads a key.
    ///
    /// - Parameter pem: The bytes of its file.
    /// - Throws: ``SigningError``; `unusableKey` for other kinds of keys, keys with a password, and anything else.
    package convenience init(pem: [UInt8]) throws(SigningError) {
        let buffer = pem.withUnsafeBytes { bytes -> OpaquePointer? in
            guard let copy = BIO_new(BIO_s_mem()) else { return nil }
            // A buffer in memory takes all that it is given.
            _ = BIO_write(copy, bytes.baseAddress, Int32(clamping: bytes.count))
            return copy
        }
        guard let buffer else { throw .library("read a key") }
        defer { BIO_free(buffer) }
        // Without this, OpenSSL asks for a password on the terminal.
        let key = PEM_read_bio_PrivateKey(buffer, nil, { _, _, _, _ in -1 }, nil)
        guard let key else {
            ERR_clear_error()
            throw .unusableKey("cannot be read; it has to be PEM without a password")
        }
        try self.init(owning: key)
    }

    /// The key as it lies in a file; keep that to its owner (mode 0600).
    ///
    /// - Throws: ``SigningError/library(_:)``.
    package func pem() throws(SigningError) -> [UInt8] {
        guard let buffer = BIO_new(BIO_s_mem()) else { throw .library("write a key") }
        defer { BIO_free(buffer) }
        guard PEM_write_bio_PKCS8PrivateKey(buffer, key, nil, nil, 0, nil, nil) == 1 else {
            throw .library("write a key")
        }
        let limit = 4_096
        var count: Int32 = 0
        return [UInt8](unsafeUninitializedCapacity: limit) { bytes, initialized in
            count = BIO_read(buffer, bytes.baseAddress, Int32(limit))
            initialized = Int(max(count, 0))
        }
    }

    /// Signs bytes; the same bytes and comment always give the same signature.
    ///
    /// - Parameters:
    ///   - bytes: The bytes, which are hashed first (BLAKE2b).
    ///   - comment: A line that is signed too, without control characters.
    /// - Returns: The signature.
    /// - Throws: ``SigningError/library(_:)``.
    package func signature(of bytes: [UInt8], comment: String) throws(SigningError) -> Signature {
        let own = try sign(try Signature.digest(of: bytes))
        return Signature(
            keyID: publicKey.id,
            signature: own,
            comment: comment,
            global: try sign(own + Array(comment.utf8))
        )
    }

    private func sign(_ bytes: [UInt8]) throws(SigningError) -> [UInt8] {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        var count = Signature.byteCount
        var signature = [UInt8](repeating: 0, count: count)
        guard EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
            EVP_DigestSign(context, &signature, &count, bytes, bytes.count) == 1, count == signature.count
        else { throw .library("sign with Ed25519") }
        return signature
    }
}
