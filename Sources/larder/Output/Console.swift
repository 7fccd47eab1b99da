import Glibc
import JSON
import Scheduling

/// Standard output and standard error, line by line.
enum Console {
    /// Why standard output did not take what was written; `nil` while it did.
    private static let loss = Locked<Int32?>(nil)

    /// Why some of what was written to standard output is lost, as on a full disk; `nil` when nothing is.
    ///
    /// A reader that went away loses nothing that it wanted.
    static var lossOfOutput: String? { loss.withLock { $0 }.map { String(cString: strerror($0)) } }

    /// Prints a line on standard output.
    static func print(_ line: String) {
        write(line + "\n", to: STDOUT_FILENO)
    }

    /// Prints the JSON object of a command's report on standard output.
    ///
    /// - Parameters:
    ///   - command: The command.
    ///   - outcome: How it ended.
    ///   - seconds: How long it took.
    ///   - members: Writes the other members.
    static func report(
        _ command: String,
        outcome: String,
        seconds: Double,
        _ members: (inout JSONWriter) -> Void
    ) {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("command", command)
            writer.member("outcome", outcome)
            writer.member("seconds", thousandthsOf: seconds)
            members(&writer)
        }
        print(String(decoding: writer.bytes, as: UTF8.self))
    }

    /// Waits until there is something on standard input, or its end.
    ///
    /// - Parameter milliseconds: For how long.
    /// - Returns: Whether there is.
    static func hasInput(within milliseconds: Int32) -> Bool {
        var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, milliseconds) > 0
    }

    /// Prints a line on standard error.
    static func error(_ line: String) {
        write(line + "\n", to: STDERR_FILENO)
    }

    /// Tells that certificates are not checked, however quiet a command is: nobody is to forget that setting.
    static func warnOfInsecureUpstream(_ command: String) {
        error(
            "larder \(command): warning: certificates of the upstream are not checked (insecure = true in larder.toml)"
        )
    }

    /// Whether standard error is a terminal that understands cursor movement.
    static var isTerminal: Bool {
        isatty(STDERR_FILENO) == 1 && getenv("TERM").map { String(cString: $0) } != "dumb"
    }

    /// The number of columns of the terminal.
    static var columns: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 80 }
        return Int(size.ws_col)
    }

    /// Writes text as it is; what standard output does not take is noted in ``lossOfOutput``.
    static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                let code = errno
                if code == EINTR || code == EAGAIN { continue }
                if descriptor == STDOUT_FILENO, code != EPIPE { loss.withLock { $0 = $0 ?? code } }
                return
            }
            rest = rest.dropFirst(count)
        }
    }
}
