/// What a server said in the head of its answer.
struct Answer: Sendable {
    /// The status; 0 when there is none.
    var status = 0
    /// The URL that answered.
    var finalURL = ""
    /// The `Content-Type`.
    var contentType: String?
    /// The `ETag`.
    var etag: String?
    /// The `Last-Modified`.
    var lastModified: String?
    /// The `X-PyPI-Last-Serial`.
    var serial: UInt64?
    /// All header fields.
    var headers = TransferHeaders()
    /// How many bytes were here before.
    var resumedBytes: UInt64 = 0
    /// How long it took.
    var timings = TransferTimings()
    /// Whether the protocol tells a body that ended from one that broke off.
    var isDelimited = true

    /// Whether the body is an HTML page, as the server says.
    var isHTML: Bool { Self.isHTML(contentType) }

    /// Whether a content type is that of HTML.
    static func isHTML(_ contentType: String?) -> Bool {
        contentType?.lowercased().hasPrefix("text/html") ?? false
    }
}
