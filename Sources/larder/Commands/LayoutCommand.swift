import ArgumentParser
internal import JSON
import Layouts
import Mirror
internal import SystemPackage

/// The command `larder layout`.
struct LayoutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "layout",
        abstract: "Print a web server's configuration for this mirror.",
        discussion: "  larder layout nginx --root /srv/pypi > /etc/nginx/conf.d/larder.conf"
    )

    @Argument(help: "The web server: \(Layout.allCases.map(\.rawValue).joined(separator: ", ")).")
    var server: String

    @Option(name: .long, help: "Where the server listens: a port, or an address with one.")
    var listen = "80"

    @Option(name: .long, help: "The host names that clients use, separated by spaces; _ for any.")
    var serverName = "_"

    @Flag(name: .long, help: "Ask `larder serve --on-demand` for files that are not here.")
    var onDemand = false

    @Option(
        name: .long,
        help: ArgumentHelp("Where that listens, with --on-demand.", valueName: "host:port")
    )
    var streamer = "127.0.0.1:8080"

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let command = self
        try await CommandRun.run("layout", global.output) {
            guard let layout = Layout(rawValue: command.server) else {
                let known = Layout.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("there is no layout for '\(command.server)'; there is: \(known)")
            }
            let mirror = try await command.global.mirror()
            let text: String
            do throws(LayoutError) {
                text = try layout.render(
                    root: mirror.path.string,
                    listen: command.listen,
                    serverName: command.serverName,
                    streamer: command.onDemand ? command.streamer : nil
                )
            } catch {
                throw MirrorError.usage("\(error)")
            }
            if command.global.output.json {
                Console.report("layout", outcome: "complete", seconds: 0) { $0.member("text", text) }
            } else {
                Console.print(text)
            }
            return .success
        }
    }
}
