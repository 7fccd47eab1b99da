import ArgumentParser
internal import Configuration
import JSON
import Mirror
internal import Packaging

/// The command `larder why`.
struct WhyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Say why a project or a file is here, or is not."
    )

    @Argument(help: "A project.")
    var name: String

    @Argument(help: "A file of the project.")
    var file: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let command = self
        try await CommandRun.run("why", global.output) {
            guard let project = try projectNames([command.name]).first else { return .usage }
            let mirror = try await command.global.mirror()
            let (explanation, origin) = (try await mirror.explain(project), mirror.origin(of: project))
            let files = explanation.files.filter { command.file == nil || $0.filename == command.file }
            if command.global.output.json {
                Console.report("why", outcome: "complete", seconds: 0) { writer in
                    writer.member("project", explanation.name.normalized)
                    writer.member("state", explanation.state)
                    writer.member("reason", explanation.reason)
                    writer.member("upstream", origin?.upstream)
                    writer.member("pattern", origin?.pattern.normalized)
                    writer.arrayMember("files", of: files) { $1.write(to: &$0) }
                }
                return .success
            }
            Console.print("\(explanation.name): \(explanation.reason)")
            if let origin, mirror.configuration.upstreams.count > 1 {
                Console.print("\(explanation.name): comes from \(origin.upstream), which claims '\(origin.pattern)'")
            } else if origin == nil {
                Console.print(
                    "\(explanation.name): no [[upstream]] in larder.toml claims it, so it is asked for nowhere"
                )
            }
            for file in files { Console.print("\(file.filename): \(file.reason)") }
            if let file = command.file, files.isEmpty {
                Console.print("\(file): never heard of; upstream does not list it")
            }
            return .success
        }
    }
}

extension FileExplanation {
    /// Writes the file as an object.
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("filename", filename)
            writer.member("state", state)
            writer.member("reason", reason)
            writer.member("size", size)
            writer.member("sha256", sha256)
            writer.member("rule", rule)
            writer.member("until", until)
        }
    }
}
