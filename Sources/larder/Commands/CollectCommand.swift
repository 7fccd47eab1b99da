import ArgumentParser
internal import Configuration
internal import JSON
import Mirror

/// The command `larder gc`.
struct CollectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Free what nothing refers to.",
        discussion: """
            What no record, no page and no snapshot refers to is marked first, and removed by a later run when nothing \
            has referred to it for the grace time without interruption ([gc] grace, 7 days). What cannot be read is \
            never a reason to remove: one damaged record stops it.

              larder gc --dry-run
              larder gc --grace 0
            """
    )

    @Flag(name: .long, help: "Only look, and say what would be marked and removed.")
    var dryRun = false

    @Option(
        name: .long,
        help: "How long is kept what nothing refers to, such as 12h or 7d; 0 marks and removes at once."
    )
    var grace: String?

    @Flag(name: .long, help: "Remove objects however many they are.")
    var acceptRemovals = false

    @Flag(name: .long, help: "Go on though the clock seems to have jumped.")
    var acceptClock = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let command = self
        try await CommandRun.run("gc", global.output) {
            var options = CollectionOptions()
            options.grace = try command.graceSeconds
            options.isDryRun = command.dryRun
            options.acceptsRemovals = command.acceptRemovals
            options.acceptsClock = command.acceptClock
            let (chosen, mirror, progress) = (options, try await command.global.mirror(), CollectionProgress())
            let report = try await ProgressDisplay(command.global.output) { _ in progress.snapshot.line }
                .shown { () async throws(MirrorError) in try await mirror.collect(chosen, progress: progress) }
            if command.global.output.json {
                Console.report("gc", outcome: report.outcome.rawValue, seconds: report.seconds, report.write)
            } else {
                report.tell(quietly: command.global.output.quiet)
            }
            return report.outcome.exitCode
        }
    }

    private var graceSeconds: Int64? {
        get throws {
            guard let grace else { return nil }
            do {
                return try Duration(configuration: grace).components.seconds
            } catch {
                throw ValidationError("--grace: \(error)")
            }
        }
    }
}
