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
            let cause = "signal \(signal), \(strsignal(signal).map { String(cString: $0) } ?? "unknown")"
            if Task.isCancelled { return .interrupted }
            guard [SIGABRT, SIGBUS, SIGSEGV, SIGILL, SIGTRAP, SIGFPE].contains(signal) else {
                throw WorkerFailure("the verification was ended from outside (\(cause)); run it again")
            }
            guard try await runAgain(as: .probe) != .exited(0) else {
                throw WorkerFailure("the verification ended with an error of its own (\(cause)); the index is sound")
            }
            let finding = IndexProbe.finding(at: try global.root(), after: cause)
            return conclude(VerifyReport(of: finding, seconds: (ContinuousClock.now - start).inSeconds))
        }
    }

    /// Reads the index and nothing else.
    func probe() -> ExitCode {
        do throws(MirrorError) {
            return try global.mirror().probeIndex() ? .success : .partial
        } catch {
            return error.indexFinding == nil ? .success : .partial
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
