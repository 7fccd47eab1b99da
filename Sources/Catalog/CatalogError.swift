internal import CLMDB
package import FileIO
package import SystemPackage

/// The index could not be read or written.
package enum CatalogError: Error, Sendable {
    /// A row does not match its checksum or has fields that cannot be.
    case damagedRow(table: String, key: String)
    /// LMDB found its own structure broken, or a version that it does not know.
    case damaged(operation: String, detail: String)
    /// LMDB's map, a transaction of it, or its table of readers is full.
    case full(operation: String, detail: String)
    /// A call of the system failed within LMDB.
    case system(operation: String, errno: Errno)
    /// LMDB refused a call for another reason.
    case refused(operation: String, detail: String)
    /// A call on one of the files beside the index failed.
    case file(FileError)

    /// Whether the disk is the cause: full, over quota, read-only or failing.
    package var isDiskFailure: Bool {
        switch self {
        // LMDB takes an interrupted call for one that failed.
        case .system(_, .interrupted): true
        case .system(let operation, let errno):
            FileError(operation: operation, path: "index", errno: errno).isDiskFailure
        case .file(let error): error.isDiskFailure
        case .full: true
        case .damagedRow, .damaged, .refused: false
        }
    }

    /// Whether the file is no index at all, as opposed to one with damage in it.
    package var isOfNoIndex: Bool {
        if case .damaged("mdb_env_open", _) = self { true } else { false }
    }

    /// A page of the file is not what LMDB writes.
    static func damaged(page: UInt64, _ problem: String) -> CatalogError {
        .damaged(operation: "page \(page)", detail: problem)
    }

    /// The error of an LMDB call that did not return 0.
    init(_ operation: String, code: Int32) {
        let detail = String(cString: mdb_strerror(code))
        self =
            switch code {
            case MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_PANIC, MDB_VERSION_MISMATCH, MDB_INVALID:
                .damaged(operation: operation, detail: detail)
            case MDB_MAP_FULL, MDB_TXN_FULL, MDB_PAGE_FULL, MDB_READERS_FULL:
                .full(operation: operation, detail: detail)
            case 1...:
                .system(operation: operation, errno: Errno(rawValue: code))
            default:
                .refused(operation: operation, detail: detail)
            }
    }
}

extension CatalogError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .damagedRow(let table, let key):
            "the row \(key) of the index's table \(table) is damaged; run `larder rebuild`"
        case .damaged(let operation, let detail):
            "the index is damaged (\(operation): \(detail)); run `larder rebuild`"
        case .full(let operation, let detail): "the index is full (\(operation): \(detail))"
        case .system(let operation, let errno): "the index: \(operation): \(errno)"
        case .refused(let operation, let detail): "the index: \(operation): \(detail)"
        case .file(let error): "\(error)"
        }
    }
}
