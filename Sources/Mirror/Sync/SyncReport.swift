internal import Configuration
package import Packaging
package import Publication
package import Transfer

/// How a command ended.
package enum Outcome: String, Sendable {
    /// Everything that was to be done is done.
    case complete
    /// Some of it failed, and all of that is listed.
    case partial
    /// None of it could be done; nothing was changed.
    case failed
    /// It was stopped; what was committed is kept.
    case interrupted
}

/// What a sync did.
package struct SyncReport: Sendable {
    /// Projects, counted by what became of them.
    package struct Projects: Equatable, Sendable {
        /// Projects that the upstream lists; those asked for when it was not asked for its list.
        package var listed = 0
        /// Projects that the selection names.
        package var selected = 0
        /// Projects whose record changed.
        package var changed = 0
        /// Projects of which there was nothing new.
        package var unchanged = 0
        /// Projects that were taken off.
        package var removed = 0
        /// Projects whose page is older than the root list says; they are tried again.
        package var deferred = 0
        /// Projects whose page could not be used.
        package var failed = 0
    }

    /// Files, counted by what became of them.
    package struct Files: Equatable, Sendable {
        /// Files that were downloaded, sidecars not counted.
        package var downloaded = 0
        /// Files of the projects that were looked at, whose objects are here.
        package var present = 0
        /// Files of those projects that are known and not downloaded, because the selection says so.
        package var known = 0
        /// Files of those projects that are kept off the pages for now.
        package var withheld = 0
        /// Files of those projects that are refused for what they are.
        package var refused = 0
        /// Files of those projects that could not be had.
        package var failed = 0
    }

    /// Requests, counted by what they were for.
    package struct Requests: Equatable, Sendable {
        /// Requests for root lists and pages.
        package var metadata = 0
        /// Requests for files and sidecars.
        package var files = 0
        /// Answers that said that nothing had changed.
        package var notModified = 0
        /// Attempts beyond the first of each request.
        package var retries = 0
    }

    /// What was found to be needed.
    package struct Closure: Equatable, Sendable {
        /// How dependencies were followed, as the configuration says it.
        package var mode: String
        /// The environments, as people call them.
        package var environments: [String]
        /// Projects that are needed and not asked for themselves.
        package var dependencies = 0
        /// Releases that are kept, those of what is asked for included.
        package var releases = 0
        /// Whether something could not be asked, so that nothing was taken off as no longer needed.
        package var isIncomplete = false
    }

    /// What one upstream listed.
    package struct Upstream: Equatable, Sendable {
        /// What it is called: its name, else its URL.
        package let label: String
        /// Its URL.
        package let url: String
        /// Projects that it lists and that come from it; `nil` when its list was not read.
        package let listed: Int?
        /// Projects that it lists and that an upstream before it claims, which are never had from it.
        package let shadowed: Int?
        /// The first few of those.
        package let shadowedNames: [ProjectName]

        init(_ settings: Configuration.Upstream, _ list: ListAnswer) {
            label = settings.label
            url = settings.url.text
            listed = list.projects?.count
            shadowed = list.projects?.shadowed
            shadowedNames = list.projects?.shadowedNames ?? []
        }
    }

    /// How the sync ended.
    package var outcome = Outcome.complete
    /// How long it took.
    package var seconds = 0.0
    /// Whether it only looked.
    package var isDryRun = false
    /// The generation at which readers are held by a rollback, so that nothing was published.
    package var held: UInt64?
    /// The generation that is live.
    package var generation: Generation?
    /// Projects by what became of them.
    package var projects = Projects()
    /// Files by what became of them.
    package var files = Files()
    /// Bytes of files and sidecars that were downloaded; in a dry run, those that would be, as far as they are known.
    package var bytesDownloaded: UInt64 = 0
    /// Bytes that copies of what a dry run would download take below `packages/`; 0 where names are links.
    package var bytesCopied: UInt64 = 0
    /// What a dry run found would change, by cause.
    package var changes = SyncChanges()
    /// Projects whose pages changed because of the policy alone.
    package var blockedProjects: [ProjectName] = []
    /// Files that are left out for what nobody could know before, such as their size, since this sync.
    package var drops: [FileDrop] = []
    /// Files that a dry run found to be withdrawn.
    package var withdrawals = 0
    /// What names of packages were turned into, when they were.
    package var links: LinkConversion?
    /// Requests by what they were for.
    package var requests = Requests()
    /// What the transfer engine did.
    package var transfer = TransferStatistics()
    /// What was found to be needed; `nil` when no dependencies were followed.
    package var closure: Closure?
    /// What the upstreams listed, in their order; empty when none was asked for its list.
    package var upstreams: [Upstream] = []
    /// Everything that failed.
    package var failures: [Failure] = []
    /// What is worth knowing and is no failure.
    package var warnings: [String] = []
    /// Projects that a later sync has to ask for again.
    package var lag = 0

    /// An empty report.
    package init() {}
}
