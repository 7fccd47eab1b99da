internal import Glibc
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
        func refusal(_ message: String) -> ConfigurationError {
            ConfigurationError([ConfigurationProblem(file: path.string, message: message)])
        }
        let content: SmallFile
        do {
            content = try SmallFile(path)
        } catch {
            if error.number == .noSuchFileOrDirectory { return nil }
            throw refusal(error.message)
        }
        guard content.mode & 0o077 == 0 else {
            let mode = "0" + String(content.mode & 0o777, radix: 8)
            throw refusal("is open to others than its owner (mode \(mode)); run: chmod 600 '\(path)'")
        }
        return try UpstreamSecret(parsing: content.text, file: path.string)
    }
}

extension Configuration.Upstream {
    /// The credentials to sign in with; password and token files are read now, so that they can be renewed in place.
    ///
    /// What `larder.toml` says stands above `upstream.secret`. A name without a password signs in with an empty one.
    ///
    /// - Parameter secret: What `upstream.secret` holds.
    /// - Returns: `nil` where neither names credentials.
    /// - Throws: `ConfigurationError` where a file cannot be read, is empty or has several lines, and where a password
    ///   has no user name.
    package func credentials(_ secret: UpstreamSecret?) throws(ConfigurationError) -> Credentials? {
        if let tokenFile { return .bearer(try Self.secret(in: tokenFile)) }
        let ownPassword: Secret? = if let passwordFile { try Self.secret(in: passwordFile) } else { password }
        if username == nil, ownPassword == nil, let token = secret?.token { return .bearer(token) }
        let password = ownPassword ?? secret?.password
        guard let username = username ?? secret?.username else {
            guard password == nil else {
                throw ConfigurationError([
                    ConfigurationProblem(
                        file: UpstreamSecret.fileName,
                        message: "the upstream has a password but no user name; write 'username' here or in larder.toml"
                    )
                ])
            }
            return nil
        }
        return .basic(username: username, password: password ?? Secret(""))
    }

    /// The URL of the proxy, with the credentials that `upstream.secret` holds for it.
    ///
    /// - Parameter secret: What `upstream.secret` holds.
    /// - Returns: `nil` where none is set.
    package func proxyURL(_ secret: UpstreamSecret?) -> Secret? {
        secret?.proxy ?? proxy.map(Secret.init)
    }

    private static func secret(in path: FilePath) throws(ConfigurationError) -> Secret {
        func refusal(_ message: String) -> ConfigurationError {
            ConfigurationError([ConfigurationProblem(file: path.string, message: message)])
        }
        var text: String
        do {
            text = try SmallFile(path).text
        } catch {
            throw refusal(error.message)
        }
        // "\r\n" is one character.
        if text.last?.isNewline ?? false { text.removeLast() }
        guard !text.isEmpty else { throw refusal("is empty; it must hold the secret alone") }
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw refusal("has several lines or control characters; it must hold the secret alone")
        }
        return Secret(text)
    }
}

/// A file of at most 64 KiB of UTF-8, read whole.
private struct SmallFile {
    var text = ""
    var mode: mode_t = 0

    struct Failure: Error {
        let number: Errno?
        let message: String
    }

    init(_ path: FilePath) throws(Failure) {
        do {
            let descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking])
            defer { try? descriptor.close() }
            var status = stat()
            guard fstat(descriptor.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
            mode = status.st_mode
            let limit = 65536
            var bytes: [UInt8] = []
            while bytes.count <= limit {
                let count = bytes.count
                bytes += [UInt8](repeating: 0, count: 4096)
                let read = try bytes.withUnsafeMutableBytes { buffer in
                    try descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
                }
                bytes.removeLast(4096 - read)
                if read == 0 { break }
            }
            guard bytes.count <= limit else { throw Failure(number: nil, message: "is larger than 64 KiB") }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw Failure(number: nil, message: "is not UTF-8 text")
            }
            self.text = text
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(number: error as? Errno, message: "cannot be read: \(error)")
        }
    }
}
