internal import Digest
package import Packaging

/// What one sync is to do, beside what the configuration says.
package struct SyncOptions: Sendable {
    /// Which files a sync downloads.
    package enum Files: Sendable {
        /// Those that the configuration has a sync download.
        case asConfigured
        /// None: records and sidecars alone.
        case metadataOnly
        /// All that are selected, those included that the configuration has downloaded when somebody asks for them.
        case fill
    }

    /// The projects to bring up to date; all that are selected when it is empty.
    package var projects: [ProjectName] = []
    /// Which files are downloaded.
    package var files = Files.asConfigured
    /// Whether only to look and to report.
    package var isDryRun = false
    /// Whether to publish what was fetched.
    package var publishes = true
    /// Whether removals are applied however many there are.
    package var acceptsRemovals = false
    /// Projects and filenames whose files may have other bytes than before.
    package var acceptedChanges: Set<String> = []
    /// Whether other commands wait until it has ended, as nobody asked for it; otherwise they fail.
    var isBrief = false
    /// Objects that are known to be damaged: they count as not here, and are replaced by what is downloaded.
    var distrusted: Set<SHA256Digest> = []

    /// A sync as the configuration says.
    package init() {}

    /// Whether a file may have other bytes than before.
    func accepts(changeOf filename: String, of project: ProjectName) -> Bool {
        acceptedChanges.contains(filename) || acceptedChanges.contains { ProjectName($0) == project }
    }
}
