import ArgumentParser
import Configuration
import Digest
import Glibc
import Mirror

/// The command `larder fetch`.
struct FetchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch",
        abstract: "Download files from URLs, checked and durable.",
        discussion: """
            A digest behind `#` is checked while the file arrives, as on the pages of an index: `#sha256=HEX`. Each file \
            gets the last part of its URL as its name once it is whole. A file that is here with the right digest is not \
            downloaded again; any other is kept, unless --overwrite says otherwise. A download that broke off goes on \
            where it was when a digest is given.

            With a mirror (--root, $LARDER_ROOT, or a larder.toml in the current folder), servers are reached as its \
            [upstream] says: credentials, certificates, proxy, limits.

              larder fetch https://index.example/packages/demo-1.0.tar.gz#sha256=…
              larder fetch --urls list.txt --directory wheels
            """
    )

    @Argument(help: "What to download.")
    var urls: [String] = []

    @Option(
        name: .customLong("urls"),
        help: ArgumentHelp("A file with a URL a line; - for standard input.", valueName: "file")
    )
    var list: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("Where the only file goes.", valueName: "file"))
    var output: String?

    @Option(name: .shortAndLong, help: "The folder that files go into (default: the current one).")
    var directory: String?

    @Option(name: .long, help: ArgumentHelp("The SHA-256 of the only file.", valueName: "hex"))
    var sha256: String?

    @Option(name: .long, help: ArgumentHelp("The size of the only file, in bytes.", valueName: "bytes"))
    var size: UInt64?

    @Option(name: .long, help: "The most connections (default: what the mirror says, or 10).")
    var connections: Int?

    @Flag(name: .long, help: "Replace files that are here and have other bytes.")
    var overwrite = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if urls.isEmpty, list == nil { throw ValidationError("say at least one URL, or --urls FILE") }
        if output != nil, directory != nil { throw ValidationError("--output and --directory exclude each other") }
        let bounds = 1...Configuration.Upstream.connectionLimit
        if let connections, !bounds.contains(connections) {
            throw ValidationError("--connections is from 1 to \(Configuration.Upstream.connectionLimit)")
        }
        if let sha256, SHA256Digest(hex: sha256) == nil {
            throw ValidationError("--sha256 is 64 hexadecimal digits")
        }
    }

    func run() async throws {
        let command = self
        try await CommandRun.run("fetch", global.output) { try await command.fetch() }
    }

    private func fetch() async throws -> ExitCode {
        var options = FetchOptions(urls, to: .directory(absolute(directory ?? ".")))
        if let output { options.destination = .file(absolute(output)) }
        options.list = list.map { $0 == "-" ? .standardInput : .file(absolute($0)) }
        options.sha256 = sha256.flatMap { SHA256Digest(hex: $0) }
        options.size = size
        options.connections = connections
        options.overwrites = overwrite
        options.listsFiles = global.output.json
        let progress = FetchProgress()
        let run = try await FetchRun(
            options,
            mirror: global.rootIfNamed(),
            logger: global.output.logger,
            progress: progress
        )
        if run.isInsecure { Console.warnOfInsecureUpstream("fetch") }
        let report = try await ProgressDisplay(global.output) { progress.snapshot.line(after: $0) }
            .shown { () async throws(MirrorError) in try await run.run() }
        if global.output.json {
            Console.report("fetch", outcome: report.outcome.rawValue, seconds: report.seconds, report.write)
        } else {
            report.tell(quietly: global.output.quiet)
        }
        return report.outcome.exitCode
    }
}
