import ArgumentParser
internal import JSON
import Mirror
internal import Packaging

/// The command `larder list`.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the projects of the mirror, or the files of one."
    )

    @Argument(help: "A project whose files to list.")
    var name: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let command = self
        try await CommandRun.run("list", global.output) {
            let mirror = try await command.global.mirror()
            if let name = command.name {
                guard let project = try projectNames([name]).first else { return .usage }
                try await command.listFiles(of: try await mirror.explain(project))
            } else {
                command.list(try await mirror.projectOverviews(), of: mirror)
            }
            return .success
        }
    }

    private func list(_ projects: [ProjectOverview], of mirror: MirrorRoot) {
        if global.output.json {
            Console.report("list", outcome: "complete", seconds: 0) { writer in
                writer.arrayMember("projects", of: projects) { writer, project in
                    writer.object { writer in
                        writer.member("name", project.name.normalized)
                        writer.member("state", project.state)
                        writer.member("files", project.files)
                        writer.member("bytes", project.bytes)
                        writer.member("missingFiles", project.missingFiles)
                        writer.member("withheldFiles", project.withheldFiles)
                        writer.member("knownFiles", project.knownFiles)
                        writer.member("excludedFiles", project.excludedFiles)
                        writer.member("removedFiles", project.removedFiles)
                        writer.member("refusedFiles", project.refusedFiles)
                        writer.member("serial", project.serial)
                        writer.member("upstream", mirror.origin(of: project.name)?.upstream)
                    }
                }
            }
            return
        }
        for project in projects {
            var line = "\(project.name)  \(Quantity.of(project.files, "file")), \(Quantity.bytes(project.bytes))"
            for (count, word) in [
                (project.knownFiles, "on demand"), (project.missingFiles, "missing"),
                (project.withheldFiles, "withheld"),
                (project.excludedFiles, "excluded"), (project.removedFiles, "removed"),
                (project.refusedFiles, "refused"),
            ] where count > 0 { line += ", \(Quantity.count(count)) \(word)" }
            if project.state != "here" { line += "  (\(project.state))" }
            Console.print(line)
        }
    }

    private func listFiles(of explanation: ProjectExplanation) async throws {
        if global.output.json {
            Console.report("list", outcome: "complete", seconds: 0) { writer in
                writer.member("project", explanation.name.normalized)
                writer.member("state", explanation.state)
                writer.arrayMember("files", of: explanation.files) { $1.write(to: &$0) }
            }
            return
        }
        for file in explanation.files {
            let size = file.size.map { "  \(Quantity.bytes($0))" } ?? ""
            Console.print("\(file.filename)\(size)  \(file.state)")
        }
    }
}
