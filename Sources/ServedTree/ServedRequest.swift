/// A request for something of a published tree, as far as the answer depends on it.
package struct ServedRequest: Sendable {
    /// Its target, as it came.
    package var target: String
    /// Whether only the head of the answer is asked for.
    package var isHead: Bool
    /// `Accept`, all lines of it together; `nil` without one.
    package var accept: String?
    /// `Accept-Encoding`, in the same way.
    package var acceptEncoding: String?
    /// `If-None-Match`, in the same way.
    package var ifNoneMatch: String?
    /// `If-Modified-Since`.
    package var ifModifiedSince: String?
    /// `Range`.
    package var range: String?
    /// `If-Range`.
    package var ifRange: String?

    /// A request without any of the headers.
    package init(target: String, isHead: Bool = false) {
        self.target = target
        self.isHead = isHead
    }

    /// Whether the client takes what is compressed with gzip.
    var takesGzip: Bool {
        acceptEncoding.map(AcceptedNames.init).map { $0.accepts("gzip") || $0.accepts("x-gzip") } ?? false
    }

    /// Whether the client has what a validator stands for (RFC 9110, section 13.2.2).
    ///
    /// - Parameters:
    ///   - tag: The entity tag, in its quotes.
    ///   - modified: The time of modification.
    /// - Returns: Whether nothing needs to be sent.
    func has(_ tag: String, modified: HTTPDate) -> Bool {
        if let ifNoneMatch {
            return ifNoneMatch.split(separator: ",").contains { element in
                let known = element.trimmed
                return known == "*" || (known.hasPrefix("W/") ? known.dropFirst(2) : known) == tag
            }
        }
        guard let since = ifModifiedSince.flatMap({ HTTPDate($0) }) else { return false }
        return modified.seconds <= since.seconds
    }

    /// The range that is asked for of a file, unless it is asked for only if the file is another one.
    func part(of size: UInt64, _ tag: String, modified: HTTPDate) -> ByteRange {
        // Ranges are defined for GET alone (RFC 9110, section 14.2).
        if isHead { return .whole }
        if let ifRange {
            guard ifRange == tag || HTTPDate(ifRange) == modified else { return .whole }
        }
        return ByteRange(range, of: size)
    }
}
