internal import SystemPackage
internal import TOML

extension Configuration.Upstream {
    /// Where they stand in `larder.toml`: a table, or an array of tables.
    static let path: TOMLPath = ["upstream"]

    /// Reads `[upstream]`, or all `[[upstream]]`; `nil` leaves at least one problem.
    static func readAll(
        _ source: TOMLSource,
        _ folder: FilePath,
        _ problems: inout [ConfigurationProblem]
    ) -> [Self]? {
        guard let tables = source.root["upstream"]?.array?.tables else {
            var table = TableReader(source, path)
            defer { problems += table.problems }
            table.refuseKeysOfSeveral()
            return read(&table, folder).map { [$0] }
        }
        var upstreams: [Self?] = []
        for index in tables.indices {
            var table = TableReader(source, path + [.element(index)])
            defer { problems += table.problems }
            let name = table.name()
            let claims = table.claims()
            var upstream = read(&table, folder)
            upstream?.name = name
            upstream?.statedClaims = claims ?? []
            upstreams.append(name == nil || claims == nil ? nil : upstream)
        }
        problems += problemsAmong(upstreams, source)
        let whole = upstreams.compactMap(\.self)
        return whole.count == upstreams.count ? whole : nil
    }

    /// Reads one; `nil` leaves at least one problem.
    private static func read(_ table: inout TableReader, _ folder: FilePath) -> Self? {
        let allowsFTP = table.flag("ftp") ?? false
        guard let url = table.upstreamURL(allowsFTP: allowsFTP) else {
            // Whatever else is wrong in the table is still told.
            if let stand = try? IndexURL("file:///") { _ = Self(url: stand, allowsFTP, &table, folder) }
            return nil
        }
        return Self(url: url, allowsFTP, &table, folder)
    }

    private init(url: IndexURL, _ allowsFTP: Bool, _ table: inout TableReader, _ folder: FilePath) {
        self.init(url: url)
        self.allowsFTP = allowsFTP
        let timeouts = Duration.seconds(1)...Duration.seconds(86400)
        connections = table.integer("connections", in: 1...Self.connectionLimit) ?? connections
        connectionsPerHost = table.integer("connections-per-host", in: 1...Self.connectionLimit)
        connectTimeout = table.duration("connect-timeout", in: timeouts) ?? connectTimeout
        firstByteTimeout = table.duration("first-byte-timeout", in: timeouts) ?? firstByteTimeout
        stallTimeout = table.duration("stall-timeout", in: timeouts) ?? stallTimeout
        let (hour, year) = (Duration.seconds(3_600), Duration.seconds(365 * 86_400))
        revalidation = table.duration("revalidation", in: hour...year) ?? revalidation
        acceptStaleAfter = table.duration("accept-stale-after", in: .zero...year) ?? acceptStaleAfter
        retries = table.integer("retries", in: 0...100) ?? retries
        requestsPerSecond = table.integer("requests-per-second", in: 1...Self.requestRateLimit)
        bytesPerSecond = table.byteCount("bytes-per-second")
        caFile = table.file("ca-file", in: folder)
        clientCertificate = table.file("client-certificate", in: folder)
        clientKey = table.file("client-key", in: folder)
        username = table.string("username")
        password = table.string("password").map(Secret.init)
        passwordFile = table.file("password-file", in: folder)
        tokenFile = table.file("token-file", in: folder)
        netrcFile = table.file("netrc-file", in: folder)
        proxy = table.proxy()
        noProxy = table.noProxy()
        headers = table.headers()
        insecure = table.flag("insecure") ?? insecure
        pins = table.pins(for: url)
        contact = table.string("contact")
        fileRoots = table.files("file-roots", in: folder) ?? fileRoots
        fileSources = table.fileSources(allowsFTP: allowsFTP)
        indexMirrors = table.indexMirrors(of: url, allowsFTP: allowsFTP)
        table.noteContradictions()
    }
}

extension TableReader {
    /// The URL to download from.
    fileprivate mutating func upstreamURL(allowsFTP: Bool) -> IndexURL? {
        guard has("url") else {
            // What is no table has been told already.
            if !hasOtherShape {
                note("\(header) has no 'url'; write url = \"https://index.example/simple/\" there", "url")
            }
            return nil
        }
        return string("url").flatMap { indexURL($0, "url", allowsFTP: allowsFTP) }
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
        let credentials = ["username", "password", "password-file", "token-file"]
        if has("netrc-file"), let other = credentials.first(where: has) {
            note("'netrc-file' and '\(other)' exclude each other; keep one", "netrc-file")
        }
        if has("token-file"), let other = ["username", "password", "password-file"].first(where: has) {
            note("'token-file' and '\(other)' exclude each other; keep one", "token-file")
        }
    }

    /// A URL of an index or of a tree of files.
    mutating func indexURL(_ text: String, _ key: String, allowsFTP: Bool = false) -> IndexURL? {
        do {
            return try IndexURL(text, allowsFTP: allowsFTP)
        } catch {
            note("'\(key)': \(error)", key, element: text)
            return nil
        }
    }

    /// The bytes of a token of RFC 9110, section 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        byte.isLetterOrDigit || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}
