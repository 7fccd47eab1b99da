import DemoUpstream

extension ScriptedProject {
    /// A release with what it needs.
    struct Release {
        var version: String
        var requires: [String] = []
        /// The tags of its wheel; `nil` for an sdist alone.
        var tags: String? = "py3-none-any"
        var metadataVersion = "2.1"
        /// Whether the wheel has a sidecar.
        var hasSidecar = true
    }

    /// A project whose releases need others.
    init(_ name: String, _ releases: [Release]) throws {
        try self.init(name, versions: [])
        for release in releases {
            var distribution = Distribution(name: name, version: release.version, requires: release.requires)
            distribution.sources = []
            distribution.metadataVersion = release.metadataVersion
            if let tags = release.tags {
                files.append(
                    try File(
                        filename: "\(distribution.stem)-\(tags).whl",
                        bytes: distribution.wheel(),
                        metadata: release.hasSidecar ? distribution.metadata() : nil
                    )
                )
            } else {
                files.append(try File(filename: distribution.sdistFilename, bytes: distribution.sdist()))
            }
        }
    }
}
