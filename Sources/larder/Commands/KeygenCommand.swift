import ArgumentParser
internal import JSON
internal import Minisign
import Mirror
internal import SystemPackage

/// The command `larder keygen`.
struct KeygenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen",
        abstract: "Make a key pair for signatures.",
        discussion: """
            Writes the secret key to FILE, readable by its owner only, and the public key to FILE.pub. `signing-key` in \
            [publish] has each publication signed with it; anybody checks that with the public key:

              minisign -V -p FILE.pub -m generation.json
            """
    )

    @Argument(help: "Where the secret key is to be.")
    var file: String

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let command = self
        try await CommandRun.run("keygen", output) {
            guard !command.file.isEmpty else { throw ValidationError("the name of a file is needed") }
            let key = try SigningKeyFile.make(at: FilePath(command.file))
            if command.output.json {
                Console.report("keygen", outcome: "complete", seconds: 0) { writer in
                    writer.member("publicKey", key.line)
                    writer.member("keyID", key.name)
                }
            } else if !command.output.quiet {
                Console.print(
                    "\(command.file) is the secret key; the public key, also in \(command.file).pub:\n\(key.line)"
                )
            }
            return .success
        }
    }
}
