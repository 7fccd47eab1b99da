package import Digest

/// Bytes that are not a record that we wrote.
package enum RecordError: Error, Equatable, Sendable, CustomStringConvertible {
    /// They do not match the digest that they carry.
    case wrongDigest(expected: SHA256Digest, found: SHA256Digest)
    /// They are no record at all.
    case malformed(String)
    /// They are a record of a later version of the format.
    case unknownFormat(UInt64)

    package var description: String {
        switch self {
        case .wrongDigest(let expected, let found):
            "the record carries the digest \(expected.hex) and its bytes have \(found.hex)"
        case .malformed(let detail): "the record is malformed: \(detail)"
        case .unknownFormat(let format):
            "the record has format \(format), of a later version of larder; use that version"
        }
    }
}
