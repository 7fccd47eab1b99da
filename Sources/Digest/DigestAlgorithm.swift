/// A digest algorithm that an index may name for a file, by the name that it has in Python's `hashlib`.
///
/// The names are those of PEP 503 ("a hash name as in hashlib") and PEP 691 (`hashes`).
package enum DigestAlgorithm: String, CaseIterable, Hashable, Sendable {
    case md5
    case sha1
    case sha224
    case sha256
    case sha384
    case sha512
    /// BLAKE2b with 64 bytes of output.
    case blake2b

    /// The name under which OpenSSL provides the algorithm.
    var openSSLName: String {
        switch self {
        case .md5: "MD5"
        case .sha1: "SHA1"
        case .sha224: "SHA224"
        case .sha256: "SHA256"
        case .sha384: "SHA384"
        case .sha512: "SHA512"
        case .blake2b: "BLAKE2B-512"
        }
    }

    /// The number of bytes that the algorithm puts out.
    package var byteCount: Int {
        switch self {
        case .md5: 16
        case .sha1: 20
        case .sha224: 28
        case .sha256: 32
        case .sha384: 48
        case .sha512, .blake2b: 64
        }
    }
}
