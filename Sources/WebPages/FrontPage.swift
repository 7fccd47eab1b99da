/// The page at the root of a tree: what a mirror holds, how fresh that is, and how to use it.
///
/// What is `nil` is not known, and the page says so.
package struct FrontPage: Sendable {
    /// The tree that readers see.
    package struct Tree: Sendable {
        /// The number of its generation.
        package let generation: UInt64
        /// When it was made, in seconds since 1970.
        package let time: Int64
        /// Projects in the root list.
        package let projects: Int
        /// Files on all pages.
        package let files: Int
        /// The highest serial on any page.
        package let serial: UInt64
        /// The digest by which mirrors are compared, as hexadecimal.
        package let digest: String

        /// A tree.
        package init(generation: UInt64, time: Int64, projects: Int, files: Int, serial: UInt64, digest: String) {
            self.generation = generation
            self.time = time
            self.projects = projects
            self.files = files
            self.serial = serial
            self.digest = digest
        }
    }

    /// How the last sync ended.
    package struct Sync: Sendable {
        /// When it ended, in seconds since 1970.
        package let finished: Int64
        /// How: `complete`, `partial`, `failed` or `interrupted`.
        package let outcome: String
        /// The projects that the next sync has to ask for again.
        package let lag: Int?

        /// The end of a sync.
        package init(finished: Int64, outcome: String, lag: Int?) {
            self.finished = finished
            self.outcome = outcome
            self.lag = lag
        }
    }

    /// How much the store holds, as it was counted.
    package struct Size: Equatable, Sendable {
        /// Objects.
        package let objects: Int
        /// Their bytes.
        package let bytes: UInt64
        /// When they were counted, in seconds since 1970.
        package let time: Int64

        /// A count.
        package init(objects: Int, bytes: UInt64, time: Int64) {
            self.objects = objects
            self.bytes = bytes
            self.time = time
        }
    }

    /// What a verification said at its end.
    package struct Verification: Equatable, Sendable {
        /// When it ended, in seconds since 1970.
        package let finished: Int64
        /// The objects that there were.
        package let objects: Int
        /// Those that were covered.
        package let covered: Int
        /// The age in seconds up to which a check counted; `nil` when every check since an object was stored did.
        package let maximumAge: Int64?
        /// When the check was that was longest ago, in seconds since 1970; 0 when that is not known.
        package let oldestCheck: Int64?
        /// How much was wrong and left so.
        package let findings: Int

        /// The end of a verification.
        package init(
            finished: Int64,
            objects: Int,
            covered: Int,
            maximumAge: Int64?,
            oldestCheck: Int64?,
            findings: Int
        ) {
            self.finished = finished
            self.objects = objects
            self.covered = covered
            self.maximumAge = maximumAge
            self.oldestCheck = oldestCheck
            self.findings = findings
        }
    }

    /// When the page was made, in seconds since 1970.
    package var time: Int64
    /// Where clients find the document root, ending in `/`; `nil` leaves it to the script.
    package var baseURL: String?
    /// What readers see; `nil` before the first publication.
    package var tree: Tree?
    /// Whether readers are held at an older tree by a rollback.
    package var isHeld = false
    /// The last sync.
    package var sync: Sync?
    /// The serial that the upstream told last of its list of projects.
    package var upstreamSerial: UInt64?
    /// What the store holds.
    package var size: Size?
    /// The last verification.
    package var verification: Verification?
    /// The names of the snapshots.
    package var snapshots: [String] = []
    /// What is known of days, in their order.
    package var history: [DailyFigures] = []
    /// The version of the program.
    package var version: String

    /// A page that knows nothing yet.
    package init(time: Int64, version: String) {
        self.time = time
        self.version = version
    }
}
