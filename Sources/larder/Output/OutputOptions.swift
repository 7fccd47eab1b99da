import ArgumentParser
import Logging

/// How a command tells what it does.
struct OutputOptions: ParsableArguments {
    /// How progress is shown.
    enum ProgressStyle: String, ExpressibleByArgument, CaseIterable {
        case auto
        case bar
        case plain
        case none
    }

    /// How log lines look.
    enum LogFormat: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
    }

    @Flag(name: .long, help: "Print one JSON object on standard output and nothing else there.")
    var json = false

    @Option(name: .long, help: "How to show progress on standard error.")
    var progress = ProgressStyle.auto

    @Flag(name: .shortAndLong, help: "Log more; twice for everything.")
    var verbose: Int

    @Flag(name: .shortAndLong, help: "Print only errors.")
    var quiet = false

    @Option(name: .long, help: "How log lines look on standard error.")
    var logFormat = LogFormat.text

    /// What library code logs to.
    var logger: Logger {
        var logger = Logger(label: "larder") { [logFormat] _ in
            StandardErrorLog(isJSON: logFormat == .json)
        }
        logger.logLevel =
            switch (quiet, verbose) {
            case (true, _): .error
            case (false, 0): .warning
            case (false, 1): .info
            case (false, _): .trace
            }
        return logger
    }
}
