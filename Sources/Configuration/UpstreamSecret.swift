package import SystemPackage
internal import TOMLKit

/// What `upstream.secret` holds: the credentials of the upstream and of its proxy.
///
/// Printing it shows no password and no token.
///
/// The file is TOML, with the keys `username`, `password`, `token` and `proxy`, and only its owner may read it.
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
    /// - Throws: `ConfigurationError` with all problems at once, none of which shows a value.
    package init(parsing text: String, file: String) throws(ConfigurationError) {
        let source: TOMLSource
        do {
            source = try TOMLSource(text, file: file)
        } catch {
            // What TOMLKit quotes of the text may be secret: the place has to do.
            throw ConfigurationError(
                error.problems.map { problem in
                    guard let line = problem.line, let column = problem.column else { return problem }
                    let message = "is not valid TOML here; write username = \"…\""
                    return ConfigurationProblem(file: file, line: line, column: column, message: message)
                }
            )
        }
        let known = ["username", "password", "token", "proxy"]
        var table = TableReader(source, [])
        for key in source.root.keys.sorted() where !known.contains(key) {
            let keys = known.map { "'\($0)'" }.joined(separator: ", ")
            let near = suggestion(for: key, among: known).map { "did you mean '\($0)'?" } ?? "the keys are \(keys)"
            table.note("unknown key '\(key.prefix(40))'; \(near)", key)
        }
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
        guard table.problems.isEmpty else { throw ConfigurationError(table.problems) }
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
    /// - Parameter path: Where it lies.
    /// - Returns: `nil` where there is no such file.
    /// - Throws: `ConfigurationError` where others than its owner may read or write it, and as `init(parsing:)`.
    package static func read(_ path: FilePath) throws(ConfigurationError) -> UpstreamSecret? {
        func refusal(_ message: String, _ cause: Errno? = nil) -> ConfigurationError {
            ConfigurationError([ConfigurationProblem(file: path.string, message: message)], cause: cause)
        }
        let content: SmallFile
        do {
            content = try SmallFile(path)
        } catch {
            if error.number == .noSuchFileOrDirectory { return nil }
            throw refusal(error.message, error.number)
        }
        if let openness = content.openness(path) { throw refusal(openness) }
        return try UpstreamSecret(parsing: content.text, file: path.string)
    }
}
