package import Catalog
package import Digest
package import FileIO
internal import ObjectStore
package import Record
package import SystemPackage

/// A publication could not be made; what was live before is still live.
package enum PublicationError: Error, Sendable {
    /// A call on a file failed.
    case file(FileError)
    /// The index could not be read or written.
    case catalog(CatalogError)
    /// A record could not be read.
    case record(RecordStoreError)
    /// OpenSSL failed.
    case digest(DigestError)
    /// The key that generations are to be signed with cannot be used; why.
    case signing(String)
    /// zlib failed.
    case compression(String)
    /// A link has to be made where one that points elsewhere is in the way, or something that is no link.
    case linkTaken(path: FilePath, found: String?, expected: String)
    /// There is no object that could be copied, or it is damaged.
    case noObject(SHA256Digest, String)
    /// The file system gives an object no second name, as `link = "hardlink"` needs it.
    case noHardLink(FileError)
    /// `packages/` lies on another file system than what is copied there.
    case apart(FilePath)
    /// The disk has no room for copies of objects, as `link = "copy"` makes them.
    case noRoom(FilePath, available: UInt64, needed: UInt64)
    /// Metadata cannot be read, so that these documents of a project that is published say less than they should.
    case poorDocuments([String])
    /// `state.json` or the link `web` is not what we write.
    case damagedState(path: FilePath, detail: String)
    /// A generation was asked for that is not kept, or nothing was published yet.
    case unreachable(generation: UInt64, kept: [UInt64])
    /// There is a snapshot of this name.
    case snapshotTaken(SnapshotName)
    /// There is no snapshot of this name.
    case noSnapshot(SnapshotName)
    /// The names of packages were being turned into another kind when the command was interrupted.
    case interrupted

    /// Whether the disk is the cause: full, over quota, read-only or failing.
    package var isDiskFailure: Bool {
        switch self {
        case .file(let error): error.isDiskFailure
        case .catalog(let error): error.isDiskFailure
        case .record(let error): error.isDiskFailure
        case .noRoom, .noHardLink, .apart: true
        case .noObject: false
        case .digest, .signing, .compression, .linkTaken, .poorDocuments, .damagedState: false
        case .unreachable, .snapshotTaken, .noSnapshot, .interrupted: false
        }
    }
}

extension PublicationError {
    /// An error of one of the parts below.
    init(wrapping error: any Error) {
        self =
            switch error {
            case let error as PublicationError: error
            case let error as FileError: .file(error)
            case let error as CatalogError: .catalog(error)
            case let error as RecordStoreError: .record(error)
            case let error as DigestError: .digest(error)
            default: .compression("\(error)")
            }
    }

    /// Runs `body`, whose errors are those of the parts below.
    static func wrapping<Result>(_ body: () throws -> Result) throws(PublicationError) -> Result {
        do {
            return try body()
        } catch {
            throw PublicationError(wrapping: error)
        }
    }
}

extension PublicationError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .file(let error): "\(error)"
        case .catalog(let error): "\(error)"
        case .record(let error): "\(error)"
        case .digest(let error): "\(error)"
        case .signing(let reason): "signing-key: \(reason)"
        case .compression(let detail): "a page could not be compressed: \(detail)"
        case .linkTaken(let path, let found, let expected):
            "\(path) \(found.map { "points to \($0)" } ?? "is no link") and should point to \(expected); "
                + "run `larder verify --publication --repair`"
        case .noObject(let digest, let problem):
            "objects/\(ObjectStore.relativePath(of: digest)): \(problem); run `larder verify --repair`"
        case .noHardLink(let error):
            "\(error.path): hard links are not possible (\(error.hardLinkAdvice)); set link = \"copy\" or \"symlink\" in "
                + "[publish]; what is published stays as it is"
        case .apart(let path):
            "\(path): packages/ lies on another file system than objects/ and tmp/, and a copy gets its name there by rename; "
                + "put all of the mirror on one, or set link = \"symlink\" in [publish]"
        case .noRoom(let path, let available, let needed):
            "\(path): no space left for copies: \(available >> 20) MiB are free and \((needed + (1 << 20) - 1) >> 20) MiB are "
                + "needed, of which `guard.free-space` sets a part; make room, or set link in [publish] to \"hardlink\" or "
                + "\"symlink\""
        case .poorDocuments(let names):
            "metadata cannot be read for \(names.prefix(3).joined(separator: ", "))"
                + (names.count > 3 ? " and \(names.count - 3) more" : "") + "; run `larder verify --repair`"
        case .damagedState(let path, let detail): "\(path): \(detail)"
        case .snapshotTaken(let name): "there is a snapshot '\(name)' already; choose another name, or delete it"
        case .noSnapshot(let name): "there is no snapshot '\(name)'; see `larder snapshot list`"
        case .interrupted:
            "interrupted while names of packages were turned into another kind; nothing else is published, and the next "
                + "`larder publish` or sync goes on"
        case .unreachable(0, _): "nothing was published yet"
        case .unreachable(let generation, let kept):
            "generation \(generation) is not kept; "
                + (kept.isEmpty ? "none is" : "these are: \(kept.map { String($0) }.joined(separator: ", "))")
        }
    }

    /// What to say of a project of which this kept a publication from showing all.
    package var reason: String {
        if case .poorDocuments = self { return "published with less in its documents: \(self)" }
        return "not published anew: \(self)"
    }
}

extension FileError {
    /// Why a file system gives no second name, in a few words.
    fileprivate var hardLinkAdvice: String {
        switch errno {
        case .improperLink: "objects/ and packages/ lie on different file systems or mounts"
        case .tooManyLinks: "the object has as many names as the file system allows"
        case .notPermitted, .permissionDenied:
            "the file system has none, or the object belongs to another user and fs.protected_hardlinks forbids it"
        default: "\(errno)"
        }
    }
}
