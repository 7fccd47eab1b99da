internal import Packaging

/// What became of projects when the policy was applied to their records.
struct EnforcedPolicy: Sendable {
    /// Those whose pages change, in the order of their names.
    var changed: [ProjectName] = []
    /// Those of which something may be blocked.
    var concerned: Set<ProjectName> = []
    /// Those whose records cannot be read, so that all of their files leave the pages until a sync made them anew.
    var emptied: [ProjectName] = []
    /// Links below `packages/` of files that are blocked.
    var links: [BlockedLink] = []
    /// Those that were announced as blocked, are not any more, and never had anything else.
    var retracted: [ProjectName] = []

    /// What there is to tell of those that were emptied.
    var notes: [(project: ProjectName, reason: String)] {
        emptied.map {
            let reason = "its record cannot be read, and something of it is blocked; "
            return ($0, reason + "its page lists nothing until a sync made it anew")
        }
    }
}
