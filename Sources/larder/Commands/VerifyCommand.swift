import ArgumentParser
internal import Digest
internal import JSON
import Mirror
internal import Packaging

/// The command `larder verify`.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check the mirror against itself; repairs nothing.",
        discussion: """
            Without a mode, everything is checked. The exit code is 0 when all is well, else the sum of 1 (damage), \
            2 (index or publication inconsistent) and 4 (something could not be checked).
            """
    )

    @Flag(name: .long, help: "Names, sizes and permissions of objects.")
    var quick = false

    @Flag(name: .long, help: "Every byte of every object.")
    var content = false

    @Flag(name: .long, help: "What readers see: links and pages.")
    var publication = false

    @Flag(name: .long, help: "Rows of the index, records, and what they refer to.")
    var index = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let command = self
        try await CommandRun.run("verify", global.output) {
            let report = try await command.global.mirror().verify(command.modes)
            if command.global.output.json {
                command.write(report)
            } else {
                command.tell(report)
            }
            if report.isInterrupted, report.exitCode == 0 { return .interrupted }
            return ExitCode(report.exitCode)
        }
    }

    private var modes: VerifyModes {
        var modes: VerifyModes = []
        if quick { modes.insert(.quick) }
        if content { modes.insert(.content) }
        if publication { modes.insert(.publication) }
        if index { modes.insert(.index) }
        return modes.isEmpty ? .all : modes
    }

    private func write(_ report: VerifyReport) {
        let outcome: Outcome = report.isInterrupted ? .interrupted : report.findings.isEmpty ? .complete : .partial
        Console.report("verify", outcome: outcome.rawValue, seconds: report.seconds) { writer in
            writer.objectMember("checked") { writer in
                writer.member("objects", report.checkedObjects)
                writer.member("bytes", report.checkedBytes)
            }
            writer.arrayMember("findings", of: report.findings) { writer, finding in
                writer.object { writer in
                    writer.member("class", finding.kind.rawValue)
                    writer.member("object", finding.object?.hex)
                    writer.member("path", finding.path)
                    writer.member("project", finding.project?.normalized)
                    writer.member("file", finding.file)
                    writer.member("detail", finding.detail)
                }
            }
            writer.member("repaired", 0)
            writer.objectMember("coverage") { writer in
                writer.member("oldestAgeSeconds", report.oldestAge)
                writer.member("percent", thousandthsOf: report.percent)
            }
        }
    }

    private func tell(_ report: VerifyReport) {
        for finding in report.findings {
            let subject = [finding.project?.normalized, finding.file].compactMap { $0 }.joined(separator: " ")
            let place = [subject, finding.path ?? ""].filter { !$0.isEmpty }.joined(separator: ", ")
            Console.error("larder verify: \(finding.kind.rawValue): \(place): \(finding.detail)")
        }
        guard !global.output.quiet else { return }
        Console.print(
            "checked \(Quantity.of(report.checkedObjects, "object")) and \(Quantity.bytes(report.checkedBytes)) in "
                + Quantity.duration(report.seconds)
        )
        Console.print(report.findings.isEmpty ? "all is well" : Quantity.of(report.findings.count, "finding"))
    }
}
