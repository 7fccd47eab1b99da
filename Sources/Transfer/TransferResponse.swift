package import Digest
package import SystemPackage

/// A transfer that came to a good end: everything that was expected of it was checked.
package struct TransferResponse: Sendable {
    /// Where the body is.
    package enum Body: Sendable {
        /// The decoded bytes; empty for an answer that says "not modified".
        case memory([UInt8])
        /// The new file; not synchronized.
        case file(FilePath)
        /// There is none, since nothing changed.
        case none
    }

    /// The HTTP status, 200 or 304; a `file://` URL answers in the same way.
    package let status: Int
    /// The URL that was asked for, without user info.
    package let fromURL: String
    /// The URL that answered, after all redirects, without user info; relative URLs in a page start from it.
    package let finalURL: String
    /// The `Content-Type`, as it came.
    package let contentType: String?
    /// The entity tag, as it came; for a `file://` URL made of the time and the size.
    package let etag: String?
    /// The `Last-Modified`, as it came.
    package let lastModified: String?
    /// The serial number in `X-PyPI-Last-Serial`.
    package let serial: UInt64?
    /// All header fields of the answer, in their order; a name that came twice is there twice.
    package let headers: TransferHeaders
    /// The body.
    package let body: Body
    /// The number of bytes of the body, decoded.
    package let size: UInt64
    /// The SHA-256 of the body; `nil` for one in memory of which no digest was expected.
    package let sha256: SHA256Digest?
    /// The digests that were expected and that the body has.
    package let checkedDigests: Set<DigestAlgorithm>
    /// Whether the size was expected, and the body has it.
    package let isSizeChecked: Bool
    /// How many times the request was made, one included.
    package let attempts: Int
    /// How many bytes at the start of the file were here before the last attempt.
    package let resumedBytes: UInt64
    /// Why other URLs of the request were given up before this one answered, in order.
    package let fallbacks: [TransferError]
    /// How long the parts of the last attempt took.
    package let timings: TransferTimings

    /// Whether the version that is here is still the current one.
    package var isNotModified: Bool { status == 304 }

    /// The bytes of a body in memory; empty for any other.
    package var bytes: [UInt8] {
        guard case .memory(let bytes) = body else { return [] }
        return bytes
    }
}
