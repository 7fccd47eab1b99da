/// How far the body of a request has come that goes into a file.
package enum BodyProgress: Equatable, Sendable {
    /// A server has begun to send it, and calls the version of it so: `ETag` and `Last-Modified`, as they came.
    case began(etag: String?, lastModified: String?)
    /// So many bytes of it are in the file.
    case stored(UInt64)
    /// The bytes so far are of no use, and another file takes the place of theirs.
    case discarded
}
