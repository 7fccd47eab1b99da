import Glibc
import SystemPackage
import Testing

/// A program of the system that runs beside the test.
struct ChildProcess {
    /// Its number.
    let id: pid_t

    /// Starts a program, found along the path, without input and output.
    init(_ arguments: [String], in directory: FilePath? = nil) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in 0...2 as ClosedRange<Int32> {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let shell = directory.map { ["/usr/bin/env", "-C", $0.string] } ?? ["/usr/bin/env"]
        var words = (shell + arguments).map { strdup($0) } + [nil]
        var environment = [strdup("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), nil]
        defer { for word in words + environment { free(word) } }
        var id: pid_t = 0
        let code = posix_spawn(&id, "/usr/bin/env", &actions, &attributes, &words, &environment)
        try #require(code == 0, "\(arguments) does not start")
        self.id = id
    }

    /// Waits until the program ends.
    ///
    /// - Returns: Its exit code; -1 when a signal ended it.
    @discardableResult
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        return status & 0x7f == 0 ? (status >> 8) & 0xff : -1
    }

    /// Asks the program to end, and waits until it did.
    func stop() {
        kill(id, SIGTERM)
        wait()
    }
}

/// Runs a program to its end, which must be a good one.
func run(_ arguments: String..., in directory: FilePath? = nil) throws {
    let code = try ChildProcess(arguments, in: directory).wait()
    try #require(code == 0, "\(arguments) failed with \(code)")
}
