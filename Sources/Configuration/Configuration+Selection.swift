package import Packaging
package import RegularExpression
package import SystemPackage

extension Configuration {
    /// `[select]`: which projects, releases and files to keep.
    package struct Selection: Hashable, Sendable {
        /// `projects`: names and patterns, beside the names that `projects.txt` lists.
        package var projects: [Stated<ProjectPattern>] = []

        /// `requirements`: requirement files of pip.
        package var requirements: [Stated<FilePath>] = []

        /// `lock-files`: whose files are kept, exactly.
        package var lockFiles: [Stated<FilePath>] = []

        /// `latest`: how many releases of a project to keep, at least 1; `nil` keeps all.
        package var latest: Stated<Int>?

        /// `latest-prereleases`: whether prereleases count among the newest like any other.
        package var latestCountsPrereleases = false

        /// `prereleases`: whether they are kept.
        package var prereleases: Stated<Bool>?

        /// `yanked`: whether files that were yanked are kept.
        package var yanked: Stated<Bool>?

        /// `max-file-size`: larger files are left out.
        package var maximumFileSize: Stated<ByteCount>?

        /// `max-project-size`: the oldest releases of larger projects are left out.
        package var maximumProjectSize: Stated<ByteCount>?

        /// `uploaded-after`, in seconds since 1970: files from before it are left out.
        package var uploadedAfter: Stated<Int64>?

        /// `uploaded-before`, in seconds since 1970: files from then on are left out.
        package var uploadedBefore: Stated<Int64>?

        /// `files`: when they are had.
        package var files = Files.all

        /// `metadata-only`: projects whose page is kept, and no file; unless files are had on demand, which then concerns
        /// these projects alone.
        package var metadataOnly: [Stated<ProjectPattern>] = []

        /// `closure`: how dependencies are followed; `nil` when they are not.
        package var closure: Stated<Closure>?

        /// `environments`: for which they are followed, and files kept.
        package var environments: [Stated<Environment>] = []

        /// `[select.exclude]`.
        package var exclusions = Exclusions()

        /// The defaults.
        package init() {}

        /// Whether every project of the upstream is kept, but for exclusions: `projects = ["*"]`.
        package var takesAll: Bool { projects.contains { $0.value.isAll } }
    }

    /// When files are had.
    package enum Files: String, Hashable, Sendable, CaseIterable {
        /// By a sync.
        case all
        /// When somebody asks for them; they are kept then.
        case onDemand = "on-demand"
        /// When somebody asks for them, each time anew.
        case stream

        /// Whether pages list files that are not here.
        package var areServedOnDemand: Bool { self != .all }
    }

    /// How dependencies are followed.
    package enum Closure: String, Hashable, Sendable, CaseIterable {
        /// To the newest release that satisfies, in each environment.
        case newest
        /// To every release that satisfies, in some environment.
        case allCompatible = "all-compatible"
    }

    /// An environment for which dependencies are followed.
    package struct Environment: Hashable, Sendable {
        /// What it is called, as `python 3.12 on linux`.
        package let label: String
        /// The environment.
        package let target: TargetEnvironment
    }

    /// `[select.exclude]`: what is left out of what `[select]` keeps.
    package struct Exclusions: Hashable, Sendable {
        /// `projects`: names and patterns.
        package var projects: [Stated<ProjectPattern>] = []

        /// `releases`: such as `demo<2`.
        package var releases: [Stated<ReleasePattern>] = []

        /// `kinds`: of distributions.
        package var kinds: Stated<Set<DistributionFilename.KindName>>?

        /// `platforms`: wheels for these alone.
        package var platforms: Stated<[PlatformPattern]>?

        /// `pythons`: files for these versions alone, as written.
        package var pythons: Stated<[PythonVersions]>?

        /// `other-environments`: files that none of `[select] environments` can install; `nil` where it is not set.
        package var otherEnvironments: Stated<Bool>?

        /// `files`: regular expressions over filenames.
        package var files: [Stated<RegularExpression>] = []

        /// Nothing.
        package init() {}
    }

    /// `[policy]`: what may be shown, and when.
    package struct Policy: Hashable, Sendable {
        /// `minimum-age`: how long ago a file must have been uploaded before it is shown.
        package var minimumAge: Stated<Duration>?

        /// `minimum-age-exceptions`: projects whose files need not wait.
        package var minimumAgeExceptions: [Stated<ProjectPattern>] = []

        /// `blocked.projects`: names and patterns.
        package var blockedProjects: [Stated<ProjectPattern>] = []

        /// `blocked.releases`: such as `demo==1.3`.
        package var blockedReleases: [Stated<ReleasePattern>] = []

        /// `blocked.digests`: SHA-256 in lower-case hexadecimal.
        package var blockedDigests: [Stated<String>] = []

        /// The defaults.
        package init() {}
    }
}
