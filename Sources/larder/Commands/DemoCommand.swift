import ArgumentParser
import Mirror
import SystemPackage

/// The command `larder demo`.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show the main job end to end, without network or server.",
        discussion: """
            Makes a small upstream of real packages on disk, mirrors it, publishes and verifies the mirror, lets the \
            upstream change, syncs again, and installs a program with its dependencies from the mirror with pip.
            """
    )

    @Argument(help: "The folder to work in (default: larder-demo in the current folder); made anew each time.")
    var folder = "larder-demo"

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let command = self
        try await CommandRun.run("demo", output) { try await command.play() }
    }

    private func play() async throws -> ExitCode {
        let start = ContinuousClock.now
        var demo = Demo(folder: absolute(folder), output: output)
        let outcome = try await demo.play()
        if output.json {
            let seconds = (ContinuousClock.now - start).inSeconds
            let told = demo
            Console.report("demo", outcome: outcome.rawValue, seconds: seconds) { told.write(to: &$0) }
        }
        return outcome.exitCode
    }
}
