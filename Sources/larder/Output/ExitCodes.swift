import ArgumentParser
import Configuration
import Mirror
internal import Publication

extension ExitCode {
    /// Done in part; every failure is listed.
    static let partial = ExitCode(3)
    /// The arguments or the configuration make no sense (`EX_USAGE`).
    static let usage = ExitCode(64)
    /// What came from elsewhere is refused; nothing was changed (`EX_DATAERR`).
    static let refused = ExitCode(65)
    /// There is no mirror (`EX_NOINPUT`).
    static let noMirror = ExitCode(66)
    /// No upstream answered anything usable (`EX_UNAVAILABLE`).
    static let unavailable = ExitCode(69)
    /// An error within Larder or a library that it stands on (`EX_SOFTWARE`).
    static let software = ExitCode(70)
    /// The disk is full, read-only or failing (`EX_IOERR`).
    static let disk = ExitCode(74)
    /// Another command is changing the mirror, or made its index anew meanwhile (`EX_TEMPFAIL`).
    static let locked = ExitCode(75)
    /// Interrupted; what was committed is kept.
    static let interrupted = ExitCode(130)
}

extension MirrorError {
    /// The exit code that tells what kind of error it is.
    var exitCode: ExitCode {
        switch self {
        case .noMirror: .noMirror
        case .mirrorExists, .unknownFormat, .upstream, .usage: .usage
        case .configuration: isDiskFailure ? .disk : .usage
        case .locked, .lockedAfterEdit, .indexReplaced: .locked
        case .refused: .refused
        case .unreachable: .unavailable
        case .file, .noSpace, .tooFewDescriptors: .disk
        case .damaged: .noMirror
        case .publication(.signing): .usage
        case .publication where isInterrupted: .interrupted
        case .catalog, .record, .publication: isDiskFailure ? .disk : .software
        case .library, .indexLost: .software
        }
    }
}

extension Outcome {
    /// The exit code of a command that ended so.
    var exitCode: ExitCode {
        switch self {
        case .complete: .success
        case .partial: .partial
        case .failed: .unavailable
        case .interrupted: .interrupted
        }
    }
}

/// A command that ended with an error that has been told already.
struct CommandFailure: Error {
    /// The exit code of the process.
    let exitCode: ExitCode
}
