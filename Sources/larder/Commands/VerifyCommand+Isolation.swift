import ArgumentParser
import ChildProcess
import Glibc
import Mirror
import Scheduling
import SystemPackage

/// What a process of `larder verify` is there for.
///
/// A damaged index can end the process that reads it. So the process that was started starts itself once more for the
/// work, and tells in its place when it dies.
enum VerifyRole: String {
    /// Started by a user: starts the worker, and looks on.
    case supervisor
    /// Does the work.
    case worker
    /// Reads the index and nothing else, after a worker died.
    case probe

    private static let variable = "LARDER_VERIFY_ROLE"

    /// The role of this process; `nil` when whoever started it for one is gone.
    static func ofProcess() -> VerifyRole? {
        guard let text = getenv(variable).map({ String(cString: $0) }) else { return .supervisor }
        unsetenv(variable)
        let parts = text.split(separator: ":")
        guard parts.count == 2, let role = VerifyRole(rawValue: String(parts[0])), let parent = Int32(parts[1]) else {
            return .supervisor
        }
        return OwnProgram.follow(parent) ? role : nil
    }

    /// What tells a child its role.
    var environment: [String: String] { [Self.variable: "\(rawValue):\(OwnProgram.processID)"] }
}

extension VerifyCommand {
    /// Runs this program once more in a role.
    ///
    /// A cancelled task ends the child as a signal would.
    ///
    /// - Throws: ``ChildProcess/Failure`` when it does not start.
    func runAgain(as role: VerifyRole) async throws -> AttachedProcess.End {
        let child = Locked((process: AttachedProcess?.none, isCancelled: false))
        // A thread of its own, which lives as long as the child: the child dies with it.
        let thread = WorkerPool(name: "larder-child", threadCount: 1)
        return try await withTaskCancellationHandler {
            try await thread.run { () throws(ChildProcess.Failure) in
                let process = try OwnProgram.start(
                    CommandLine.arguments,
                    adding: role.environment,
                    isQuiet: role == .probe
                )
                let isCancelled = child.withLock { child in
                    child.process = process
                    return child.isCancelled
                }
                if isCancelled { process.send(SIGTERM) }
                let end = process.wait()
                child.withLock { $0.process = nil }
                return end
            }
        } onCancel: {
            let process = child.withLock { child in
                child.isCancelled = true
                return child.process
            }
            process?.send(SIGTERM)
        }
    }

    /// Has the work done by a process of its own, and tells of it when that dies.
    func supervise() async throws -> ExitCode {
        let start = ContinuousClock.now
        let end: AttachedProcess.End
        do {
            end = try await runAgain(as: .worker)
        } catch {
            // Where no process can be started the work is done here, which is as good while the index is sound.
            return try await verify()
        }
        switch end {
        case .exited(let code): return ExitCode(code)
        case .killed(let signal):
            let cause = Self.name(of: signal)
            if Task.isCancelled { return .interrupted }
            guard Self.signalsOfDamage.contains(signal) else {
                throw WorkerFailure("the verification was ended from outside (\(cause)); run it again")
            }
            try await judgeIndex(after: cause)
            let finding = IndexProbe.finding(at: try global.root(), after: cause)
            return conclude(VerifyReport(of: finding, seconds: (ContinuousClock.now - start).inSeconds))
        }
    }

    /// How a process ends that reads a damaged index.
    private static let signalsOfDamage: Set<Int32> = [SIGABRT, SIGBUS, SIGSEGV, SIGILL, SIGTRAP, SIGFPE]

    private static func name(of signal: Int32) -> String {
        "signal \(signal), \(strsignal(signal).map { String(cString: $0) } ?? "unknown")"
    }

    /// Has the index read by a process of its own, and returns when it is damaged.
    ///
    /// - Parameter cause: How the process ended that did the work.
    /// - Throws: ``WorkerFailure`` when the index is sound, or when it could not be read to the end.
    private func judgeIndex(after cause: String) async throws {
        let problem: String
        switch try await runAgain(as: .probe) {
        case .exited(0): problem = "the index is sound"
        case .exited(ExitCode.partial.rawValue): return
        case .killed(let signal) where Self.signalsOfDamage.contains(signal): return
        case .exited(let code): problem = "whether the index is why could not be told (exit code \(code)); run it again"
        case .killed(let signal):
            problem = "whether the index is why could not be told (\(Self.name(of: signal))); run it again"
        }
        throw WorkerFailure("the verification ended with an error of its own (\(cause)); \(problem)")
    }

    /// Reads the index and nothing else.
    ///
    /// - Returns: `partial` when it is damaged.
    /// - Throws: ``MirrorError`` for what says nothing of the index.
    func probe() async throws(MirrorError) -> ExitCode {
        do throws(MirrorError) {
            return try await global.mirror().probeIndex() ? .success : .partial
        } catch {
            guard error.indexFinding != nil else { throw error }
            return .partial
        }
    }
}

/// An error within Larder, in one line.
struct WorkerFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
