import ArgumentParser
import Configuration
import Mirror
import Packaging

/// The command `larder sync`.
struct SyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Bring the mirror, or some projects of it, up to date and publish it.",
        discussion: """
            Pages are asked for in parallel while files are downloaded. Everything is checked, stored and indexed before \
            it is published. What failed is listed, stops nothing else, and is tried again by the next sync.

              larder sync --dry-run
              larder sync six idna
              larder sync --accept-removals
              larder sync --metadata-only
            """
    )

    @Argument(help: "Projects to bring up to date (default: all that are selected).")
    var names: [String] = []

    @Flag(name: .long, help: "Only look, and say what would be downloaded and withdrawn.")
    var dryRun = false

    @Flag(name: .long, help: "Fetch records and sidecars, and no file.")
    var metadataOnly = false

    @Flag(name: .long, help: "Fetch also the files that are to come when somebody asks for them.")
    var fill = false

    @Flag(name: .long, help: "Fetch without publishing; `larder publish` does that later.")
    var noPublish = false

    @Flag(name: .long, help: "Take off what upstream has no more, however much it is.")
    var acceptRemovals = false

    @Option(name: .long, help: "A project or file whose files may have other bytes than before (repeatable).")
    var acceptChange: [String] = []

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if metadataOnly, fill { throw ValidationError("--metadata-only and --fill exclude each other") }
    }

    func run() async throws {
        let command = self
        try await CommandRun.run("sync", global.output) { try await command.sync() }
    }

    private func sync() async throws -> ExitCode {
        guard let mirror = try await global.rebuiltMirror("sync") else { return .interrupted }
        if mirror.configuration.upstreams.contains(where: \.insecure) { Console.warnOfInsecureUpstream("sync") }
        var options = SyncOptions()
        options.projects = try projectNames(names)
        options.files = metadataOnly ? .metadataOnly : fill ? .fill : .asConfigured
        options.isDryRun = dryRun
        options.publishes = !noPublish
        options.acceptsRemovals = acceptRemovals
        options.acceptedChanges = Set(acceptChange)
        let progress = SyncProgress()
        let report = try await ProgressDisplay(global.output) { progress.snapshot.line(after: $0) }
            .shown { () async throws(MirrorError) in try await mirror.sync(options, progress: progress) }
        if global.output.json {
            Console.report("sync", outcome: report.outcome.rawValue, seconds: report.seconds, report.write)
        } else {
            report.tell(quietly: global.output.quiet)
        }
        return report.outcome.exitCode
    }
}

/// The names of projects, normalized.
///
/// - Throws: ``ValidationError`` for a text that is no name of a project.
func projectNames(_ texts: [String]) throws -> [ProjectName] {
    try texts.map { text in
        guard let name = ProjectName(text) else {
            throw ValidationError("'\(text)' is not the name of a project")
        }
        return name
    }
}
