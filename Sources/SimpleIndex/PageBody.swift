/// What the body of a response holds, by its type and its first byte.
enum PageBody {
    case json
    case html

    /// The largest body that is read.
    static let maximumByteCount = 256 << 20

    /// Tells the form of a body, and checks its size.
    ///
    /// A type of neither form, or none at all (`file://`), leaves it to the first byte.
    ///
    /// - Throws: ``PageError`` when it is empty, too large, of a later major version or of another form.
    init(_ body: [UInt8], contentType: String?) throws(PageError) {
        guard body.count <= Self.maximumByteCount else {
            throw .tooLarge(bytes: body.count, limit: Self.maximumByteCount)
        }
        guard let first = body[Self.start(body)...].first(where: { $0 > 0x20 }) else { throw .emptyBody }
        let type = Self.mediaType(contentType ?? "")
        let family = "application/vnd.pypi.simple."
        if type.starts(with: family.utf8) {
            let form = type.dropFirst(family.utf8.count)
            guard form.starts(with: "v1+".utf8) || form.starts(with: "latest+".utf8) else {
                throw .unsupportedVersion(String(decoding: form, as: UTF8.self))
            }
        }
        if type.ends(with: "+json") || type.elementsEqual("application/json".utf8) {
            self = .json
        } else if type.ends(with: "html") || type.ends(with: "xhtml+xml") {
            self = .html
        } else if first == UInt8(ascii: "{") {
            self = .json
        } else if first == UInt8(ascii: "<") {
            self = .html
        } else {
            throw .unknownType(contentType: contentType ?? "")
        }
    }

    /// Where the text starts: behind a byte order mark.
    static func start(_ body: [UInt8]) -> Int {
        body.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// A media type in lower case, without its parameters and without white space.
    private static func mediaType(_ contentType: String) -> [UInt8] {
        contentType.utf8.prefix { $0 != UInt8(ascii: ";") }.compactMap { byte in
            if byte <= 0x20 { return nil }
            return byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
        }
    }

    /// Checks an API version; absent is 1.0.
    ///
    /// - Throws: ``PageError/unsupportedVersion(_:)`` when its major number is not 1.
    static func check(version: String?) throws(PageError) {
        guard let version else { return }
        let major = version.utf8.prefix { $0 != UInt8(ascii: ".") }
        guard major.elementsEqual("1".utf8) else { throw .unsupportedVersion(version) }
    }
}

extension [UInt8] {
    fileprivate func ends(with text: StaticString) -> Bool {
        suffix(text.utf8CodeUnitCount).elementsEqual(
            UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        )
    }
}
