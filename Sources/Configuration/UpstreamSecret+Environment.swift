/// What the environment holds of the credentials of the upstream and of its proxy.
extension UpstreamSecret {
    /// The variables that are read.
    package static let variables = [
        "LARDER_UPSTREAM_USERNAME", "LARDER_UPSTREAM_PASSWORD", "LARDER_UPSTREAM_TOKEN", "LARDER_UPSTREAM_PROXY",
    ]

    /// Whether a name, a password or a token for the upstream itself is kept in it.
    package var hasCredentials: Bool { username != nil || password != nil || token != nil }

    /// Reads the variables; an empty one counts as unset.
    ///
    /// - Parameter value: The value of a variable by its name.
    /// - Throws: `ConfigurationError` with all problems at once, none of which shows a value.
    package init(environment value: (String) -> String?) throws(ConfigurationError) {
        var problems: [ConfigurationProblem] = []
        func note(_ variable: String, _ message: String) {
            problems.append(ConfigurationProblem(file: variable, message: message))
        }
        let values = Self.variables.map { variable -> String? in
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
            let other = Self.variables[username != nil ? 0 : 1]
            note(Self.variables[2], "excludes \(other); unset one of them")
        }
        do {
            if let proxy { _ = try proxyHoldsCredentials(proxy.value) }
        } catch {
            note(Self.variables[3], "\(error)")
        }
        guard problems.isEmpty else { throw ConfigurationError(problems) }
    }
}
