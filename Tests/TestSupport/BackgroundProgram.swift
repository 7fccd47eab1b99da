package import CLinux
import Glibc
package import SystemPackage

/// A program that runs beside the test.
package struct BackgroundProgram: Sendable {
    /// A program that does not start, or does not end well.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Its number.
    package let id: pid_t

    /// Starts a program, found along the path, without input.
    ///
    /// - Parameters:
    ///   - arguments: The program and its arguments.
    ///   - directory: Where it runs; where the test does when it is missing.
    ///   - environment: Its whole environment.
    ///   - output: A file for standard output; thrown away when it is missing.
    ///   - errors: A file for standard error; thrown away when it is missing.
    /// - Throws: `Failure` when it does not start.
    package init(
        _ arguments: [String],
        in directory: FilePath? = nil,
        environment: [String: String] = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"],
        output: FilePath? = nil,
        errors: FilePath? = nil
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, path) in [(Int32(0), FilePath?.none), (1, output), (2, errors)] {
            let flags = path == nil ? O_RDWR : O_WRONLY | O_CREAT | O_TRUNC
            posix_spawn_file_actions_addopen(&actions, descriptor, path?.string ?? "/dev/null", flags, 0o644)
        }
        // What another test has open meanwhile, such as a connection, is none of the program's business.
        larder_spawn_close_from(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let prefix = directory.map { ["/usr/bin/env", "-C", $0.string] } ?? ["/usr/bin/env"]
        var words = (prefix + arguments).map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for word in words + variables { free(word) } }
        var id: pid_t = 0
        let code = posix_spawn(&id, "/usr/bin/env", &actions, &attributes, &words, &variables)
        guard code == 0 else { throw Failure(description: "\(arguments) does not start: \(Errno(rawValue: code))") }
        self.id = id
    }

    /// Whether it still runs.
    package var isRunning: Bool {
        var information = siginfo_t()
        // Left to be waited for.
        let result = waitid(P_PID, id_t(id), &information, WEXITED | WNOHANG | WNOWAIT)
        return result == 0 && information.si_signo == 0
    }

    /// Sends it a signal.
    package func signal(_ number: Int32) {
        kill(id, number)
    }

    /// Waits until the program ends.
    ///
    /// - Returns: Its exit code; -1 when a signal ended it.
    @discardableResult
    package func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        return status & 0x7f == 0 ? (status >> 8) & 0xff : -1
    }

    /// Asks the program to end, and waits until it did.
    package func stop() {
        signal(SIGTERM)
        wait()
    }
}

/// Runs a program to its end, which must be a good one.
///
/// - Throws: `BackgroundProgram.Failure` when it does not start, or ends with another code than 0.
package func run(_ arguments: String..., in directory: FilePath? = nil) throws {
    let code = try BackgroundProgram(arguments, in: directory).wait()
    guard code == 0 else { throw BackgroundProgram.Failure(description: "\(arguments) failed with \(code)") }
}
