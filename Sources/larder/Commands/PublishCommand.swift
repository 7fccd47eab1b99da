import ArgumentParser
internal import Digest
internal import JSON
import Mirror
import Publication
internal import Scheduling

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
            let links = Locked<LinkConversion?>(nil)
            let mirror = try await command.global.mirror()
            let display = ProgressDisplay(command.global.output) { _ in
                links.withLock { $0 }?.progressLine ?? "publishing…"
            }
            let (generation, failures) = try await display.shown { () async throws(MirrorError) in
                try await mirror.publish { conversion in links.withLock { $0 = conversion } }
            }
            let converted = links.withLock { $0 }
            let seconds = (ContinuousClock.now - start).inSeconds
            let outcome = failures.isEmpty ? Outcome.complete : .partial
            for failure in failures { Console.error("larder publish: \(failure)") }
            if command.global.output.json {
                Console.report("publish", outcome: outcome.rawValue, seconds: seconds) { writer in
                    writer.member("generation", generation.number)
                    writer.member("projects", generation.projects)
                    writer.member("files", generation.files)
                    writer.member("treeDigest", generation.treeDigest.hex)
                    if let converted { writer.objectMember("links") { converted.write(to: &$0) } }
                    writer.arrayMember("failures", of: failures) { $1.write(to: &$0) }
                }
            } else if !command.global.output.quiet {
                if let converted { Console.print(converted.line) }
                Console.print(
                    "generation \(generation.number) is live: \(Quantity.of(generation.projects, "project")), "
                        + "\(Quantity.of(generation.files, "file")), tree \(generation.treeDigest.hex.prefix(16))"
                )
            }
            return outcome.exitCode
        }
    }
}
