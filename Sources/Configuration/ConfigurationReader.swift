internal import Packaging
package import SystemPackage

extension Configuration {
    /// Reads `larder.toml`.
    ///
    /// - Parameters:
    ///   - text: The whole file.
    ///   - file: What messages call it.
    ///   - folder: Where relative paths in it start, which is the folder that holds it.
    /// - Returns: What it says, with defaults for what it leaves out.
    /// - Throws: `ConfigurationError` with all problems at once: TOML that does not parse (then that alone), keys that
    ///   are unknown or not supported, values that are impossible, and an upstream that is missing.
    package static func parse(
        _ text: String,
        file: String,
        folder: FilePath = ""
    ) throws(ConfigurationError) -> Configuration {
        let source = try TOMLSource(text, file: file)
        var problems = source.problemsWithKeys()
        let upstream = Upstream.read(source, folder, &problems)
        let selection = Selection.read(source, &problems)
        var table = TableReader(source, ["guard"])
        let removals = table.share("removals")
        problems += table.problems
        table = TableReader(source, ["gc"])
        let grace = table.duration("grace", in: .zero...years(10))
        problems += table.problems
        table = TableReader(source, ["publish"])
        let generations = table.integer("keep-generations", in: 1...10_000)
        let baseURL = table.baseURL()
        problems += table.problems
        table = TableReader(source, ["verify"])
        let age = table.duration("max-age", in: .zero...years(10))
        let rate = table.byteCount("max-rate")
        problems += table.problems

        guard let upstream, problems.isEmpty else { throw ConfigurationError(problems) }
        var configuration = Configuration(upstream: upstream)
        configuration.selection = selection
        configuration.removalGuard.removals = removals
        configuration.collection.grace = grace ?? configuration.collection.grace
        configuration.publication.keepGenerations = generations ?? configuration.publication.keepGenerations
        configuration.publication.baseURL = baseURL
        configuration.verification.maximumAge = age
        configuration.verification.maximumRate = rate
        return configuration
    }

    private static func years(_ count: Int) -> Duration { .seconds(count * 365 * 86400) }
}

extension Configuration.Upstream {
    /// Reads `[upstream]`; `nil` leaves at least one problem.
    fileprivate static func read(
        _ source: TOMLSource,
        _ folder: FilePath,
        _ problems: inout [ConfigurationProblem]
    ) -> Self? {
        var table = TableReader(source, ["upstream"])
        defer { problems += table.problems }
        guard let url = table.upstreamURL() else {
            // Whatever else is wrong in the table is still told.
            if let stand = try? IndexURL("file:///") { _ = Self(url: stand, &table, folder) }
            return nil
        }
        return Self(url: url, &table, folder)
    }

    private init(url: IndexURL, _ table: inout TableReader, _ folder: FilePath) {
        self.init(url: url)
        let timeouts = Duration.seconds(1)...Duration.seconds(86400)
        connections = table.integer("connections", in: 1...Self.connectionLimit) ?? connections
        connectionsPerHost = table.integer("connections-per-host", in: 1...Self.connectionLimit)
        connectTimeout = table.duration("connect-timeout", in: timeouts) ?? connectTimeout
        firstByteTimeout = table.duration("first-byte-timeout", in: timeouts) ?? firstByteTimeout
        stallTimeout = table.duration("stall-timeout", in: timeouts) ?? stallTimeout
        retries = table.integer("retries", in: 0...100) ?? retries
        caFile = table.file("ca-file", in: folder)
        clientCertificate = table.file("client-certificate", in: folder)
        clientKey = table.file("client-key", in: folder)
        username = table.string("username")
        password = table.string("password").map(Secret.init)
        passwordFile = table.file("password-file", in: folder)
        tokenFile = table.file("token-file", in: folder)
        proxy = table.proxy()
        headers = table.headers()
        insecure = table.flag("insecure") ?? insecure
        contact = table.string("contact")
        fileRoots = table.files("file-roots", in: folder) ?? fileRoots
        table.noteContradictions()
    }
}

