import ArgumentParser

/// The command line: arguments, progress, reports and exit codes; no logic of its own.
@main
struct Larder: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "larder", abstract: "Keeps a mirror of a PyPI index.")
}
