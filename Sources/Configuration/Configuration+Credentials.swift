package import SystemPackage

/// Who Larder is to the upstream and to its proxy, gathered from all places that say so.
///
/// The environment stands above `larder.toml`, and that above `upstream.secret`; only of a proxy, `larder.toml` says
/// least, since no URL with credentials may stand there.
extension Configuration.Upstream {
    /// The credentials to sign in with; password and token files are read now, so that they can be renewed in place.
    ///
    /// A name without a password signs in with an empty one.
    ///
    /// - Parameters:
    ///   - secret: What `upstream.secret` holds.
    ///   - environment: What the environment holds.
    /// - Returns: `nil` where nothing names credentials, and where those of `netrcFile` are to be used.
    /// - Throws: `ConfigurationError` where a file cannot be read, is empty or has several lines, and where a password
    ///   has no user name.
    package func credentials(
        _ secret: UpstreamSecret?,
        environment: UpstreamSecret? = nil
    ) throws(ConfigurationError) -> Credentials? {
        if let token = environment?.token { return .bearer(token) }
        let isFromEnvironment = environment?.username != nil || environment?.password != nil
        if !isFromEnvironment {
            if netrcFile != nil { return nil }
            if let tokenFile { return .bearer(try Self.secret(in: tokenFile)) }
        }
        let ownPassword: Secret? =
            if let password = environment?.password {
                password
            } else if let passwordFile {
                try Self.secret(in: passwordFile)
            } else {
                password
            }
        let ownUsername = environment?.username ?? username
        if ownUsername == nil, ownPassword == nil, let token = secret?.token { return .bearer(token) }
        let password = ownPassword ?? secret?.password
        guard let username = ownUsername ?? secret?.username else {
            guard password == nil else {
                let isFromEnvironment = environment?.password != nil
                let variables = UpstreamSecret.variables(of: name)
                throw ConfigurationError([
                    ConfigurationProblem(
                        file: isFromEnvironment ? variables[1] : UpstreamSecret.fileName,
                        message: "the upstream has a password but no user name; "
                            + (isFromEnvironment
                                ? "set \(variables[0]) too" : "write 'username' here or in larder.toml")
                    )
                ])
            }
            return nil
        }
        return .basic(username: username, password: password ?? Secret(""))
    }

    /// The file in the format of netrc(5) to sign in with, after a look at who may read it.
    ///
    /// - Parameters:
    ///   - secret: What `upstream.secret` holds.
    ///   - environment: What the environment holds; its credentials are used instead of the file.
    /// - Returns: `nil` where none is to be used.
    /// - Throws: `ConfigurationError` where it cannot be read, others than its owner may read or write it, or
    ///   `upstream.secret` holds credentials too.
    package func netrcFile(
        _ secret: UpstreamSecret?,
        environment: UpstreamSecret? = nil
    ) throws(ConfigurationError) -> FilePath? {
        guard let netrcFile, !(environment?.hasCredentials ?? false) else { return nil }
        func refusal(_ file: String, _ message: String, _ cause: Errno? = nil) -> ConfigurationError {
            ConfigurationError([ConfigurationProblem(file: file, message: message)], cause: cause)
        }
        guard !(secret?.hasCredentials ?? false) else {
            throw refusal(
                UpstreamSecret.fileName,
                "has credentials, and so has 'netrc-file' in larder.toml, which exclude each other; keep one"
            )
        }
        do {
            if let openness = try SmallFile(netrcFile).openness(netrcFile) { throw refusal(netrcFile.string, openness) }
        } catch let error as SmallFile.Failure {
            throw refusal(netrcFile.string, error.message, error.number)
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw refusal(netrcFile.string, "\(error)")
        }
        return netrcFile
    }

    /// The URL of the proxy, with the credentials that the environment or `upstream.secret` hold for it.
    ///
    /// - Parameters:
    ///   - secret: What `upstream.secret` holds.
    ///   - environment: What the environment holds.
    /// - Returns: `nil` where none is set.
    package func proxyURL(_ secret: UpstreamSecret?, environment: UpstreamSecret? = nil) -> Secret? {
        environment?.proxy ?? secret?.proxy ?? proxy.map(Secret.init)
    }

    private static func secret(in path: FilePath) throws(ConfigurationError) -> Secret {
        func refusal(_ message: String, _ cause: Errno? = nil) -> ConfigurationError {
            ConfigurationError([ConfigurationProblem(file: path.string, message: message)], cause: cause)
        }
        var text: String
        do {
            text = try SmallFile(path).text
        } catch {
            throw refusal(error.message, error.number)
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
