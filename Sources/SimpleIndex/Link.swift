/// An absolute URL that a link on a page stands for.
///
/// Resolved as RFC 3986 section 5.2 says, `%2e` taken for a dot; white space around it and line ends in it are left
/// out as browsers do, and what may not stand in a URL is percent-encoded.
struct Link {
    /// `http`, `https`, `ftp` or `file`.
    let scheme: String
    /// The host, and a port; empty for `file`.
    let authority: ArraySlice<UInt8>
    /// The path, which starts with a slash; without dot segments.
    let path: [UInt8]
    /// The query with its `?`; empty when there is none.
    let query: ArraySlice<UInt8>
    /// What stood behind `#`, as written; empty when there is nothing.
    let fragment: ArraySlice<UInt8>

    /// The absolute URL, without the fragment.
    var url: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(scheme.utf8.count + 3 + authority.count + path.count + query.count)
        bytes.append(contentsOf: scheme.utf8)
        bytes.append(contentsOf: "://".utf8)
        bytes.append(contentsOf: authority)
        Percent.appendEncodingForbidden(path[...], to: &bytes)
        Percent.appendEncodingForbidden(query, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The last component of the path, as written; empty when the path ends in a slash.
    var lastComponent: ArraySlice<UInt8> {
        let slash = path.lastIndex(of: UInt8(ascii: "/"))
        return path[(slash.map { $0 + 1 } ?? 0)...]
    }

    /// The URL of a page; a user name in it is left out, so that it gets into no link.
    ///
    /// - Throws: ``LinkError`` when it is not an absolute URL of one of the schemes.
    init(base: String) throws(LinkError) {
        try self.init(base, base: nil)
    }

    /// A link on a page.
    ///
    /// - Throws: ``LinkError`` when it is not to be followed.
    init(_ reference: String, base: Link) throws(LinkError) {
        try self.init(reference, base: .some(base))
    }

    private init(_ reference: String, base: Link?) throws(LinkError) {
        var rest = try Self.cleaned(reference)
        fragment = Self.cut(&rest, at: UInt8(ascii: "#")).dropFirst()
        let ownQuery = Self.cut(&rest, at: UInt8(ascii: "?"))
        query = rest.isEmpty && ownQuery.isEmpty ? base?.query ?? [] : ownQuery
        let ownScheme = Self.takeScheme(&rest)
        guard let scheme = ownScheme ?? base?.scheme else { throw .malformed }
        guard Self.isFollowed(scheme, from: base) else { throw .scheme(scheme) }
        self.scheme = scheme

        if rest.starts(with: "//".utf8) {
            let end = rest.dropFirst(2).firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
            authority = try Self.checked(rest[(rest.startIndex + 2)..<end], scheme: scheme, isBase: base == nil)
            path = Self.withoutDotSegments(rest[end...])
            return
        }
        guard ownScheme == nil, let base else {
            // Of the schemes that are followed, only `file:/path` goes without an authority.
            guard scheme == "file", rest.first == UInt8(ascii: "/") else { throw .malformed }
            authority = []
            path = Self.withoutDotSegments(rest)
            return
        }
        authority = base.authority
        if rest.isEmpty {
            path = base.path
        } else if rest.first == UInt8(ascii: "/") {
            path = Self.withoutDotSegments(rest)
        } else {
            let directory = base.path[...(base.path.lastIndex(of: UInt8(ascii: "/")) ?? 0)]
            path = Self.withoutDotSegments(directory + rest)
        }
    }

    // MARK: Pieces

    private static func cleaned(_ reference: String) throws(LinkError) -> ArraySlice<UInt8> {
        var bytes = Array(reference.utf8)[...]
        bytes = bytes.drop { $0 <= 0x20 }
        while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
        guard bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return bytes }
        bytes.removeAll { $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
        guard !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { throw .malformed }
        return bytes
    }

    /// Cuts off what starts with a byte, which goes along.
    private static func cut(_ rest: inout ArraySlice<UInt8>, at byte: UInt8) -> ArraySlice<UInt8> {
        guard let index = rest.firstIndex(of: byte) else { return [] }
        defer { rest = rest[..<index] }
        return rest[index...]
    }

    private static func takeScheme(_ rest: inout ArraySlice<UInt8>) -> String? {
        func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }
        guard let first = rest.first, isLetter(first) else { return nil }
        for index in rest.indices {
            switch rest[index] {
            case UInt8(ascii: ":"):
                let scheme = String(decoding: rest[..<index].map { isLetter($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
                rest = rest[(index + 1)...]
                return scheme
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
                continue
            default:
                guard isLetter(rest[index]) else { return nil }
            }
        }
        return nil
    }

    private static func isFollowed(_ scheme: String, from base: Link?) -> Bool {
        switch scheme {
        case "https", "http", "ftp", "ftps": true
        case "file": base.map { $0.scheme == "file" } ?? true
        default: false
        }
    }

    private static func checked(
        _ authority: ArraySlice<UInt8>,
        scheme: String,
        isBase: Bool
    ) throws(LinkError) -> ArraySlice<UInt8> {
        var host = authority
        if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
            guard isBase else { throw .userinfo }
            host = authority[(at + 1)...]
        }
        if scheme == "file" {
            guard host.isEmpty || host.elementsEqual("localhost".utf8) else { throw .malformed }
            return []
        }
        guard !host.isEmpty, host.first != UInt8(ascii: ":"), host.allSatisfy(isHostByte) else { throw .malformed }
        return host
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
            true
        default: false
        }
    }

    private static func withoutDotSegments(_ path: ArraySlice<UInt8>) -> [UInt8] {
        let slash = UInt8(ascii: "/")
        guard !path.isEmpty else { return [slash] }
        var isSegmentStart = true
        let mayHaveDots = path.contains { byte in
            defer { isSegmentStart = byte == slash }
            return isSegmentStart && (byte == UInt8(ascii: ".") || byte == UInt8(ascii: "%"))
        }
        guard mayHaveDots else { return Array(path) }
        var result: [UInt8] = []
        result.reserveCapacity(path.count)
        var rest = path.first == slash ? path.dropFirst() : path
        while true {
            let end = rest.firstIndex(of: slash)
            let segment = rest[..<(end ?? rest.endIndex)]
            switch dotCount(segment) {
            case 1:
                if end == nil { result.append(slash) }
            case 2:
                if let parent = result.lastIndex(of: slash) { result.removeSubrange(parent...) }
                if end == nil { result.append(slash) }
            default:
                result.append(slash)
                result.append(contentsOf: segment)
            }
            guard let end else { return result }
            rest = rest[(end + 1)...]
        }
    }

    /// 1 for `.`, 2 for `..`, in whatever way percent-encoded; 0 for any other segment.
    private static func dotCount(_ segment: ArraySlice<UInt8>) -> Int {
        guard let first = segment.first, first == UInt8(ascii: ".") || first == UInt8(ascii: "%"), segment.count <= 6
        else { return 0 }
        var dots = 0
        var rest = segment
        while let byte = rest.first {
            if byte == UInt8(ascii: ".") {
                rest = rest.dropFirst()
            } else if rest.starts(with: "%2e".utf8) || rest.starts(with: "%2E".utf8) {
                rest = rest.dropFirst(3)
            } else {
                return 0
            }
            dots += 1
        }
        return dots <= 2 ? dots : 0
    }
}
