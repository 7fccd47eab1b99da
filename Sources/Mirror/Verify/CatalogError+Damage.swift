internal import Catalog
internal import Publication
internal import SystemPackage

extension CatalogError {
    /// Whether the index itself is the cause, and not the disk, a bound of the system, or a right that is lacking.
    ///
    /// LMDB answers with errors of its own, and with those of calls that a damaged page made it do.
    var isOfIndex: Bool {
        switch self {
        case .damagedRow, .damaged, .refused: true
        case .system(_, let errno):
            [.invalidArgument, .noMemory, .fileTooLarge, .badAddress, .overflow].contains(errno)
        case .full, .file: false
        }
    }

    /// What was found, in one line that says what to do.
    var adviceForIndex: String {
        let problem =
            switch self {
            case .damagedRow(let table, let key): "row \(key) of table \(table) is damaged"
            case .damaged(let operation, let detail), .refused(let operation, let detail): "\(operation): \(detail)"
            case .system(let operation, let errno): "\(operation): \(errno)"
            case .full, .file: "\(self)"
            }
        return "\(problem); \(Finding.rebuildAdvice)"
    }
}

extension Finding {
    /// What to do about a damaged index.
    package static let rebuildAdvice = "run larder rebuild"

    /// The index cannot be read.
    ///
    /// - Parameter error: What LMDB said.
    /// - Returns: The finding; `io-error` when the index itself is not the cause.
    static func unreadableIndex(_ error: CatalogError) -> Finding {
        guard error.isOfIndex else { return Finding(.ioError, path: "index", detail: "\(error)") }
        return Finding(.indexCorrupt, path: "index", detail: error.adviceForIndex)
    }
}

extension MirrorError {
    /// What is wrong with the index, when that is why a mirror cannot be opened.
    package var indexFinding: Finding? {
        switch self {
        case .catalog(let error), .publication(.catalog(let error)):
            error.isOfIndex ? .unreadableIndex(error) : nil
        case .indexLost:
            Finding(.indexCorrupt, path: "index/data.mdb", detail: "it is no index; \(Finding.rebuildAdvice)")
        default: nil
        }
    }
}
