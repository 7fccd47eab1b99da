/// What the environment holds of the credentials of an upstream and of its proxy.
extension UpstreamSecret {
    /// The variables of an upstream: its user name, password, token and proxy.
    ///
    /// - Parameter name: What it is called, whose hyphens become `_`; `nil` for `[upstream]`.
    /// - Returns: Their names, in that order.
    package static func variables(of name: String? = nil) -> [String] {
        let own = name.map { $0.uppercased().split(separator: "-", omittingEmptySubsequences: false) }
        let prefix = (["LARDER", "UPSTREAM"] + (own ?? [])).joined(separator: "_")
        return ["USERNAME", "PASSWORD", "TOKEN", "PROXY"].map { "\(prefix)_\($0)" }
    }

    /// Whether a name, a password or a token for the upstream itself is kept in it.
    package var hasCredentials: Bool { username != nil || password != nil || token != nil }

    /// Reads the variables of some upstreams; an empty one counts as unset.
    ///
    /// Those without a name in them are of the only upstream, and count where its own are unset; beside several they are
    /// refused.
    ///
    /// - Parameters:
    ///   - names: What the upstreams are called, in their order; `nil` for `[upstream]`.
    ///   - value: The value of a variable by its name.
    /// - Returns: What they hold of each of them, in their order.
    /// - Throws: `ConfigurationError` with all problems at once, none of which shows a value.
    package static func environment(
        of names: [String?] = [nil],
        _ value: (String) -> String?
    ) throws(ConfigurationError) -> [UpstreamSecret] {
        let plain = variables()
        func isSet(_ variable: String) -> Bool { !(value(variable) ?? "").isEmpty }
        var problems: [ConfigurationProblem] = []
        let secrets = names.map { name in
            let own = variables(of: name)
            // A value that is only taken where the other is unset leaves nothing to mix up.
            let chosen = names.count == 1 ? zip(own, plain).map { isSet($0) ? $0 : $1 } : own
            return UpstreamSecret(variables: chosen, value, &problems)
        }
        if names.count > 1, let example = names.compactMap(\.self).first {
            for (index, variable) in plain.enumerated() where isSet(variable) {
                let advice = "name the one that it is for, as \(variables(of: example)[index]) does"
                let message = "there are several upstreams; \(advice)"
                problems.append(ConfigurationProblem(file: variable, message: message))
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
        return secrets
    }

    private init(
        variables: [String],
        _ value: (String) -> String?,
        _ problems: inout [ConfigurationProblem]
    ) {
        func note(_ variable: String, _ message: String) {
            problems.append(ConfigurationProblem(file: variable, message: message))
        }
        let values = variables.map { variable -> String? in
            guard let text = value(variable), !text.isEmpty else { return nil }
            if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
                note(variable, "holds a control character or a line break")
            }
            return text
        }
        self.init(
            username: values[0],
            password: values[1].map(Secret.init),
            token: values[2].map(Secret.init),
            proxy: values[3].map(Secret.init)
        )
        if token != nil, username != nil || password != nil {
            let other = variables[username != nil ? 0 : 1]
            note(variables[2], "excludes \(other); unset one of them")
        }
        do {
            if let proxy { _ = try proxyHoldsCredentials(proxy.value) }
        } catch {
            note(variables[3], "\(error)")
        }
    }
}
