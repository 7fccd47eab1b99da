internal import COpenSSL

/// A digest in the making.
///
/// One owner feeds it from one thread at a time; the algorithm is fetched from OpenSSL once a process, since an
/// implicit fetch for each digest takes a lock that all threads share.
package struct Hasher: ~Copyable, Sendable {
    /// The algorithm of the digest.
    package let algorithm: DigestAlgorithm
    // An EVP_MD_CTX may move between threads as long as one uses it at a time, which ownership guarantees.
    private nonisolated(unsafe) let context: OpaquePointer

    /// An empty digest.
    ///
    /// - Throws: ``DigestError`` when OpenSSL cannot provide the algorithm.
    package init(_ algorithm: DigestAlgorithm) throws(DigestError) {
        guard let context = EVP_MD_CTX_new() else { throw DigestError(algorithm: algorithm) }
        guard let method = FetchedAlgorithms.shared[algorithm], EVP_DigestInit_ex(context, method, nil) == 1 else {
            EVP_MD_CTX_free(context)
            throw DigestError(algorithm: algorithm)
        }
        self.algorithm = algorithm
        self.context = context
    }

    deinit {
        EVP_MD_CTX_free(context)
    }

    /// Adds bytes to the digest.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        // It fails only for a context that was never initialized, which the initializer rules out.
        _ = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    /// Adds bytes to the digest.
    package mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// The digest of all bytes so far; ends the digest.
    ///
    /// - Throws: ``DigestError`` when OpenSSL fails.
    package consuming func finalize() throws(DigestError) -> [UInt8] { try result() }

    /// Forgets all bytes, so that one context serves for many digests.
    ///
    /// - Throws: ``DigestError`` when OpenSSL fails.
    package mutating func reset() throws(DigestError) {
        // Without an algorithm the context keeps its own, which spares the look-up.
        guard EVP_DigestInit_ex(context, nil, nil) == 1 else { throw DigestError(algorithm: algorithm) }
    }

    /// The digest of all bytes so far as a SHA-256 digest; ``reset()`` has to come before more bytes.
    ///
    /// - Throws: ``DigestError`` when OpenSSL fails or the algorithm is another one.
    package mutating func takeSHA256() throws(DigestError) -> SHA256Digest {
        guard let digest = SHA256Digest(bytes: try result()) else { throw DigestError(algorithm: algorithm) }
        return digest
    }

    private borrowing func result() throws(DigestError) -> [UInt8] {
        var failed = false
        let digest = [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { buffer, count in
            var length: UInt32 = 0
            failed = EVP_DigestFinal_ex(context, buffer.baseAddress, &length) != 1
            count = Int(length)
        }
        guard !failed else { throw DigestError(algorithm: algorithm) }
        return digest
    }

    /// The digest of all bytes so far as a SHA-256 digest; ends the digest.
    ///
    /// - Throws: ``DigestError`` when OpenSSL fails or the algorithm is another one.
    package consuming func finalizeSHA256() throws(DigestError) -> SHA256Digest {
        let algorithm = algorithm
        guard let digest = SHA256Digest(bytes: try finalize()) else { throw DigestError(algorithm: algorithm) }
        return digest
    }
}

/// The algorithms as OpenSSL provides them, fetched once for the life of the process.
private struct FetchedAlgorithms: Sendable {
    static let shared = FetchedAlgorithms()

    // EVP_MD objects are reference counted and immutable; these are never freed.
    private nonisolated(unsafe) let methods: [DigestAlgorithm: OpaquePointer]

    private init() {
        var methods: [DigestAlgorithm: OpaquePointer] = [:]
        for algorithm in DigestAlgorithm.allCases {
            methods[algorithm] = EVP_MD_fetch(nil, algorithm.openSSLName, nil)
        }
        self.methods = methods
    }

    subscript(algorithm: DigestAlgorithm) -> OpaquePointer? { methods[algorithm] }
}
