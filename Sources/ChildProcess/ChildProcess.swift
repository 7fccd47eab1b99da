internal import CLinux
internal import Glibc
package import SystemPackage

/// One run of another program, without a shell: what it printed, and how it ended.
package struct ChildProcess: Sendable {
    /// Standard output, cut at the limit.
    package var output: [UInt8] = []
    /// Standard error, cut at the limit.
    package var errors: [UInt8] = []

    /// The exit code, and `nil` where a signal ended it.
    package var exitCode: Int?

    /// Why a run gave no result.
    package enum Failure: Error {
        case cannotStart(Errno)
        case timedOut
        case tooMuchOutput
    }

    /// Runs a program to its end.
    ///
    /// The child gets a process group of its own, so that a timeout ends everything that it started, the default
    /// signal dispositions, and nothing to read.
    ///
    /// - Parameters:
    ///   - path: The program.
    ///   - arguments: Its arguments, without its name.
    ///   - environment: Its whole environment.
    ///   - limit: The most bytes that are taken of each stream; more on standard output is a failure.
    ///   - timeout: After this long the group is killed.
    /// - Throws: `Failure`.
    package init(
        _ path: FilePath,
        _ arguments: [String],
        environment: [String: String],
        limit: Int,
        timeout: Duration
    ) throws(Failure) {
        let output = try Pipe()
        defer { output.close() }
        let errors = try Pipe()
        defer { errors.close() }
        let child = try Self.spawn(path, arguments, environment, output: output, errors: errors)
        output.closeWriting()
        errors.closeWriting()
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        do throws(Failure) {
            try drain(output, errors, limit: limit, until: deadline)
            exitCode = try Self.wait(for: child, until: deadline)
        } catch {
            kill(-child, SIGKILL)
            var status: Int32 = 0
            while waitpid(child, &status, 0) == -1, errno == EINTR {}
            throw error
        }
    }

    private mutating func drain(
        _ output: Pipe,
        _ errors: Pipe,
        limit: Int,
        until deadline: ContinuousClock.Instant
    ) throws(Failure) {
        var polled = [output, errors].map { pollfd(fd: $0.reading, events: Int16(POLLIN), revents: 0) }
        var buffer = [UInt8](repeating: 0, count: 16384)
        while polled.contains(where: { $0.fd >= 0 }) {
            // In slices of a second at most, so that the deadline is kept to a second.
            guard poll(&polled, nfds_t(polled.count), 1000) >= 0 || errno == EINTR else {
                throw .cannotStart(Errno(rawValue: errno))
            }
            if ContinuousClock().now >= deadline { throw .timedOut }
            for index in polled.indices where polled[index].fd >= 0 && polled[index].revents != 0 {
                let count = read(polled[index].fd, &buffer, buffer.count)
                if count <= 0 {
                    // poll(2) passes over negative descriptors.
                    if count == 0 || (errno != EINTR && errno != EAGAIN) { polled[index].fd = -1 }
                } else if index == 0 {
                    guard self.output.count + count <= limit else { throw .tooMuchOutput }
                    self.output += buffer[..<count]
                } else {
                    self.errors = (self.errors + buffer[..<count]).suffix(limit)
                }
            }
            for index in polled.indices { polled[index].revents = 0 }
        }
    }

    /// Waits for a child that closed its output, which may go on for a while.
    private static func wait(for child: pid_t, until deadline: ContinuousClock.Instant) throws(Failure) -> Int? {
        var status: Int32 = 0
        while true {
            switch waitpid(child, &status, WNOHANG) {
            case child: return status & 0x7F == 0 ? Int(status >> 8 & 0xFF) : nil
            case -1 where errno != EINTR: throw .cannotStart(Errno(rawValue: errno))
            default:
                guard ContinuousClock().now < deadline else { throw .timedOut }
                usleep(2000)
            }
        }
    }

    private static func spawn(
        _ path: FilePath,
        _ arguments: [String],
        _ environment: [String: String],
        output: Pipe,
        errors: Pipe
    ) throws(Failure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.writing, 1)
        posix_spawn_file_actions_adddup2(&actions, errors.writing, 2)

        var attributes = SpawnAttributes()
        var child: pid_t = 0
        let entries = environment.map { "\($0)=\($1)" }
        let result = withCStrings([path.string] + arguments) { arguments in
            withCStrings(entries) { entries in
                posix_spawn(&child, path.string, &actions, &attributes.value, arguments, entries)
            }
        }
        guard result == 0 else { throw .cannotStart(Errno(rawValue: result)) }
        return child
    }
}

/// The two ends of a pipe, which children do not inherit.
private final class Pipe {
    private(set) var reading: Int32 = -1
    private(set) var writing: Int32 = -1

    init() throws(ChildProcess.Failure) {
        var ends: [Int32] = [-1, -1]
        guard larder_pipe(&ends) == 0 else { throw .cannotStart(Errno(rawValue: errno)) }
        (reading, writing) = (ends[0], ends[1])
    }

    func closeWriting() {
        if writing >= 0 { Glibc.close(writing) }
        writing = -1
    }

    func close() {
        closeWriting()
        if reading >= 0 { Glibc.close(reading) }
        reading = -1
    }
}
