import ArgumentParser
internal import Configuration
internal import Digest
internal import JSON
import Mirror
internal import Packaging
internal import Publication

/// The command `larder status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say what the mirror holds and how fresh it is."
    )

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let command = self
        try await CommandRun.run("status", global.output) {
            let start = ContinuousClock.now
            let mirror = try await command.global.mirror()
            let status = try await mirror.status()
            let seconds = (ContinuousClock.now - start).inSeconds
            if command.global.output.json {
                command.report(status, mirror, seconds)
            } else {
                command.tell(status, mirror)
            }
            return .success
        }
    }

    private func report(_ status: MirrorStatus, _ mirror: MirrorRoot, _ seconds: Double) {
        Console.report("status", outcome: "complete", seconds: seconds) { writer in
            writer.arrayMember("upstreams", of: mirror.configuration.upstreams) { writer, upstream in
                writer.object { writer in
                    writer.member("name", upstream.name)
                    writer.member("url", upstream.url.text)
                    writer.arrayMember("projects", of: upstream.claims) { $0.string($1.normalized) }
                }
            }
            writer.member("projects", status.projects)
            writer.member("removedProjects", status.removedProjects)
            writer.member("files", status.files)
            writer.member("missingFiles", status.missingFiles)
            writer.member("withheldFiles", status.withheldFiles)
            writer.member("knownFiles", status.knownFiles)
            writer.member("excludedFiles", status.excludedFiles)
            writer.member("removedFiles", status.removedFiles)
            writer.member("refusedFiles", status.refusedFiles)
            writer.member("objects", status.objects)
            writer.member("bytes", status.bytes)
            writer.objectMember("links") { writer in
                writer.member("kind", status.links)
                writer.member("copies", status.copies)
                writer.member("bytes", status.copyBytes)
            }
            writer.member("generation", status.generation?.number)
            writer.member("treeDigest", status.generation?.treeDigest.hex)
            writer.member("held", status.held)
            writer.arrayMember("keptGenerations", of: status.keptGenerations) { $0.integer($1) }
            if let lastSync = status.lastSync { writer.objectMember("lastSync") { lastSync.write(to: &$0) } }
            if let imported = status.imported { writer.objectMember("imported") { imported.write(to: &$0) } }
            writer.objectMember("lag") { $0.member("projects", status.lag) }
            writer.objectMember("verify") { writer in
                writer.member("oldestAgeSeconds", status.oldestVerificationAge)
                writer.member("findings", status.findings ?? 0)
                writer.member("percent", thousandthsOf: status.coverage.percent)
            }
        }
    }

    private func tell(_ status: MirrorStatus, _ mirror: MirrorRoot) {
        Console.print("mirror      \(mirror.path)")
        for upstream in mirror.configuration.upstreams {
            let claims = upstream.claims.prefix(5).map(\.normalized).joined(separator: " ")
            let rest = upstream.claims.count > 5 ? " …" : ""
            let name = upstream.name.map { "\($0): \(claims)\(rest) from " } ?? ""
            Console.print("upstream    \(name)\(upstream.url.text)")
        }
        Console.print(
            "projects    \(Quantity.count(status.projects)) here, \(Quantity.count(status.removedProjects)) taken off, "
                + "\(Quantity.count(status.lag)) to be asked for again"
        )
        var files = "files       \(Quantity.count(status.files)) here, \(Quantity.count(status.missingFiles)) missing"
        for (count, word) in [
            (status.knownFiles, "on demand"), (status.withheldFiles, "withheld"), (status.excludedFiles, "excluded"),
            (status.removedFiles, "removed"),
            (status.refusedFiles, "refused"),
        ] where count > 0 { files += ", \(Quantity.count(count)) \(word)" }
        Console.print(files)
        Console.print("objects     \(Quantity.count(status.objects)), \(Quantity.bytes(status.bytes))")
        if status.copies > 0 {
            let copies = Quantity.of(status.copies, "copied file")
            Console.print("packages    \(copies), \(Quantity.bytes(status.copyBytes)) beside the objects")
        }
        if let generation = status.generation {
            let age = Double(Clock.now() - generation.time)
            Console.print(
                "published   generation \(generation.number), \(Quantity.duration(age)) ago: "
                    + "\(Quantity.of(generation.projects, "project")), \(Quantity.of(generation.files, "file"))"
            )
            Console.print("tree        \(generation.treeDigest)")
            if let held = status.held {
                Console.print("held        at generation \(held); `larder publish` shows the newest again")
            }
            if let last = status.keptGenerations.last {
                let count = Quantity.of(status.keptGenerations.count, "generation")
                Console.print("rollback    to any of \(count), down to \(last)")
            }
        } else {
            Console.print("published   nothing yet; run `larder sync`")
        }
        if let imported = status.imported {
            let age = Double(Clock.now() - imported.time)
            Console.print(
                "imported    bundle \(imported.bundle), number \(imported.sequence), \(Quantity.duration(age)) ago; follows "
                    + "mirror \(imported.mirror)"
            )
        } else if let lastSync = status.lastSync {
            let age = Double(Clock.now() - lastSync.finished)
            let serial = lastSync.serial.map { ", serial \($0)" } ?? ""
            Console.print("last sync   \(lastSync.outcome.rawValue), \(Quantity.duration(age)) ago\(serial)")
        } else {
            Console.print("last sync   never")
        }
        if status.objects > 0 { Console.print("checked     \(status.coverage.line)") }
        if let findings = status.findings, findings > 0 {
            Console.print("findings    \(Quantity.count(findings)); see `larder verify`")
        }
    }
}
