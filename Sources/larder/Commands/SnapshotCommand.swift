import ArgumentParser
internal import Digest
internal import JSON
import Mirror
internal import Packaging
import Publication

/// The command `larder snapshot`.
struct SnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Keep what readers see under a name, beside the live tree.",
        discussion: """
            A snapshot is served at snapshots/NAME/simple/, so that a build can pin a date; `larder rollback NAME` shows \
            it to everybody. gc keeps what it refers to. What is blocked leaves snapshots too.
            """,
        subcommands: [Create.self, List.self, Diff.self, Delete.self]
    )

    /// `larder snapshot create`.
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Keep what readers see now under a name.")

        @Argument(help: "Letters, digits, '.', '_' and '-', and not digits alone.")
        var name: String

        @OptionGroup var global: GlobalOptions

        func run() async throws {
            let command = self
            try await CommandRun.run("snapshot create", global.output) {
                let start = ContinuousClock.now
                let name = try snapshotName(command.name)
                let generation = try await command.global.mirror().makeSnapshot(name)
                if command.global.output.json {
                    report("snapshot create", since: start) { writer in
                        writer.member("snapshot", name.text)
                        generation.writeMembers(to: &writer)
                    }
                } else if !command.global.output.quiet {
                    Console.print("\(name): \(summary(of: generation)), served at snapshots/\(name)/simple/")
                }
                return .success
            }
        }
    }

    /// `larder snapshot list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the snapshots.")

        @OptionGroup var global: GlobalOptions

        func run() async throws {
            let command = self
            try await CommandRun.run("snapshot list", global.output) {
                let start = ContinuousClock.now
                let snapshots = try await command.global.mirror().listSnapshots()
                if command.global.output.json {
                    report("snapshot list", since: start) { writer in
                        writer.arrayMember("snapshots", of: snapshots) { writer, snapshot in
                            writer.object { writer in
                                writer.member("snapshot", snapshot.name.text)
                                snapshot.generation?.writeMembers(to: &writer)
                            }
                        }
                    }
                    return .success
                }
                for snapshot in snapshots {
                    let text = snapshot.generation.map(summary) ?? "damaged; see `larder verify --publication`"
                    Console.print("\(snapshot.name): \(text)")
                }
                if snapshots.isEmpty, !command.global.output.quiet { Console.print("there are no snapshots") }
                return .success
            }
        }
    }

    /// `larder snapshot delete`.
    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a snapshot; gc then frees what only it refers to."
        )

        @Argument(help: "The name of a snapshot.")
        var name: String

        @OptionGroup var global: GlobalOptions

        func run() async throws {
            let command = self
            try await CommandRun.run("snapshot delete", global.output) {
                let start = ContinuousClock.now
                let name = try snapshotName(command.name)
                try await command.global.mirror().removeSnapshot(name)
                if command.global.output.json {
                    report("snapshot delete", since: start) { $0.member("snapshot", name.text) }
                } else if !command.global.output.quiet {
                    Console.print("\(name): deleted; `larder gc` frees what only it referred to")
                }
                return .success
            }
        }
    }
}

func snapshotName(_ text: String) throws -> SnapshotName {
    guard let name = SnapshotName(text) else {
        throw ValidationError(
            "'\(text)' is no name of a snapshot; write letters, digits, '.', '_' and '-', not digits alone, 64 at most"
        )
    }
    return name
}

private func report(
    _ command: String,
    since start: ContinuousClock.Instant,
    _ members: (inout JSONWriter) -> Void
) {
    let seconds = (ContinuousClock.now - start).inSeconds
    Console.report(command, outcome: Outcome.complete.rawValue, seconds: seconds, members)
}

private func summary(of generation: Generation) -> String {
    "generation \(generation.number) of \(Quantity.of(generation.projects, "project")), "
        + "\(Quantity.of(generation.files, "file")), tree \(generation.treeDigest.hex.prefix(16))"
}
