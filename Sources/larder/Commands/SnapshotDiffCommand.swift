import ArgumentParser
internal import JSON
import Mirror
internal import Packaging
import Publication
internal import SimpleIndex

extension SnapshotCommand {
    /// `larder snapshot diff`.
    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what one tree shows otherwise than another: projects, files and bytes."
        )

        @Argument(help: "The name of a snapshot, or 'live'.")
        var first: String

        @Argument(help: "The one to compare with it.")
        var second = "live"

        @OptionGroup var global: GlobalOptions

        func run() async throws {
            let command = self
            try await CommandRun.run("snapshot diff", global.output) {
                let start = ContinuousClock.now
                let trees = try [command.first, command.second].map { text in
                    text == "live" ? ComparedTree.live : .snapshot(try snapshotName(text))
                }
                let difference = try await command.global.mirror().compare(trees[0], trees[1])
                if command.global.output.json {
                    let seconds = (ContinuousClock.now - start).inSeconds
                    Console.report("snapshot diff", outcome: Outcome.complete.rawValue, seconds: seconds) {
                        difference.write(to: &$0)
                    }
                } else {
                    for line in difference.lines { Console.print(line) }
                }
                return .success
            }
        }
    }
}

extension TreeDifference {
    /// Writes the members of a report.
    fileprivate func write(to writer: inout JSONWriter) {
        writer.objectMember("bytes") { writer in
            writer.member("added", bytes(\.added))
            writer.member("removed", bytes(\.removed))
        }
        writer.objectMember("files") { writer in
            writer.member("added", count(\.added))
            writer.member("removed", count(\.removed))
            writer.member("changed", count(\.changed))
        }
        writer.arrayMember("projects", of: projects) { writer, project in
            writer.object { writer in
                writer.member("project", project.name.normalized)
                writer.member("change", project.word)
                for (name, files) in [
                    ("added", project.added), ("removed", project.removed), ("changed", project.changed),
                ] where !files.isEmpty {
                    writer.arrayMember(name, of: files) { writer, file in
                        writer.object { writer in
                            writer.member("file", file.filename)
                            writer.member("size", file.size)
                        }
                    }
                }
            }
        }
    }

    /// The same for people.
    fileprivate var lines: [String] {
        guard !projects.isEmpty else { return ["they show the same"] }
        var lines = projects.flatMap { project in
            ["\(project.name): \(project.word)"]
                + project.added.map { "  + \($0.filename)" } + project.removed.map { "  - \($0.filename)" }
                + project.changed.map { "  ~ \($0.filename)" }
        }
        lines.append(
            "\(Quantity.of(projects.count, "project")); \(Quantity.of(count(\.added), "file")) "
                + "(\(Quantity.bytes(bytes(\.added)))) more, \(Quantity.of(count(\.removed), "file")) "
                + "(\(Quantity.bytes(bytes(\.removed)))) less, \(Quantity.count(count(\.changed))) otherwise described"
        )
        return lines
    }

    private func count(_ files: (Project) -> [PublishedFile]) -> Int { projects.reduce(0) { $0 + files($1).count } }

    private func bytes(_ files: (Project) -> [PublishedFile]) -> UInt64 {
        projects.reduce(0) { sum, project in files(project).reduce(sum) { $0 + ($1.size ?? 0) } }
    }
}

extension TreeDifference.Project {
    /// What became of the project.
    fileprivate var word: String {
        switch (wasListed, isListed) {
        case (false, true): "added"
        case (true, false): "removed"
        default: "changed"
        }
    }
}
