internal import Configuration

/// Where the lists, pages and files of an upstream can be had: for each, URLs in the order in which they are tried.
///
/// Pure: it knows the settings and asks nobody.
struct CandidateURLs: Sendable {
    /// The URLs of one thing.
    struct Candidates: Equatable, Sendable {
        /// The one to ask first.
        var url: String
        /// The ones to ask when that fails.
        var alternatives: [String] = []
    }

    /// The URLs of a page, or of the root list.
    struct Page: Equatable, Sendable {
        /// What to ask for first.
        var first: Candidates
        /// What to ask for when the upstream has nothing there; `nil` where one name is all.
        var second: Candidates?
    }

    private static let jsonName = "index.v1_json"
    private static let htmlName = "index.html"

    private let index: IndexURL
    private let indexMirrors: [IndexURL]
    private let fileSources: [Configuration.Upstream.FileSource]

    /// What the settings say of mirrors.
    init(_ settings: Configuration.Upstream) {
        index = settings.url
        indexMirrors = settings.indexMirrors
        fileSources = settings.fileSources
    }

    /// The URLs of what lies at a path below a simple index, which is empty for the root list.
    ///
    /// Where nothing answers for a directory, as under `file://`, the index files are named: JSON before HTML.
    func page(_ path: String) -> Page {
        let alternatives = indexMirrors.flatMap { Self.pages(path, of: $0) }
        let own = Self.pages(path, of: index)
        return Page(
            first: Candidates(url: own[0], alternatives: alternatives),
            second: own.dropFirst().first.map { Candidates(url: $0, alternatives: alternatives) }
        )
    }

    /// The URLs of a file, or of its sidecar.
    ///
    /// - Parameter url: Where the upstream's page says that it is.
    /// - Returns: That URL in its place among those of the mirrors; each URL once.
    func file(_ url: String) -> Candidates {
        var urls: [String] = []
        for source in fileSources {
            let candidate: String? =
                switch source {
                case .upstream: url
                case .mirror(let base): Self.path(of: url).map { base.text + $0 }
                }
            if let candidate, !urls.contains(candidate) { urls.append(candidate) }
        }
        guard let first = urls.first else { return Candidates(url: url) }
        return Candidates(url: first, alternatives: Array(urls.dropFirst()))
    }

    /// What the answer at a URL is, where the URL tells it and no server does.
    ///
    /// - Parameter url: The URL that answered.
    /// - Returns: A content type; `nil` for a URL of HTTP, whose server says it.
    static func contentType(of url: String) -> String? {
        guard !["http://", "https://"].contains(where: url.hasPrefix) else { return nil }
        if url.hasSuffix("/" + jsonName) { return "application/vnd.pypi.simple.v1+json" }
        return url.hasSuffix("/" + htmlName) ? "text/html" : nil
    }

    private static func pages(_ path: String, of index: IndexURL) -> [String] {
        let url = index.text + path
        return index.scheme.namesIndexFiles ? [url + jsonName, url + htmlName] : [url]
    }

    /// The path of a URL as it is written, without the slash at its start, query and fragment; `nil` when it is empty.
    private static func path(of url: String) -> Substring? {
        let end = url.utf8.firstIndex { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") } ?? url.endIndex
        // "scheme:", "", authority, path
        let parts = url[..<end].split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0].hasSuffix(":"), parts[1].isEmpty else { return nil }
        let path = parts[3].drop { $0 == "/" }
        return path.isEmpty ? nil : path
    }
}
