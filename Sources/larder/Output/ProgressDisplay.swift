import Glibc
import Mirror

/// Shows on standard error how far a command is: a line that is redrawn on a terminal, a line now and then elsewhere.
struct ProgressDisplay: Sendable {
    private let line: @Sendable (Double) -> String
    private let isBar: Bool
    private let isShown: Bool
    private let start = ContinuousClock.now

    /// A display in the style that was asked for.
    ///
    /// - Parameters:
    ///   - output: How the command tells what it does.
    ///   - line: How far it is, in one line, after so many seconds.
    init(_ output: OutputOptions, line: @escaping @Sendable (Double) -> String) {
        self.line = line
        switch output.progress {
        case .auto: isBar = Console.isTerminal
        case .bar: isBar = true
        case .plain, .none: isBar = false
        }
        isShown = output.progress != .none && !output.quiet
    }

    /// Shows the progress while `body` runs.
    ///
    /// - Throws: What `body` throws.
    func shown<Result, Failure: Error>(_ body: () async throws(Failure) -> Result) async throws(Failure) -> Result {
        let drawing = Task { await draw() }
        let result: Swift.Result<Result, Failure>
        do throws(Failure) {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        drawing.cancel()
        await drawing.value
        return try result.get()
    }

    private func draw() async {
        guard isShown else { return }
        let interval = isBar ? Duration.milliseconds(200) : .seconds(5)
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: interval)
            } catch {
                break
            }
            let line = line(max(0.001, (ContinuousClock.now - start).inSeconds))
            if isBar {
                Console.write("\r\u{1B}[K" + line.prefix(Console.columns - 1), to: STDERR_FILENO)
            } else {
                Console.error(line)
            }
        }
        if isBar { Console.write("\r\u{1B}[K", to: STDERR_FILENO) }
    }
}
