internal import Digest
internal import SimpleIndex
internal import SystemPackage
internal import Transfer

/// One URL that is to be downloaded, and what is known of the file behind it.
struct FetchItem: Sendable {
    /// Why a URL cannot be taken.
    struct Refusal: Error {
        /// The reason in words, without the URL.
        let reason: String
    }

    /// What a download is called until it is complete: the name with this behind it.
    static let partialSuffix = ".partial"

    private static let schemes: Set<String> = ["http", "https", "file", "ftp", "ftps"]

    /// The URL without its fragment; may hold a name and a password.
    let url: String
    /// The scheme, in lower case.
    let scheme: String
    /// What is known of the file.
    var expectation: TransferRequest.Expectation

    /// Takes a URL apart, whose fragment may name digests as links on simple pages do: `#sha256=…`, several joined
    /// by `&`.
    ///
    /// A digest that is not well-formed, or of an algorithm that is not known, is refused: nobody is to believe that
    /// it was checked.
    init(parsing text: String) throws(Refusal) {
        let end = text.utf8.firstIndex(of: UInt8(ascii: "#")) ?? text.endIndex
        url = String(text[..<end])
        guard let colon = url.utf8.firstIndex(of: UInt8(ascii: ":")), url[colon...].hasPrefix("://") else {
            throw Refusal(reason: "is not an absolute URL")
        }
        scheme = url[..<colon].lowercased()
        guard Self.schemes.contains(scheme) else {
            throw Refusal(reason: "has the scheme '\(scheme)', which is not supported; use https, http or file")
        }
        let fragment = Array(text[end...].utf8.dropFirst())
        expectation = TransferRequest.Expectation(digests: try Self.digests(fragment[...]))
    }

    /// Whether the URL names a file of this machine.
    var isLocal: Bool { scheme == "file" }

    /// The folder of a `file://` URL's file; `nil` when it names none.
    var localFolder: FilePath? {
        guard let text = Percent.decoded(Array(path.utf8)[...]), !text.utf8.contains(0) else { return nil }
        let path = FilePath(text).lexicallyNormalized()
        return path.isAbsolute ? path.removingLastComponent() : nil
    }

    /// The last component of the URL's path, decoded: the name of the file here.
    ///
    /// - Returns: A name of one component that is safe, and leaves room for ``partialSuffix``.
    /// - Throws: `Refusal` when it is none.
    func filename() throws(Refusal) -> String {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        guard let slash, let name = Percent.decoded(Array(path.utf8[slash...].dropFirst())[...]) else {
            throw Refusal(
                reason: slash == nil ? "names no file; say --output FILE" : "ends in a name that is not UTF-8"
            )
        }
        guard !name.isEmpty else { throw Refusal(reason: "names no file; say --output FILE") }
        // With the suffix, `.metadata` and `.asc` are as good as any; they belong to sidecars only on a page.
        if let violation = FilenameSafety.violation(of: name + Self.partialSuffix) {
            throw Refusal(reason: "ends in a name that \(violation); say --output FILE")
        }
        guard !name.hasSuffix(Self.partialSuffix), !name.hasSuffix(Self.partialSuffix + ".validator") else {
            throw Refusal(reason: "ends in \(Self.partialSuffix), as only downloads do that are under way")
        }
        return name
    }

    /// The path of the URL, as written.
    var path: Substring {
        let colon = url.utf8.firstIndex(of: UInt8(ascii: ":")) ?? url.startIndex
        let rest = url[colon...].dropFirst("://".count)
        guard let slash = rest.utf8.firstIndex(of: UInt8(ascii: "/")) else { return "" }
        let query = rest.utf8.firstIndex(of: UInt8(ascii: "?")) ?? rest.endIndex
        return slash < query ? rest[slash..<query] : ""
    }

    /// Adds a digest to those that are to be checked.
    mutating func expect(_ algorithm: DigestAlgorithm, _ bytes: [UInt8]) throws(Refusal) {
        if let other = expectation.digests[algorithm], other != bytes {
            throw Refusal(reason: "is given two \(algorithm.rawValue) digests, \(other.hex) and \(bytes.hex)")
        }
        expectation.digests[algorithm] = bytes
    }

    private static func digests(_ fragment: ArraySlice<UInt8>) throws(Refusal) -> [DigestAlgorithm: [UInt8]] {
        guard !fragment.isEmpty else { return [:] }
        guard let text = Percent.decoded(fragment) else { throw Refusal(reason: "has a fragment that is not UTF-8") }
        var digests: [DigestAlgorithm: [UInt8]] = [:]
        for piece in text.split(separator: "&") {
            guard let equals = piece.firstIndex(of: "=") else { continue }
            let (name, value) = (piece[..<equals].lowercased(), piece[piece.index(after: equals)...])
            let bytes = [UInt8](hex: value)
            guard let algorithm = DigestAlgorithm(rawValue: name) else {
                // `egg=` and the like say nothing of the bytes.
                guard let bytes, bytes.count >= 16 else { continue }
                throw Refusal(reason: "has a digest by '\(name)', which is not known")
            }
            guard let bytes, bytes.count == algorithm.byteCount else {
                throw Refusal(reason: "has a \(name) digest that is not \(algorithm.byteCount * 2) hexadecimal digits")
            }
            guard digests.updateValue(bytes, forKey: algorithm) ?? bytes == bytes else {
                throw Refusal(reason: "has two \(name) digests")
            }
        }
        return digests
    }
}
