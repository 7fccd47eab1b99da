package import Catalog
package import Configuration
package import FileIO
internal import ObjectStore
internal import Packaging
package import Publication
package import Record
internal import Scheduling
package import SystemPackage
internal import Tar

/// A command on a mirror could not do its work.
package enum MirrorError: Error, Sendable {
    /// There is no mirror at the root.
    case noMirror(FilePath)
    /// There is a mirror at the root already.
    case mirrorExists(FilePath)
    /// The mirror was made by a later version.
    case unknownFormat(FilePath, UInt64)
    /// There are records and no index, so that it has to be made anew.
    case indexLost(FilePath)
    /// The index was made anew since this command opened the old one.
    case indexReplaced(FilePath)
    /// A file that says what the mirror is cannot be used.
    case damaged(FilePath, String)
    /// The configuration, the list of projects or the secrets are not what they should be.
    case configuration(ConfigurationError)
    /// The upstream cannot be used as configured.
    case upstream(String)
    /// Another command is changing the mirror, or downloads into the folder.
    case locked(FilePath)
    /// The same, after a list was edited that the other command may have read before.
    case lockedAfterEdit(FilePath, String)
    /// What was asked for makes no sense for this mirror.
    case usage(String)
    /// What came from elsewhere is not taken: a bundle, or an inventory; nothing was changed.
    case refused(String)
    /// No upstream answered anything usable; nothing was changed.
    case unreachable(String)
    /// The disk has too little room to go on.
    case noSpace(FilePath, DiskShortage)
    /// The process may open too few files to do its work.
    case tooFewDescriptors(allowed: Int, needed: Int)
    /// A call on a file failed.
    case file(FileError)
    /// The index could not be read or written.
    case catalog(CatalogError)
    /// A record could not be read or written.
    case record(RecordStoreError)
    /// The publication could not be made.
    case publication(PublicationError)
    /// A library that Larder stands on failed.
    case library(String)

    /// A project that no upstream claims was asked for.
    static func unclaimed(_ name: ProjectName) -> MirrorError {
        .usage(
            "no [[upstream]] in larder.toml claims \(name), so it would be asked for nowhere; add it to the 'projects' of one"
        )
    }

    /// Whether the disk is the cause: full, over quota, read-only or failing.
    package var isDiskFailure: Bool {
        switch self {
        case .file, .noSpace, .tooFewDescriptors: true
        // A file that could not be read may be right.
        case .configuration(let error):
            error.cause.map { FileError(operation: "read", path: "", errno: $0).isDiskFailure } ?? false
        case .catalog(let error): error.isDiskFailure
        case .record(let error): error.isDiskFailure
        case .publication(let error): error.isDiskFailure
        default: false
        }
    }
}

extension MirrorError {
    /// Whether somebody wanted the command to end.
    package var isInterrupted: Bool {
        if case .publication(.interrupted) = self { true } else { false }
    }

    /// An error of one of the parts below.
    init(wrapping error: any Error) {
        self =
            switch error {
            case let error as MirrorError: error
            case let error as FileError: .file(error)
            case let error as CatalogError: .catalog(error)
            case let error as RecordStoreError: .record(error)
            case let error as PublicationError: .publication(error)
            case let error as ConfigurationError: .configuration(error)
            case ObjectError.file(let error): .file(error)
            case TarError.stream(let error): MirrorError(wrapping: error)
            default: .library("\(error)")
            }
    }
}

extension WorkerPool {
    /// Runs `body`, whose errors are those of the parts below, on a thread that may wait.
    func runWrapping<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws(MirrorError) -> Result {
        try await run { () throws(MirrorError) in
            do {
                return try body()
            } catch {
                throw MirrorError(wrapping: error)
            }
        }
    }
}

extension MirrorError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noMirror(let root): "there is no mirror at \(root); make one with `larder init \(root) --upstream URL`"
        case .mirrorExists(let root): "there is a mirror at \(root) already; nothing was changed"
        case .unknownFormat(let root, let format):
            "the mirror at \(root) has format \(format), of a later version of larder; use that version"
        case .indexLost(let root):
            "the index of the mirror at \(root) is gone, or no index; make it anew from records and objects with `larder rebuild`"
        case .indexReplaced(let root):
            "the index of the mirror at \(root) was made anew while this command ran; run it again"
        case .damaged(let path, let detail): "\(path): \(detail)"
        case .configuration(let error): "\(error)"
        case .upstream(let detail): detail
        case .locked(let root): "another larder command is writing to \(root); try again when it has ended"
        case .lockedAfterEdit(let root, let list):
            "\(list) is changed; another larder command is writing to \(root), and may apply that at its end; run "
                + "`larder publish` when it has ended"
        case .usage(let detail): detail
        case .refused(let detail): detail
        case .unreachable(let detail): detail
        case .noSpace(let root, let shortage):
            "\(root): \(shortage); what was committed is kept; make room and run the command again"
        case .tooFewDescriptors(let allowed, let needed):
            "too many open files: this process may open \(allowed), and needs \(needed) at least; raise the limit with "
                + "`ulimit -n` or LimitNOFILE"
        case .file(let error): "\(error)"
        case .catalog(let error): "\(error)"
        case .record(let error): "\(error)"
        case .publication(let error): "\(error)"
        case .library(let detail): detail
        }
    }
}
