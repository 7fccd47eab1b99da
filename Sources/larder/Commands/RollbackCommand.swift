import ArgumentParser
internal import Digest
internal import JSON
import Mirror
import Publication

/// The command `larder rollback`.
struct RollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Show readers an older generation, and hold them there.",
        discussion: """
            Syncs go on fetching and publish nothing, until `larder publish`. What was blocked since stays off. A \
            generation that was live before the rollback can be gone to as well.
            """
    )

    @Argument(help: "The number of a generation, or a snapshot's name; without one, the generation before.")
    var target: String?

    @Flag(name: .long, help: "List the generations that are kept, and change nothing.")
    var list = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let command = self
        try await CommandRun.run("rollback", global.output) {
            let start = ContinuousClock.now
            let mirror = try await command.global.mirror()
            if command.list {
                command.tell(try await mirror.keptGenerations(), since: start)
            } else {
                command.tell(try await command.rollBack(mirror), since: start)
            }
            return .success
        }
    }

    private func rollBack(_ mirror: MirrorRoot) async throws -> Generation {
        guard let target else { return try await mirror.rollBack(to: nil) }
        if let number = UInt64(target) { return try await mirror.rollBack(to: number) }
        return try await mirror.rollBack(toSnapshot: try snapshotName(target))
    }

    private func tell(_ kept: [Generation], since start: ContinuousClock.Instant) {
        if global.output.json {
            let seconds = (ContinuousClock.now - start).inSeconds
            Console.report("rollback", outcome: Outcome.complete.rawValue, seconds: seconds) { writer in
                writer.arrayMember("kept", of: kept) { writer, generation in
                    writer.object { generation.writeMembers(to: &$0) }
                }
            }
            return
        }
        for generation in kept {
            let age = Quantity.duration(Double(Clock.now() - generation.time))
            Console.print(
                "\(generation.number)  made \(age) ago: \(Quantity.of(generation.projects, "project")), "
                    + "\(Quantity.of(generation.files, "file")), tree \(generation.treeDigest.hex.prefix(16))"
            )
        }
        if kept.isEmpty { Console.print("no older generation is kept") }
    }

    private func tell(_ live: Generation, since start: ContinuousClock.Instant) {
        if global.output.json {
            let seconds = (ContinuousClock.now - start).inSeconds
            Console.report("rollback", outcome: Outcome.complete.rawValue, seconds: seconds) { writer in
                writer.member("held", live.number)
                live.writeMembers(to: &writer)
            }
        } else if !global.output.quiet {
            Console.print(
                "generation \(live.number) is live and held: \(Quantity.of(live.projects, "project")), "
                    + "\(Quantity.of(live.files, "file")), tree \(live.treeDigest.hex.prefix(16)); "
                    + "`larder publish` shows the newest again"
            )
        }
    }
}
