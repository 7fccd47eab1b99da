package import SystemPackage
internal import TOML

/// What `upstream.secret` holds of one upstream: its credentials, and those of its proxy.
///
/// Printing it shows no password and no token.
///
/// The file is TOML, and only its owner may read it. The keys `username`, `password`, `token` and `proxy` are those of
/// the only upstream; of each [[upstream]] they stand in the table of its name.
package struct UpstreamSecret: Hashable, Sendable {
    /// `username` for HTTP Basic.
    package var username: String?

    /// `password` for HTTP Basic.
    package var password: Secret?

    /// `token`: a bearer token, instead of name and password.
    package var token: Secret?

    /// `proxy`: the URL of the proxy with its user name and password; it stands above `proxy` in `larder.toml`.
    package var proxy: Secret?

    /// What the file is called, beside `larder.toml`.
    package static let fileName = "upstream.secret"

    /// The keys of one upstream.
    static let keys = ["username", "password", "token", "proxy"]

    /// Gathers secrets.
    package init(username: String? = nil, password: Secret? = nil, token: Secret? = nil, proxy: Secret? = nil) {
        self.username = username
        self.password = password
        self.token = token
        self.proxy = proxy
    }

    /// Reads the text of the file.
    ///
    /// - Parameters:
    ///   - text: The whole file.
    ///   - file: What messages call it.
    ///   - names: What the upstreams are called, in their order; `nil` for `[upstream]`.
    /// - Returns: What it holds of each of them, in their order.
    /// - Throws: `ConfigurationError` with all problems at once, none of which shows a value.
    package static func parse(
        _ text: String,
        file: String,
        of names: [String?] = [nil]
    ) throws(ConfigurationError) -> [UpstreamSecret] {
        let source: TOMLSource
        do {
            source = try TOMLSource(text, file: file)
        } catch {
            // What the parser quotes of the text may be secret: the place has to do.
            throw ConfigurationError(
                error.problems.map { problem in
                    guard let line = problem.line, let column = problem.column else { return problem }
                    let message = "is not valid TOML here; write username = \"…\""
                    return ConfigurationProblem(file: file, line: line, column: column, message: message)
                }
            )
        }
        var table = TableReader(source, [])
        let tables = names.compactMap(\.self).filter { source.root[$0]?.table != nil }
        let suggested = names.count == 1 ? keys : names.compactMap(\.self)
        table.refuseKeys(of: source.root, except: keys + tables, suggesting: suggested)
        if names.count > 1, let key = keys.first(where: table.has) {
            table.note("there are several upstreams; write '\(key)' into the table of the one that it is for", key)
        }
        let plain = UpstreamSecret(&table)
        if let name = tables.first, !plain.isEmpty, names.count == 1 {
            table.note("[\(name)] and keys outside of any table exclude each other; keep one", name)
        }
        var problems = table.problems
        let secrets = names.map { name -> UpstreamSecret in
            guard let name, tables.contains(name) else { return plain }
            var table = TableReader(source, [.key(name)])
            defer { problems += table.problems }
            if let inner = source.root[name]?.table { table.refuseKeys(of: inner, except: keys, suggesting: keys) }
            return UpstreamSecret(&table)
        }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
        return secrets
    }

    /// Reads the keys of a table.
    private init(_ table: inout TableReader) {
        username = table.string("username")
        password = table.string("password").map(Secret.init)
        token = table.string("token").map(Secret.init)
        proxy = table.string("proxy").map(Secret.init)
        if table.has("token"), let other = ["username", "password"].first(where: table.has) {
            table.note("'token' and '\(other)' exclude each other; keep one", "token")
        }
        do {
            if let proxy { _ = try proxyHoldsCredentials(proxy.value) }
        } catch {
            table.note("'proxy': \(error)", "proxy")
        }
    }

    /// The text of the file; write it with mode 0600.
    package var text: String {
        var text = """
            # The credentials of the upstream. Keep this file readable by its owner only (mode 0600).
            # Keys: username and password, or token; proxy is http://USER:PASSWORD@HOST:PORT.

            """
        let values = [
            ("username", username), ("password", password?.value), ("token", token?.value), ("proxy", proxy?.value),
        ]
        for case (let key, let value?) in values { text += "\(key) = \(tomlLiteral(value))\n" }
        return text
    }

    /// Whether nothing is kept in it.
    package var isEmpty: Bool { self == UpstreamSecret() }

    /// Reads the file.
    ///
    /// - Parameters:
    ///   - path: Where it lies.
    ///   - names: What the upstreams are called, in their order; `nil` for `[upstream]`.
    /// - Returns: What it holds of each of them, in their order; nothing of any where there is no such file.
    /// - Throws: `ConfigurationError` where others than its owner may read or write it, and as ``parse(_:file:of:)``.
    package static func read(
        _ path: FilePath,
        of names: [String?] = [nil]
    ) throws(ConfigurationError) -> [UpstreamSecret] {
        func refusal(_ message: String, _ cause: Errno? = nil) -> ConfigurationError {
            ConfigurationError([ConfigurationProblem(file: path.string, message: message)], cause: cause)
        }
        let content: SmallFile
        do {
            content = try SmallFile(path)
        } catch {
            if error.number == .noSuchFileOrDirectory { return names.map { _ in UpstreamSecret() } }
            throw refusal(error.message, error.number)
        }
        if let openness = content.openness(path) { throw refusal(openness) }
        return try parse(content.text, file: path.string, of: names)
    }
}

extension TableReader {
    /// Refuses keys that a table of secrets does not have.
    fileprivate mutating func refuseKeys(of table: TOMLTable, except known: [String], suggesting names: [String]) {
        for key in table.keys.sorted() where !known.contains(key) {
            let all = names.map { "'\($0)'" }.joined(separator: ", ")
            let near = suggestion(for: key, among: names).map { "did you mean '\($0)'?" } ?? "the keys are \(all)"
            note("unknown key '\(key.prefix(40))'; \(near)", key)
        }
    }
}
