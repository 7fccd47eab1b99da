import ServedTree

/// What holds for requests to `larder serve`: nothing but what lies below the tree is looked for, and no part of a file is sent
/// that it does not have.
enum RequestProperties {
    /// Checks a request, as lines: its target, `Range`, `Accept`, `If-Modified-Since`.
    static func check(_ input: [UInt8]) throws(PropertyViolation) {
        let lines = input.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        if let text = lines.first, let target = RequestTarget(text) { try checkPlace(of: target) }
        if lines.count > 1 { try checkRange(lines[1]) }
        if lines.count > 2 { _ = Form(accept: lines[2]) }
        if lines.count > 3, let date = HTTPDate(lines[3]) {
            try require(HTTPDate(date.text) == date, "the time is another one when written: \(date.text)")
        }
    }

    private static func checkPlace(of target: RequestTarget) throws(PropertyViolation) {
        let text = target.parts.isEmpty ? "/" : RequestTarget.text(target.parts)
        try require(RequestTarget(text) == target, "the path is another one when written: \(text)")
        switch Place(target) {
        case .file(let path, _), .page(let path): try checkPath(path)
        case .folder(let path, let target):
            try checkPath(path)
            try require(
                target.hasPrefix("/") && !target.hasPrefix("//") && RequestTarget(target) != nil,
                "a redirect leads to \(target)"
            )
        case .front, nil: break
        }
    }

    private static func checkPath(_ path: String) throws(PropertyViolation) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let isInside = !path.utf8.contains(0) && parts.allSatisfy { !["", ".", ".."].contains($0) }
        try require(isInside, "it leads to \(path.debugDescription)")
    }

    private static func checkRange(_ header: String) throws(PropertyViolation) {
        for size: UInt64 in [0, 1, 1_000, .max] {
            guard case .part(let range) = ByteRange(header, of: size) else { continue }
            try require(!range.isEmpty && range.upperBound <= size, "\(range) of \(size) bytes")
        }
    }
}
