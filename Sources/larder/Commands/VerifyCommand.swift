import ArgumentParser
import Configuration
import JSON
import Mirror

/// The command `larder verify`.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check the mirror against itself, and mend it when told to.",
        discussion: """
            Without a mode, everything is checked. The exit code is 0 when all is well, else the sum of 1 (damage), \
            2 (index or publication inconsistent), 4 (something could not be checked) and 8 (something was \
            repaired). Bytes are read from the disk, \
            not from memory, those first whose last check is longest ago; what was checked is remembered, so that an \
            interrupted run goes on where it was.

              larder verify --content --max-time 2h --max-rate 50MB
              larder verify --content --max-age 30d
              larder verify --quick --project six
              larder verify --repair --from /mnt/other-mirror
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

    @Option(
        name: .long,
        help: "Hash only this share of the objects, others in each run.",
        transform: { try quantity($0, Share.init(configuration:)) }
    )
    var sample: Share?

    @Option(
        name: .long,
        help: "End after this time: 90s, 30m, 2h.",
        transform: { try quantity($0, Duration.init(configuration:)) }
    )
    var maxTime: Duration?

    @Option(
        name: .long,
        help: "Hash only what was checked longer ago (default: max-age in larder.toml).",
        transform: { try quantity($0, Duration.init(configuration:)) }
    )
    var maxAge: Duration?

    @Option(
        name: .long,
        help: "Hash at most so many bytes a second: 50MB (default: max-rate in larder.toml).",
        transform: { try quantity($0, ByteCount.init(configuration:)) }
    )
    var maxRate: ByteCount?

    @Option(name: .long, help: "Check only what this project refers to (repeatable).")
    var project: [String] = []

    @OptionGroup var repairs: RepairArguments
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let command = self
        let role = VerifyRole.ofProcess()
        try await CommandRun.run("verify", global.output) {
            switch role {
            case .supervisor: try await command.supervise()
            case .worker: try await command.verify()
            case .probe: try await command.probe()
            case nil: .interrupted
            }
        }
    }

    /// Does the work in this process.
    func verify() async throws -> ExitCode {
        let start = ContinuousClock.now
        do {
            guard let finding = try IndexProbe.lostIndex(at: try global.root()) else {
                return try await verify(try await global.mirror())
            }
            return conclude(VerifyReport(of: finding, seconds: (ContinuousClock.now - start).inSeconds))
        } catch let error as MirrorError {
            // An index that cannot be used is what a verification is there to find.
            guard let finding = error.indexFinding else { throw error }
            return conclude(VerifyReport(of: finding, seconds: (ContinuousClock.now - start).inSeconds))
        }
    }

    private func verify(_ mirror: MirrorRoot) async throws -> ExitCode {
        var options = VerifyOptions(modes)
        options.sample = sample
        options.maximumTime = maxTime
        options.maximumAge = maxAge
        options.maximumRate = maxRate
        options.projects = try projectNames(project)
        let progress = VerifyProgress()
        try await repairs.check(mirror)
        let (report, failure) = try await ProgressDisplay(global.output) { progress.snapshot.line(after: $0) }
            .shown { () async throws(MirrorError) in
                var report = try await mirror.verify(options, progress: progress)
                let failure = try await repairs.apply(to: &report, of: mirror, progress: progress)
                return (report, failure)
            }
        if let failure {
            tell(report, failure)
            return failure.exitCode
        }
        return conclude(report)
    }

    /// Tells what was found.
    ///
    /// - Returns: The exit code that says so.
    func conclude(_ report: VerifyReport) -> ExitCode {
        tell(report)
        return report.isInterrupted && report.exitCode == 0 ? .interrupted : ExitCode(report.exitCode)
    }

    /// - Parameters:
    ///   - report: What was found.
    ///   - failure: What stopped the repair.
    private func tell(_ report: VerifyReport, _ failure: MirrorError? = nil) {
        if global.output.json {
            let outcome = failure == nil ? report.outcome : .failed
            Console.report("verify", outcome: outcome.rawValue, seconds: report.seconds) { writer in
                report.write(to: &writer)
                writer.member("error", failure.map { "\($0)" })
            }
        } else {
            report.tell(quietly: global.output.quiet)
        }
        if let failure { Console.error("larder verify: \(failure)") }
    }

    private var modes: VerifyModes {
        var modes: VerifyModes = []
        if quick { modes.insert(.quick) }
        if content { modes.insert(.content) }
        if publication { modes.insert(.publication) }
        if index { modes.insert(.index) }
        return modes.isEmpty ? .all : modes
    }
}

/// Reads a quantity of the command line as `larder.toml` would write it.
///
/// - Throws: ``ValidationError`` for a text that is none.
func quantity<Value>(_ text: String, _ read: (String) throws(QuantityError) -> Value) throws -> Value {
    do throws(QuantityError) {
        return try read(text)
    } catch {
        throw ValidationError(error.description)
    }
}
