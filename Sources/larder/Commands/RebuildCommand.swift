import ArgumentParser
internal import JSON
import Mirror

/// The command `larder rebuild`.
struct RebuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Make the index anew from records and objects.",
        discussion: """
            For an index that is lost or damaged. It is not opened, and stays as it is until the new one is whole. \
            Nothing is downloaded or deleted; what is wrong with records and objects is listed, and the next sync gets \
            it again.
            """
    )

    @Flag(name: .long, help: "Hash every object, and leave out those with other bytes than their names say.")
    var rehash = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let command = self
        try await CommandRun.run("rebuild", global.output) {
            let root = try command.global.root()
            let report = try await rebuild(root, isRehashing: command.rehash, command.global.output)
            if command.global.output.json {
                Console.report("rebuild", outcome: report.outcome.rawValue, seconds: report.seconds, report.write)
            } else {
                report.tell("rebuild", quietly: command.global.output.quiet)
            }
            return report.outcome.exitCode
        }
    }
}
