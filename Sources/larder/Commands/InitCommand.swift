import ArgumentParser
import Configuration
import FileIO
internal import JSON
import Mirror
import Packaging
import Scheduling
import SystemPackage

/// The command `larder init`.
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a mirror.",
        discussion: """
              larder init /srv/pypi --upstream pip --project six --project idna
              larder init /srv/pypi --upstream https://index.example/simple/ --all
            """
    )

    @Argument(help: "The folder to make; it may exist when it is empty.")
    var folder: String

    @Option(
        name: .long,
        help:
            "The simple index to mirror: https, http, file, ftp or ftps; `pip` for the one that pip is configured to use."
    )
    var upstream: String

    @Option(name: .long, help: "A project to mirror (repeatable).")
    var project: [String] = []

    @Option(
        name: .long,
        help: "A requirements file whose projects to mirror, all releases of them (repeatable)."
    )
    var requirements: [String] = []

    @Flag(name: .long, help: "Mirror every project that upstream has.")
    var all = false

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let command = self
        try await CommandRun.run("init", output) { try await command.make() }
    }

    private func make() async throws -> ExitCode {
        let root = absolute(folder)
        var (template, secret) = try source()
        template.selectsAll = all
        var projects = ProjectList()
        projects.add(try projectNames(project))
        for path in requirements { projects.add(try RequirementNames(readingFile: absolute(path)).names) }
        let blueprint = MirrorBlueprint(
            configuration: template.render(),
            projects: projects,
            secret: secret ?? UpstreamSecret()
        )
        try await WorkerPool(name: "larder-init", threadCount: 1).run { try blueprint.make(at: root) }
        tell(root, template, projects, secret)
        return .success
    }

    /// What to mirror from, and the credentials for it.
    private func source() throws -> (ConfigurationTemplate, UpstreamSecret?) {
        if upstream == "pip" {
            do throws(PipDiscoveryError) {
                let pip = try PipConfiguration.discover()
                for extra in pip.extraIndexes {
                    Console.error(
                        "larder init: warning: pip also uses \(extra), which is left out; to mirror it too, write "
                            + "[[upstream]] into larder.toml for each, with the projects that come from it"
                    )
                }
                return (ConfigurationTemplate(pip), pip.secret)
            } catch {
                throw MirrorError.usage("\(error)")
            }
        }
        do throws(IndexURLError) {
            // Who names an ftp URL here wants it: the configuration then says `ftp = true`.
            let (url, secret) = try IndexURL.separatingCredentials(from: upstream, allowsFTP: true)
            return (ConfigurationTemplate(url: url), secret)
        } catch {
            throw MirrorError.usage("\(error)")
        }
    }

    private func tell(
        _ root: FilePath,
        _ template: ConfigurationTemplate,
        _ projects: ProjectList,
        _ secret: UpstreamSecret?
    ) {
        if template.insecure {
            Console.error("larder init: warning: certificates of the upstream are not checked (insecure = true)")
        }
        if output.json {
            Console.report("init", outcome: "complete", seconds: 0) { writer in
                writer.member("root", root.string)
                writer.member("upstream", template.url.text)
                writer.member("all", all)
                writer.arrayMember("projects", of: projects.names) { $0.string($1.normalized) }
            }
            return
        }
        guard !output.quiet else { return }
        Console.print("made a mirror at \(root)")
        Console.print("upstream: \(template.url.text) (in larder.toml)")
        if secret != nil { Console.print("credentials: in upstream.secret, and nowhere else") }
        if all {
            Console.print("selected: every project of the upstream")
        } else if projects.count > 0 {
            Console.print("selected: \(Quantity.of(projects.count, "project")) (in projects.txt)")
        } else {
            Console.print("selected: nothing yet; add projects with `larder add NAME… --root \(root)`")
        }
        Console.print("next: larder sync --root \(root)")
    }
}
