/// The headers at the start of a METADATA or PKG-INFO file, told apart as Python's `email` package does.
struct MetadataHeaders {
    /// A header with its lines: what stands behind the colon, and the lines that go on with it.
    struct Header {
        /// The name, in lower case.
        let name: String
        /// The lines joined by single spaces; `nil` when they are not UTF-8.
        let value: String?
        /// The lines as they stand, the first without what is before it.
        let lines: [ArraySlice<UInt8>]
    }

    /// The headers, in their order.
    let headers: [Header]
    /// What stands behind the headers and the empty line that ends them.
    let body: ArraySlice<UInt8>

    /// Reads up to the first line that is neither a header nor goes on with one; that is where the description starts.
    init(_ bytes: [UInt8]) {
        let (lines, end) = Self.headerLines(bytes)
        body = Self.body(of: bytes, behind: end)
        var headers: [Header] = []
        var current: (name: String, lines: [ArraySlice<UInt8>])?
        func finish() {
            guard let ended = current else { return }
            headers.append(Header(name: ended.name, value: Self.text(ended.lines), lines: ended.lines))
            current = nil
        }
        for line in lines {
            if line.first == UInt8(ascii: " ") || line.first == UInt8(ascii: "\t") {
                current?.lines.append(line)
                continue
            }
            finish()
            // An envelope's line is no header, nor is a line that starts with the colon.
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
                !line.starts(with: "From ".utf8)
            else { continue }
            current = (String(decoding: line[..<colon], as: UTF8.self).lowercased(), [line[(colon + 1)...]])
        }
        finish()
        self.headers = headers
    }

    /// What follows a place: without the line end there, when the line is empty.
    private static func body(of bytes: [UInt8], behind place: Int) -> ArraySlice<UInt8> {
        let rest = bytes[place...]
        if rest.starts(with: [UInt8(ascii: "\r"), UInt8(ascii: "\n")]) { return rest.dropFirst(2) }
        return rest.first == UInt8(ascii: "\n") || rest.first == UInt8(ascii: "\r") ? rest.dropFirst() : rest
    }

    /// The lines before the description, without their ends (CR, LF or both), and where they end.
    private static func headerLines(_ bytes: [UInt8]) -> (lines: [ArraySlice<UInt8>], end: Int) {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != UInt8(ascii: "\n"), bytes[end] != UInt8(ascii: "\r") { end += 1 }
            let line = bytes[start..<end]
            guard isHeader(line) else { break }
            lines.append(line)
            let isBoth =
                end + 1 < bytes.count && bytes[end] == UInt8(ascii: "\r") && bytes[end + 1] == UInt8(ascii: "\n")
            start = min(bytes.count, end + (isBoth ? 2 : 1))
        }
        return (lines, start)
    }

    /// Whether a line is a header, goes on with one, or is an envelope's line.
    private static func isHeader(_ line: ArraySlice<UInt8>) -> Bool {
        guard let first = line.first else { return false }
        if first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") || line.starts(with: "From ".utf8) { return true }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return false }
        return line[..<colon].allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    private static func text(_ lines: [ArraySlice<UInt8>]) -> String? {
        var pieces: [Substring] = []
        for line in lines {
            guard let text = String(validating: line, as: UTF8.self) else { return nil }
            let piece = Substring(text).strippedOfSpace
            if !piece.isEmpty { pieces.append(piece) }
        }
        return pieces.joined(separator: " ")
    }
}
