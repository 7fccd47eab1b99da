internal import Configuration
internal import Packaging
internal import Selection

/// All patterns that a configuration states, each by itself, so that those can be told that nothing matches.
struct StatedPatterns: Sendable {
    /// What states patterns of blocked projects.
    static let blockedKey = "[policy.blocked] projects"
    /// What states blocked digests.
    static let digestsKey = "[policy.blocked] digests"

    /// Patterns of projects, but those that select.
    let projects: [ProjectSelection.Pattern]
    /// Patterns of files, each an exclusion of its own.
    let files: [Exclusion]

    /// No patterns.
    init() {
        projects = []
        files = []
    }

    /// The patterns of a configuration.
    init(_ configuration: Configuration, _ selection: FileSelection) {
        func patterns(_ stated: [Stated<ProjectPattern>], _ key: String) -> [ProjectSelection.Pattern] {
            stated.map { .init($0.value, by: $0.rule(key)) }
        }
        let policy = configuration.policy
        projects =
            configuration.upstreams.flatMap { patterns($0.statedClaims, "[[upstream]] projects") }
            + patterns(configuration.selection.metadataOnly, "[select] metadata-only")
            + patterns(configuration.selection.exclusions.projects, "[select.exclude] projects")
            + patterns(policy.minimumAgeExceptions, "[policy] minimum-age-exceptions")
            + patterns(policy.blockedProjects, Self.blockedKey)
        // Digests are one exclusion, which has one line.
        // What `blocked.txt` lists may well be nowhere yet.
        let others = (selection.blocks.exclusions + selection.exclusions).filter {
            $0.rule.key != Self.digestsKey && $0.rule.key != MirrorFiles.blockListName
        }
        files =
            Exclusion.patterns(of: others)
            + policy.blockedDigests.map { Exclusion(.digests([$0.value]), by: $0.rule(Self.digestsKey)) }
    }
}
