internal import CLinux
internal import Glibc
package import SystemPackage

/// Another program that shares our input and output, and that dies when we do as far as it asks for that.
package struct AttachedProcess: Sendable {
    /// How a program ended.
    package enum End: Equatable, Sendable {
        /// By itself, with this exit code.
        case exited(Int32)
        /// By this signal.
        case killed(Int32)
    }

    /// Its number.
    package let id: Int32

    /// Starts a program.
    ///
    /// It gets a process group of its own, so that a signal of the terminal reaches only us, who pass it on, and the
    /// default signal dispositions.
    ///
    /// - Parameters:
    ///   - path: The program.
    ///   - arguments: Its arguments, the name under which it is called first.
    ///   - environment: Its whole environment.
    ///   - isQuiet: Whether its output is thrown away.
    /// - Throws: `ChildProcess.Failure`.
    package init(
        _ path: FilePath,
        _ arguments: [String],
        environment: [String: String],
        isQuiet: Bool
    ) throws(ChildProcess.Failure) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if isQuiet {
            for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
                posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
            }
        }
        var attributes = SpawnAttributes()
        var child: pid_t = 0
        let entries = environment.map { "\($0)=\($1)" }
        let result = withCStrings(arguments) { arguments in
            withCStrings(entries) { entries in
                posix_spawn(&child, path.string, &actions, &attributes.value, arguments, entries)
            }
        }
        guard result == 0 else { throw .cannotStart(Errno(rawValue: result)) }
        id = child
    }

    /// Sends it a signal.
    package func send(_ signal: Int32) {
        kill(id, signal)
    }

    /// Waits until it ends, on a thread that may wait; to be called once.
    package func wait() -> End {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal)
    }
}

/// What a program starts with: a process group of its own, and no signal blocked or ignored.
struct SpawnAttributes: ~Copyable {
    var value = posix_spawnattr_t()

    init() {
        posix_spawnattr_init(&value)
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&value, &none)
        posix_spawnattr_setsigdefault(&value, &all)
        posix_spawnattr_setpgroup(&value, 0)
        posix_spawnattr_setflags(
            &value,
            Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
        )
    }

    deinit {
        var value = value
        posix_spawnattr_destroy(&value)
    }
}

/// Calls `body` with a null-terminated array of C strings.
func withCStrings<Result>(
    _ strings: [String],
    _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
}
