/// The tables and keys of `larder.toml`: those that this version acts on, and those that are named but not yet.
///
/// A key of neither kind is unknown. None is ever ignored: a mirror that silently lacks a policy is worse than none.
enum ConfigurationKeys {
    /// One table.
    struct Table {
        /// The path, as `["select", "exclude"]`.
        let path: [String]
        let supported: [String]
        let later: [String]

        /// As its header writes it.
        var header: String { "[\(path.joined(separator: "."))]" }

        /// All names, for suggestions; those that can be used come first.
        var names: [String] { supported + later }
    }

    static let tables = [
        Table(
            path: ["upstream"],
            supported: [
                "name", "projects", "url", "connections", "connections-per-host", "connect-timeout",
                "first-byte-timeout", "stall-timeout", "revalidation", "accept-stale-after",
                "retries", "ca-file", "client-certificate", "client-key", "username", "password", "password-file",
                "token-file", "netrc-file", "proxy", "no-proxy", "headers", "insecure", "pins", "file-roots", "contact",
                "requests-per-second", "bytes-per-second", "ftp", "file-mirrors", "index-mirrors",
            ],
            later: []
        ),
        Table(
            path: ["select"],
            supported: [
                "projects", "requirements", "lock-files", "latest", "latest-prereleases", "prereleases", "yanked",
                "max-file-size", "max-project-size", "metadata-only", "uploaded-after", "uploaded-before",
                "closure", "environments", "files",
            ],
            later: []
        ),
        Table(
            path: ["select", "exclude"],
            supported: ["projects", "releases", "kinds", "platforms", "pythons", "other-environments", "files"],
            later: []
        ),
        Table(path: ["policy"], supported: ["minimum-age", "minimum-age-exceptions"], later: []),
        Table(path: ["policy", "blocked"], supported: ["projects", "releases", "digests"], later: []),
        Table(path: ["guard"], supported: ["removals", "free-space"], later: []),
        Table(path: ["gc"], supported: ["grace"], later: []),
        Table(path: ["hooks"], supported: [], later: ["after-publish", "time-limit"]),
        Table(path: ["airgap"], supported: ["signers", "threshold"], later: []),
        Table(
            path: ["publish"],
            supported: ["keep-generations", "base-url", "legacy-json", "web-pages", "signing-key", "link"],
            later: []
        ),
        Table(path: ["verify"], supported: ["max-age", "max-rate"], later: []),
    ]

    /// The table at a path.
    static func table(at path: [String]) -> Table? {
        tables.first { $0.path == path }
    }

    /// The tables right under `path`, by name.
    static func subtables(of path: [String]) -> [String] {
        tables.filter { $0.path.count == path.count + 1 && $0.path.starts(with: path) }.compactMap(\.path.last)
    }
}
