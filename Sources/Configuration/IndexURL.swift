internal import FoundationEssentials
package import SystemPackage

/// A URL that cannot be an upstream.
package struct IndexURLError: Error, Equatable, CustomStringConvertible {
    /// What is wrong, and what to write instead; never user name, password or query.
    package let description: String
}

/// The address of a simple index or of a tree of files, without credentials, ending in `/`.
///
/// The schemes are `https`, `http` and `file`, and `ftp` and `ftps` where they are allowed.
package struct IndexURL: Hashable, Sendable {
    /// What can be read from.
    package enum Scheme: String, Sendable {
        case https, http, file, ftp, ftps

        /// Whether index files are named in requests, since nothing answers for a directory.
        package var namesIndexFiles: Bool {
            switch self {
            case .https, .http: false
            case .file, .ftp, .ftps: true
            }
        }
    }

    /// The URL as it is asked for: with a trailing `/`, without user name, password, query and fragment.
    package let text: String

    /// How it is read.
    package let scheme: Scheme

    /// The host as written, and `nil` for `file`.
    package let host: String?

    /// The port as written; `nil` means that of the scheme.
    package let port: Int?

    /// The folder that a `file` URL names, absolute; `nil` for the other schemes.
    package let folder: FilePath?

    /// Checks and normalizes a URL.
    ///
    /// - Parameters:
    ///   - text: The URL; a missing trailing `/` is added.
    ///   - allowsFTP: Whether `ftp` and `ftps` are taken.
    /// - Throws: `IndexURLError` for a text that is no such URL, or holds credentials, a query, a fragment or `..`.
    package init(_ text: String, allowsFTP: Bool = false) throws(IndexURLError) {
        let (url, credentials) = try Self.separatingCredentials(from: text, allowsFTP: allowsFTP)
        guard credentials == nil else {
            throw IndexURLError(
                description: "\(quoted(text)) holds a user name or password; write it without, and put 'username' and "
                    + "'password' into upstream.secret"
            )
        }
        self = url
    }

    /// Checks a URL, and splits user name and password off it.
    ///
    /// - Parameters:
    ///   - text: The URL, which may hold `USER:PASSWORD@`, percent-encoded as RFC 3986 says.
    ///   - allowsFTP: Whether `ftp` and `ftps` are taken.
    /// - Returns: The URL without them, and them, decoded; `nil` where it has none.
    /// - Throws: `IndexURLError` as `init` does, except for credentials.
    package static func separatingCredentials(
        from text: String,
        allowsFTP: Bool = false
    ) throws(IndexURLError) -> (url: IndexURL, credentials: UpstreamSecret?) {
        let schemes = ["https", "http", "file"] + (allowsFTP ? ["ftp", "ftps"] : [])
        var components = try parsed(text, schemes: schemes)
        var credentials: UpstreamSecret?
        if let username = components.user {
            credentials = UpstreamSecret(username: username, password: components.password.map(Secret.init))
            components.user = nil
            components.password = nil
        }
        return (try IndexURL(components, from: text), credentials)
    }

    private init(_ components: URLComponents, from text: String) throws(IndexURLError) {
        func refusal(_ message: String) -> IndexURLError { IndexURLError(description: "\(quoted(text)) \(message)") }
        guard let scheme = components.scheme.flatMap({ Scheme(rawValue: $0.lowercased()) }) else {
            throw refusal("has no scheme that can be read from")
        }
        guard components.query == nil, components.fragment == nil else {
            throw refusal("has a query or a fragment, which the URL of an index cannot have")
        }
        var components = components
        if !components.percentEncodedPath.hasSuffix("/") { components.percentEncodedPath += "/" }
        if let dots = components.path.split(separator: "/").first(where: { $0 == "." || $0 == ".." }) {
            throw refusal("has '\(dots)' in its path; write the path that it leads to")
        }
        let host = components.host.flatMap { $0.isEmpty ? nil : $0 }
        switch scheme {
        case .file:
            guard host == nil || host == "localhost" else {
                throw refusal("names a host; a file URL has three slashes: file:///srv/mirror/web/simple/")
            }
            guard !components.path.utf8.contains(0) else { throw refusal("has a NUL byte in its path") }
            components.host = ""
            folder = FilePath(components.path)
            self.host = nil
            port = nil
        case .http, .https, .ftp, .ftps:
            guard let host else { throw refusal("has no host") }
            self.host = host
            port = components.port
            folder = nil
        }
        self.scheme = scheme
        components.scheme = scheme.rawValue
        guard let text = components.string else { throw refusal("is not a URL") }
        self.text = text
    }
}

extension IndexURL: CustomStringConvertible {
    package var description: String { text }
}

/// Checks the URL of a proxy, and tells whether it holds credentials.
///
/// - Parameter text: A URL of one of the schemes that libcurl takes for proxies.
/// - Returns: Whether it holds a user name or password.
/// - Throws: `IndexURLError` for any other text.
func proxyHoldsCredentials(_ text: String) throws(IndexURLError) -> Bool {
    let schemes = ["http", "https", "socks5h", "socks5", "socks4a", "socks4"]
    let components = try parsed(text, schemes: schemes)
    guard components.host.map({ !$0.isEmpty }) ?? false else {
        throw IndexURLError(description: "\(quoted(text)) has no host; write it as http://proxy.example:3128")
    }
    guard components.path.isEmpty || components.path == "/", components.query == nil else {
        throw IndexURLError(description: "\(quoted(text)) has a path, which a proxy cannot have")
    }
    return components.user != nil
}

/// Parses what all URLs have in common.
private func parsed(_ text: String, schemes: [String]) throws(IndexURLError) -> URLComponents {
    func refusal(_ message: String) -> IndexURLError { IndexURLError(description: "\(quoted(text)) \(message)") }
    guard !text.isEmpty else { throw IndexURLError(description: "the URL is empty") }
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
        throw refusal("holds a space or a character beyond ASCII; write those percent-encoded, a host in its xn-- form")
    }
    guard let colon = text.firstRange(of: "://") else {
        throw refusal(
            text.hasPrefix("/")
                ? "has no scheme; write file://\(text) for a folder on this machine"
                : "has no scheme; write it as \(schemes[0])://…"
        )
    }
    let scheme = text[..<colon.lowerBound].lowercased()
    guard schemes.contains(scheme) else {
        let known = schemes.joined(separator: ", ")
        guard !["ftp", "ftps"].contains(scheme) || !schemes.contains("file") else {
            throw refusal("has the scheme '\(scheme)', which is off; write ftp = true in [upstream] to turn it on")
        }
        throw refusal("has the scheme '\(scheme)', which is not supported; supported are \(known)")
    }
    guard let components = URLComponents(string: text, encodingInvalidCharacters: false) else {
        throw refusal("is not a URL")
    }
    if let port = components.port, !(1...65535).contains(port) {
        throw refusal("has the port \(port); ports go from 1 to 65535")
    }
    return components
}

/// A URL for messages: without what may be secret in it, and of bounded length.
func quoted(_ text: String) -> String {
    var shown = String(text.prefix { $0 != "?" })
    if let at = shown.lastIndex(of: "@") {
        let start = shown.firstRange(of: "://")?.upperBound ?? shown.startIndex
        if start <= at { shown.replaceSubrange(start..<at, with: "…") }
    }
    if shown.count > 200 { shown = shown.prefix(200) + "…" }
    let printable = String(shown.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : Character($0) })
    return "'\(printable)'"
}
