import ArgumentParser
internal import JSON
import Mirror
import Packaging

/// The command `larder add`.
struct AddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Select projects; the next sync mirrors them."
    )

    @Argument(help: "Names of projects.")
    var names: [String]

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let command = self
        try await CommandRun.run("add", global.output) {
            let names = try projectNames(command.names)
            let added = try await command.global.mirror().select(names)
            report("add", added, of: names, "selected", "was selected before", command.global.output)
            return .success
        }
    }
}

/// The command `larder remove`.
struct RemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Select projects no more; the next sync takes them off the pages.",
        discussion: "Their files stay in the store until they are collected."
    )

    @Argument(help: "Names of projects.")
    var names: [String]

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let command = self
        try await CommandRun.run("remove", global.output) {
            let names = try projectNames(command.names)
            let removed = try await command.global.mirror().deselect(names)
            report("remove", removed, of: names, "no longer selected", "was not listed", command.global.output)
            return .success
        }
    }
}

private func report(
    _ command: String,
    _ changed: [ProjectName],
    of names: [ProjectName],
    _ done: String,
    _ before: String,
    _ output: OutputOptions
) {
    if output.json {
        Console.report(command, outcome: "complete", seconds: 0) { writer in
            writer.arrayMember("changed", of: changed) { $0.string($1.normalized) }
        }
        return
    }
    guard !output.quiet else { return }
    for name in names { Console.print("\(name): \(changed.contains(name) ? done : before)") }
}
