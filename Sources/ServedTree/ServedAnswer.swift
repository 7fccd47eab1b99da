package import FileIO

/// What is answered to a request.
package struct ServedAnswer: Sendable {
    /// What is sent behind the head.
    package enum Body: Sendable {
        /// Nothing.
        case none
        /// These bytes.
        case text(String)
        /// A part of a file, or all of it.
        case file(LinkedFile, Range<UInt64>)
        /// A part of a file that is on its way, or all of it; without an end, as far as it comes.
        case growing(any GrowingFile, from: UInt64, to: UInt64?)
    }

    /// The status (RFC 9110, section 15).
    package var status: Int
    /// The headers, `Content-Length` among them.
    package var fields: [(name: String, value: String)]
    /// What follows; for an answer to HEAD nothing.
    package var body: Body

    /// An answer.
    package init(status: Int, fields: [(name: String, value: String)], body: Body) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// What tells people, and nobody else, what the status means.
    ///
    /// - Parameters:
    ///   - status: The status.
    ///   - text: What it means, in a line.
    ///   - fields: Further headers.
    /// - Returns: The answer.
    package static func plain(_ status: Int, _ text: String, _ fields: [(name: String, value: String)] = []) -> Self {
        let text = text + "\n"
        return Self(
            status: status,
            fields: fields + [
                ("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "\(text.utf8.count)"),
                ("X-Content-Type-Options", "nosniff"),
            ],
            body: .text(text)
        )
    }

    /// The answer leads to another path.
    static func redirect(_ status: Int, to path: String) -> Self {
        plain(status, "it is at \(path)", [("Location", path)])
    }

    /// Nothing of this name is published.
    static let absent = plain(404, "not found")
}
