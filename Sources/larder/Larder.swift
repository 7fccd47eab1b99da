import ArgumentParser
import Glibc
import Mirror

/// The command line: arguments, progress, reports and exit codes; no logic of its own.
@main
struct LarderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "larder",
        abstract: "Keeps a mirror of a PyPI index: fast, complete, and proven.",
        discussion: """
            A mirror is a folder. `larder demo` shows the whole job without network; then:

              larder init ROOT --upstream URL --project NAME
              larder sync --root ROOT
              larder layout nginx --root ROOT

            Exit codes: 0 done and complete, 3 done in part (every failure is listed), 64 usage or configuration, \
            65 input refused, 66 no mirror there, 69 no upstream answered, 74 disk, 75 locked by another command, \
            130 interrupted with state kept.
            """,
        version: LarderVersion.current,
        subcommands: [
            InitCommand.self, AddCommand.self, RemoveCommand.self, BlockCommand.self, UnblockCommand.self,
            SyncCommand.self,
            PublishCommand.self, RollbackCommand.self, SnapshotCommand.self,
            VerifyCommand.self, StatusCommand.self, ListCommand.self, WhyCommand.self, LayoutCommand.self,
            ServeCommand.self,
            CollectCommand.self, RebuildCommand.self, ExportCommand.self, ImportCommand.self, HaveCommand.self,
            FetchCommand.self, KeygenCommand.self, DemoCommand.self,
        ]
    )

    @OptionGroup var root: RootOption

    static func main() async {
        // A reader of our output that goes away is no reason to end in the middle of a sync.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            leave(.success)
        } catch let error as CommandFailure {
            leave(error.exitCode)
        } catch {
            exit(withError: error)
        }
    }

    /// Ends the process without the farewells of its libraries.
    ///
    /// Threads of ours may be about to end. OpenSSL's cleanup at exit(3) frees what the end of a thread frees as well, and
    /// now and then both did. Whatever has to be on the disk is there by now.
    private static func leave(_ code: ExitCode) -> Never {
        fflush(nil)
        _exit(code.rawValue)
    }
}
