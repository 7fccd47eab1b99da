import ArgumentParser
import Bundle
import JSON
import Mirror

/// The command `larder have`.
struct HaveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "have",
        abstract: "List what the mirror has, so that an export elsewhere carries what it lacks.",
        discussion: """
            A line of JSON for the mirror, one for each project, and one for the end. What is lost or damaged is left out, \
            so that it is carried again.

              larder have > inventory.jsonl
              larder export /media/disk --have inventory.jsonl
            """
    )

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let command = self
        try await CommandRun.run("have", global.output) {
            let start = ContinuousClock.now
            let mirror = try await command.global.mirror()
            guard command.global.output.json else {
                var count = 0
                try await mirror.inventory { head in
                    Console.write(String(decoding: head.line, as: UTF8.self), to: 1)
                } projects: { projects in
                    count += projects.count
                    Console.write(String(decoding: projects.flatMap(\.line), as: UTF8.self), to: 1)
                }
                Console.write(String(decoding: InventoryEnd.line(projects: count), as: UTF8.self), to: 1)
                return .success
            }
            var head = InventoryHead(mirror: nil, state: nil)
            var list: [InventoryProject] = []
            try await mirror.inventory {
                head = $0
            } projects: {
                list += $0
            }
            Console.report("have", outcome: "complete", seconds: (ContinuousClock.now - start).inSeconds) { writer in
                head.write(to: &writer)
                writer.arrayMember("projects", of: list) { writer, project in writer.object { project.write(to: &$0) } }
            }
            return .success
        }
    }
}
