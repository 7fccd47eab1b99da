import Glibc
import Mirror

/// Shows on standard error how far a sync is: a line that is redrawn on a terminal, a line now and then elsewhere.
struct ProgressDisplay: Sendable {
    private let progress: SyncProgress
    private let isBar: Bool
    private let isShown: Bool
    private let start = ContinuousClock.now

    /// A display for a sync, in the style that was asked for.
    init(_ progress: SyncProgress, _ output: OutputOptions) {
        self.progress = progress
        switch output.progress {
        case .auto: isBar = Console.isTerminal
        case .bar: isBar = true
        case .plain, .none: isBar = false
        }
        isShown = output.progress != .none && !output.quiet
    }

    /// Shows the progress until the task is cancelled.
    func run() async {
        guard isShown else { return }
        let interval = isBar ? Duration.milliseconds(200) : .seconds(5)
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: interval)
            } catch {
                break
            }
            draw()
        }
        if isBar { Console.write("\r\u{1B}[K", to: STDERR_FILENO) }
    }

    private func draw() {
        let line = line(progress.snapshot)
        if isBar {
            Console.write("\r\u{1B}[K" + line.prefix(Console.columns - 1), to: STDERR_FILENO)
        } else {
            Console.error(line)
        }
    }

    /// A sync at one moment, in one line.
    func line(_ now: SyncProgress.Snapshot) -> String {
        let seconds = max(0.001, (ContinuousClock.now - start).inSeconds)
        switch now.phase {
        case .planning: return "asking upstream what it has…"
        case .finished: return "done"
        case .publishing: return "publishing \(share(now.views.done, of: now.views.total)) projects"
        case .fetching:
            var parts = ["projects \(share(now.projects.done, of: now.projects.total))"]
            parts.append("files \(share(now.files.done, of: now.files.total))")
            let rate = UInt64(Double(now.bytes) / seconds)
            parts.append("\(Quantity.bytes(now.bytes)) at \(Quantity.bytes(rate))/s")
            if let rest = remaining(now, after: seconds) { parts.append("about \(Quantity.duration(rest)) left") }
            if now.failures > 0 {
                parts.append(Quantity.of(now.failures, "failure") + (now.lastFailure.map { ", last: \($0)" } ?? ""))
            }
            return parts.joined(separator: " · ")
        }
    }

    private func share(_ done: Int, of total: Int) -> String {
        "\(Quantity.count(done))/\(Quantity.count(total))"
    }

    /// How long the rest takes when it goes on as it went so far; `nil` while too little is known.
    private func remaining(_ now: SyncProgress.Snapshot, after seconds: Double) -> Double? {
        guard seconds > 2, now.projects.done > 0, now.projects.total > now.projects.done else { return nil }
        return seconds / Double(now.projects.done) * Double(now.projects.total - now.projects.done)
    }
}
