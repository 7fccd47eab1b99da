internal import CLinux
internal import Glibc
internal import SystemPackage

/// This program, started once more by itself for work that may end the process.
package enum OwnProgram {
    /// Ties this process to the one that started it, which gave its own number: it is killed when that one ends,
    /// however that ends, and leaves no core file.
    ///
    /// - Parameter parent: The number of the process that started this one.
    /// - Returns: Whether that one is still there.
    package static func follow(_ parent: Int32) -> Bool { larder_die_with(parent) }

    /// The number of this process.
    package static var processID: Int32 { getpid() }

    /// Starts this program once more.
    ///
    /// Call it on a thread that waits until the child has ended: the child dies with that thread.
    ///
    /// - Parameters:
    ///   - arguments: Its arguments, its name first.
    ///   - variables: What its environment has beside ours.
    ///   - isQuiet: Whether its output is thrown away.
    /// - Returns: The child.
    /// - Throws: `ChildProcess.Failure`.
    package static func start(
        _ arguments: [String],
        adding variables: [String: String],
        isQuiet: Bool
    ) throws(ChildProcess.Failure) -> AttachedProcess {
        var environment: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { environment[String(pair[0])] = String(pair[1]) }
            entry += 1
        }
        // Whoever crashes here is expected to; nobody wants to read its stack.
        environment["SWIFT_BACKTRACE"] = "enable=no"
        return try AttachedProcess(
            "/proc/self/exe",
            arguments,
            environment: environment.merging(variables) { $1 },
            isQuiet: isQuiet
        )
    }
}
