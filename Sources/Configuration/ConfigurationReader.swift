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
        let upstreams = Upstream.readAll(source, folder, &problems)
        let selection = Selection.read(source, folder, &problems)
        let policy = Policy.read(source, &problems)
        if let upstreams { problems += selection.problems(with: UpstreamClaims(upstreams), source) }
        var table = TableReader(source, ["guard"])
        let removals = table.share("removals")
        let freeSpace = table.byteCount("free-space")
        problems += table.problems
        table = TableReader(source, ["gc"])
        let grace = table.duration("grace", in: .zero...years(10))
        problems += table.problems
        table = TableReader(source, ["publish"])
        let generations = table.integer("keep-generations", in: 0...10_000)
        let baseURL = table.baseURL()
        let hasLegacyJSON = table.flag("legacy-json")
        let signingKey = table.file("signing-key", in: folder)
        let link = table.link()
        let hasWebPages = table.flag("web-pages")
        problems += table.problems
        table = TableReader(source, ["verify"])
        let age = table.duration("max-age", in: .zero...years(10))
        let rate = table.byteCount("max-rate")
        problems += table.problems

        let airGap = AirGap.read(source, folder, &problems)

        guard let upstreams, problems.isEmpty, let first = upstreams.first else { throw ConfigurationError(problems) }
        var configuration = Configuration(upstream: first)
        configuration.upstreams = upstreams
        configuration.selection = selection
        configuration.policy = policy
        configuration.removalGuard.removals = removals
        configuration.removalGuard.freeSpace = freeSpace ?? configuration.removalGuard.freeSpace
        configuration.collection.grace = grace ?? configuration.collection.grace
        configuration.publication.keepGenerations = generations ?? configuration.publication.keepGenerations
        configuration.publication.baseURL = baseURL
        configuration.publication.hasLegacyJSON = hasLegacyJSON ?? configuration.publication.hasLegacyJSON
        configuration.publication.signingKey = signingKey
        configuration.publication.link = link ?? configuration.publication.link
        configuration.publication.hasWebPages = hasWebPages ?? configuration.publication.hasWebPages
        configuration.verification.maximumAge = age
        configuration.verification.maximumRate = rate
        configuration.airGap = airGap
        return configuration
    }

    private static func years(_ count: Int) -> Duration { .seconds(count * 365 * 86400) }
}

extension TableReader {
    /// What the names of packages are.
    fileprivate mutating func link() -> Configuration.Link? {
        guard let text = string("link") else { return nil }
        if let link = Configuration.Link(rawValue: text) { return link }
        let words = Configuration.Link.allCases.map(\.rawValue)
        note("'link' is \(quoted(text)); \(Configuration.suggested(for: text, among: words))", "link")
        return nil
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
}
