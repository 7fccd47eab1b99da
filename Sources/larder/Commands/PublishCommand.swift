import ArgumentParser
internal import Digest
internal import JSON
import Mirror
import Publication

/// The command `larder publish`.
struct PublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Publish what was fetched and is not published yet."
    )

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let command = self
        try await CommandRun.run("publish", global.output) {
            let start = ContinuousClock.now
            let generation = try await command.global.mirror().publish()
            let seconds = (ContinuousClock.now - start).inSeconds
            if command.global.output.json {
                Console.report("publish", outcome: "complete", seconds: seconds) { writer in
                    writer.member("generation", generation.number)
                    writer.member("projects", generation.projects)
                    writer.member("files", generation.files)
                    writer.member("treeDigest", generation.treeDigest.hex)
                }
            } else if !command.global.output.quiet {
                Console.print(
                    "generation \(generation.number) is live: \(Quantity.of(generation.projects, "project")), "
                        + "\(Quantity.of(generation.files, "file")), tree \(generation.treeDigest.hex.prefix(16))"
                )
            }
            return .success
        }
    }
}