extension Configuration.Selection {
    /// Reads `[select]`.
    fileprivate static func read(_ source: TOMLSource, _ problems: inout [ConfigurationProblem]) -> Self {
        var table = TableReader(source, ["select"])
        defer { problems += table.problems }
        var selection = Self()
        selection.latest = table.integer("latest", in: 1...Int.max)
        let texts = table.strings("projects", of: "names in quotes, or [\"*\"] for all") ?? []
        if texts.contains("*") {
            if texts.count > 1 {
                table.note("'projects' holds \"*\", which is all; remove the other names", "projects")
            }
            selection.projects = .all
            return selection
        }
        var seen: Set<ProjectName> = []
        var names: [ProjectName] = []
        for text in texts {
            guard let name = ProjectName(text) else {
                table.note("'projects': \(ProjectList.complaint(about: text))", "projects", element: text)
                continue
            }
            if seen.insert(name).inserted { names.append(name) }
        }
        selection.projects = .named(names)
        return selection
    }
}

extension TableReader {
    /// The URL to download from.
    fileprivate mutating func upstreamURL() -> IndexURL? {
        guard has("url") else {
            // Several upstreams have been told already.
            if !hasOtherShape {
                note("[upstream] has no 'url'; write url = \"https://index.example/simple/\" there", "url")
            }
            return nil
        }
        return string("url").flatMap { indexURL($0, "url") }
    }

    /// Where clients find the mirror.
    fileprivate mutating func baseURL() -> IndexURL? {
        guard let text = string("base-url"), let url = indexURL(text, "base-url") else { return nil }
        guard url.scheme != .file else {
            note("'base-url': \(quoted(text)) must be an http or https URL, for clients to download from", "base-url")
            return nil
        }
        return url
    }

    /// A proxy, whose credentials have a place of their own.
    fileprivate mutating func proxy() -> String? {
        guard let text = string("proxy") else { return nil }
        do {
            guard try proxyHoldsCredentials(text) else { return text }
            note("'proxy' holds a user name or password; write the whole line into upstream.secret instead", "proxy")
        } catch {
            note("'proxy': \(error)", "proxy")
        }
        return nil
    }

    /// Headers to send, none of which decides how an answer is framed or understood.
    fileprivate mutating func headers() -> [String: Secret] {
        var headers: [String: Secret] = [:]
        let own: Set = [
            "accept", "accept-encoding", "connection", "content-length", "expect", "host", "if-modified-since",
            "if-none-match", "if-range", "range", "te", "transfer-encoding", "user-agent",
        ]
        for (name, value) in texts("headers") ?? [] {
            if name.isEmpty || !name.utf8.allSatisfy(Self.isTokenByte) {
                note("'headers': '\(name)' is not the name of a header", "headers", element: name)
            } else if own.contains(name.lowercased()) {
                let hint = name.lowercased() == "user-agent" ? "; write 'contact' to be told there" : ""
                note("'headers': '\(name)' is set by larder itself\(hint)", "headers", element: name)
            } else {
                headers[name] = Secret(value)
            }
        }
        return headers
    }

    /// Keys that exclude or need each other.
    fileprivate mutating func noteContradictions() {
        if has("client-key"), !has("client-certificate") {
            note("'client-key' needs 'client-certificate' beside it", "client-key")
        }
        if has("password"), has("password-file") {
            note("'password' and 'password-file' exclude each other; keep one", "password-file")
        }
        if has("token-file"), let other = ["username", "password", "password-file"].first(where: has) {
            note("'token-file' and '\(other)' exclude each other; keep one", "token-file")
        }
    }

    private mutating func indexURL(_ text: String, _ key: String) -> IndexURL? {
        do {
            return try IndexURL(text)
        } catch {
            note("'\(key)': \(error)", key)
            return nil
        }
    }

    /// The bytes of a token of RFC 9110, section 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
