import ArgumentParser
import Configuration
internal import Digest
internal import JSON
import Mirror
import Packaging
internal import Publication

/// The command `larder block`.
struct BlockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "block",
        abstract: "Take projects, releases or files off the mirror at once, and keep them off.",
        discussion: """
            Needs no network. What is blocked leaves the pages, and its links go, so that nobody gets it by its URL \
            either; a blocked project keeps a page that lists nothing, so that clients do not look for it elsewhere. \
            The bytes stay in the store until `larder gc --grace 0`. The list is blocked.txt in the mirror's folder.
            """
    )

    @Argument(help: "Projects (demo, demo-*), releases (demo==1.3, demo<2), or files (sha256:HEX).")
    var things: [String]

    @Option(help: "Why; it is noted in blocked.txt.")
    var reason: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let command = self
        try await CommandRun.run("block", global.output) {
            let start = ContinuousClock.now
            let things = try blocks(command.things)
            let change = try await command.global.mirror().block(things, reason: command.reason)
            let words = ("blocked", "was blocked before")
            return report("block", change, of: things, words, start, command.global.output)
        }
    }
}

/// The command `larder unblock`.
struct UnblockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unblock",
        abstract: "Lift blocks; the next sync brings back what they held off.",
        discussion: """
            What larder.toml blocks is lifted there. Where bundles are imported, one brings it back that was made by what \
            `larder have` lists.
            """
    )

    @Argument(help: "Projects, releases or files, as they were blocked.")
    var things: [String]

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let command = self
        try await CommandRun.run("unblock", global.output) {
            let start = ContinuousClock.now
            let things = try blocks(command.things)
            let change = try await command.global.mirror().unblock(things)
            let words = ("no longer blocked", "was not blocked")
            return report("unblock", change, of: things, words, start, command.global.output)
        }
    }
}

private func blocks(_ texts: [String]) throws -> [Block] {
    try texts.map { text in
        do throws(ListEntryError) {
            return try Block(listed: text)
        } catch {
            throw ValidationError(error.description)
        }
    }
}

private func report(
    _ command: String,
    _ change: BlockChange,
    of things: [Block],
    _ words: (done: String, before: String),
    _ start: ContinuousClock.Instant,
    _ output: OutputOptions
) -> ExitCode {
    let outcome = change.failures.isEmpty ? Outcome.complete : .partial
    for failure in change.failures { Console.error("larder \(command): \(failure)") }
    let isBlocking = command == "block"
    if output.json {
        Console.report(command, outcome: outcome.rawValue, seconds: (ContinuousClock.now - start).inSeconds) { writer in
            writer.arrayMember("changed", of: things.filter { !change.unchanged.contains($0) }) {
                $0.string($1.listed)
            }
            writer.arrayMember("failures", of: change.failures) { $1.write(to: &$0) }
            writer.member("generation", change.generation.number)
            writer.arrayMember("projects", of: change.projects) { $0.string($1.normalized) }
            writer.member("treeDigest", change.generation.treeDigest.hex)
        }
        return outcome.exitCode
    }
    guard !output.quiet else { return outcome.exitCode }
    for thing in things {
        Console.print("\(thing): \(change.unchanged.contains(thing) ? words.before : words.done)")
        if !isBlocking, let rule = change.remaining.first(where: { $0.block == thing })?.rule {
            Console.error("larder \(command): \(thing) stays off, since \(rule) blocks it too")
        }
    }
    if !change.projects.isEmpty {
        Console.print("pages changed: " + Quantity.list(change.projects.map(\.normalized)))
    }
    let way =
        change.followsBundles
        ? "a bundle brings back what is allowed, if it is exported with --have and what `larder have` lists"
        : "the next sync brings back what is allowed"
    Console.print("generation \(change.generation.number) is live" + (isBlocking ? "" : "; " + way))
    return outcome.exitCode
}
