import ArgumentParser
import Glibc
internal import JSON
import Mirror
import Scheduling

/// Runs the work of a command and turns its errors into a line for people, a report, and an exit code.
enum CommandRun {
    /// Runs `body`; SIGINT and SIGTERM cancel it, a second one ends the process.
    ///
    /// - Parameters:
    ///   - name: The command, for its report.
    ///   - output: How it tells what it does.
    ///   - body: The work.
    /// - Throws: ``CommandFailure`` with the exit code of an error, after it was told.
    static func run(
        _ name: String,
        _ output: OutputOptions,
        _ body: @escaping @Sendable () async throws -> ExitCode
    ) async throws {
        let start = ContinuousClock.now
        let work = Task {
            try DescriptorLimit.raise()
            return try await body()
        }
        let watch = SignalWatch { work.cancel() }
        defer { watch.stop() }
        do {
            var code = try await work.value
            if code == .success, let loss = Console.lossOfOutput {
                Console.error("larder \(name): standard output: \(loss)")
                code = .disk
            }
            guard code == .success else { throw CommandFailure(exitCode: code) }
        } catch let error as CommandFailure {
            throw error
        } catch let error as ExitCode {
            throw error
        } catch {
            let (message, code): (String, ExitCode) =
                switch error {
                case let error as MirrorError: ("\(error)", error.exitCode)
                case let error as ValidationError: (error.message, .usage)
                default: ("\(error)", .software)
                }
            let outcome = code == .interrupted ? Outcome.interrupted : .failed
            tell(name, message, output, outcome, seconds: (ContinuousClock.now - start).inSeconds)
            throw CommandFailure(exitCode: code)
        }
    }

    private static func tell(
        _ name: String,
        _ message: String,
        _ output: OutputOptions,
        _ outcome: Outcome,
        seconds: Double
    ) {
        for line in message.split(separator: "\n") { Console.error("larder \(name): \(line)") }
        guard output.json else { return }
        Console.report(name, outcome: outcome.rawValue, seconds: seconds) { $0.member("error", message) }
    }
}
