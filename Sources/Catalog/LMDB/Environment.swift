internal import CLMDB
internal import FileIO
internal import Glibc
internal import Scheduling
internal import SystemPackage

/// An LMDB environment: one file of tables, opened once a process.
///
/// Flags that have a history of defects stay off (`MDB_WRITEMAP`, `MDB_NOSYNC`, `MDB_DUPSORT`, nested transactions).
/// `MDB_NOTLS` is on because tasks move between threads. On a read-only file system the environment can be read.
final class Environment: Sendable {
    // An MDB_env may be used by all threads at once; it is closed when no transaction is left, by `deinit`.
    private nonisolated(unsafe) let raw: OpaquePointer
    private let tables: [MDB_dbi]
    private let openLock: FilePath
    /// The file that was opened, which may have lost its name since.
    let identity: FileIdentity
    private let fileSystem: any FileSystem
    /// The first commit that failed.
    ///
    /// When the head of the file could not be written, LMDB refuses everything else in this process, and says no more
    /// than that there was an error. The file has its old head then, and the next process goes on from there.
    private let failure = Locked<CatalogError?>(nil)

    /// Opens the environment, making it when it is missing.
    ///
    /// Opening and closing happen under a lock of their own: LMDB 0.9.26 to 0.9.31 destroy the mutexes that all
    /// processes share when a process that closes believes that it is the last (ITS#9278, reverted by ITS#10095).
    ///
    /// - Parameters:
    ///   - directory: Where it lies; exists.
    ///   - tableNames: The tables, which are made when they are missing.
    ///   - openLock: A file outside `directory` to lock while opening and closing.
    ///   - fileSystem: What `openLock` is locked through.
    /// - Throws: ``CatalogError``.
    init(
        directory: FilePath,
        tableNames: [String],
        openLock: FilePath,
        fileSystem: any FileSystem
    ) throws(CatalogError) {
        (raw, tables, identity) = try Self.withLock(on: openLock, fileSystem) { () throws(CatalogError) in
            let (raw, tables) = try Self.open(directory, tableNames: tableNames)
            do throws(FileError) {
                // Nobody swaps the directory while the lock is held.
                return (raw, tables, try fileSystem.status(directory.appending("data.mdb")).identity)
            } catch {
                mdb_env_close(raw)
                throw .file(error)
            }
        }
        self.openLock = openLock
        self.fileSystem = fileSystem
    }

    deinit {
        let raw = raw
        do throws(CatalogError) {
            try Self.withLock(on: openLock, fileSystem) { mdb_env_close(raw) }
        } catch {
            // Without the lock, closing is no worse than LMDB's own way of doing it.
            mdb_env_close(raw)
        }
    }

    /// Whether it lies on a read-only file system.
    var isReadOnly: Bool {
        var flags: UInt32 = 0
        return mdb_env_get_flags(raw, &flags) == 0 && flags & UInt32(MDB_RDONLY) != 0
    }

    /// Bytes of the file, past LMDB: fewer than asked for at its end.
    ///
    /// - Parameters:
    ///   - offset: Where they begin.
    ///   - count: How many.
    /// - Returns: The bytes.
    /// - Throws: ``CatalogError``, `system`, when the disk fails.
    func bytes(at offset: UInt64, count: Int) throws(CatalogError) -> [UInt8] {
        // LMDB's own descriptor: the file may have lost its name since, and another may have it.
        var descriptor: CInt = -1
        try Self.check("mdb_env_get_fd", mdb_env_get_fd(raw, &descriptor))
        var bytes = [UInt8](repeating: 0, count: count)
        var (filled, failure) = (0, CInt(0))
        bytes.withUnsafeMutableBytes { bytes in
            while filled < count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[filled...])
                let result = pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + filled)
                if result > 0 {
                    filled += result
                } else if result == 0 || errno != EINTR {
                    failure = result == 0 ? 0 : errno
                    return
                }
            }
        }
        guard failure == 0 else { throw CatalogError("pread", code: failure) }
        bytes.removeLast(count - filled)
        return bytes
    }

    /// Runs `body` with a view of the tables that does not change meanwhile.
    func read<Result>(
        _ body: (borrowing CatalogReader) throws(CatalogError) -> Result
    ) throws(CatalogError) -> Result {
        let transaction = try begin(flags: UInt32(MDB_RDONLY))
        defer { mdb_txn_abort(transaction) }
        return try body(CatalogReader(transaction: transaction, tables: tables))
    }

    /// Runs `body` with the number of the newest transaction, none of whose pages are overwritten meanwhile.
    func holdingPages(_ body: (UInt64) throws(CatalogError) -> Bool) throws(CatalogError) -> Bool {
        let transaction = try begin(flags: UInt32(MDB_RDONLY))
        defer { mdb_txn_abort(transaction) }
        return try body(Self.number(of: transaction))
    }

    /// The number of the newest transaction that LMDB shows.
    func newestTransaction() throws(CatalogError) -> UInt64 {
        let transaction = try begin(flags: UInt32(MDB_RDONLY))
        defer { mdb_txn_abort(transaction) }
        return Self.number(of: transaction)
    }

    /// The number of a transaction; any in a damaged file.
    static func number(of transaction: OpaquePointer) -> UInt64 { UInt64(UInt(bitPattern: mdb_txn_id(transaction))) }

    /// Runs `body` in a transaction that becomes durable as a whole when `body` returns, and leaves nothing behind
    /// when it throws.
    ///
    /// Transactions of all threads and processes run one after the other.
    func write<Result>(
        _ body: (borrowing CatalogWriter) throws(CatalogError) -> Result
    ) throws(CatalogError) -> Result {
        let transaction = try begin(flags: 0)
        let result: Result
        do throws(CatalogError) {
            let reader = CatalogReader(transaction: transaction, tables: tables)
            result = try body(CatalogWriter(transaction: transaction, tables: tables, reader: reader))
        } catch {
            mdb_txn_abort(transaction)
            throw error
        }
        let code = mdb_txn_commit(transaction)
        guard code == 0 else {
            let error = error(of: "mdb_txn_commit", code: code)
            failure.withLock { $0 = $0 ?? error }
            throw error
        }
        return result
    }

    /// The error of a call: what made LMDB give up, when it only says that it did.
    private func error(of operation: String, code: Int32) -> CatalogError {
        if code == MDB_PANIC, let failure = failure.withLock({ $0 }) { return failure }
        return CatalogError(operation, code: code)
    }

    private func begin(flags: UInt32) throws(CatalogError) -> OpaquePointer {
        var transaction: OpaquePointer?
        let code = mdb_txn_begin(raw, nil, flags, &transaction)
        guard code == 0, let transaction else { throw error(of: "mdb_txn_begin", code: code) }
        return transaction
    }

    /// The most bytes that the file can have; the addresses cost nothing.
    static let mapSize = 64 << 30

    private static func withLock<Result>(
        on path: FilePath,
        _ fileSystem: any FileSystem,
        _ body: () throws(CatalogError) -> Result
    ) throws(CatalogError) -> Result {
        let lock: FileLock
        do throws(FileError) {
            lock = try FileLock(path, waiting: true, fileSystem: fileSystem)
        } catch {
            throw .file(error)
        }
        let result = try body()
        withExtendedLifetime(lock) {}
        return result
    }

    private static func open(
        _ directory: FilePath,
        tableNames: [String]
    ) throws(CatalogError) -> (OpaquePointer, [MDB_dbi]) {
        let environment: OpaquePointer
        do throws(CatalogError) {
            environment = try open(directory, flags: MDB_NOTLS)
        } catch {
            // Where nothing can be written there is no writer, and LMDB needs no locks.
            guard case .system(_, .readOnlyFileSystem) = error else { throw error }
            do throws(CatalogError) {
                environment = try open(directory, flags: MDB_NOTLS | MDB_RDONLY)
            } catch let second {
                // There is none that could be read, and what hinders its making is what helps to know.
                if case .system = second { throw error }
                throw second
            }
        }
        do throws(CatalogError) {
            var deadReaders: Int32 = 0
            try check("mdb_reader_check", mdb_reader_check(environment, &deadReaders))
            return (environment, try openTables(tableNames, in: environment))
        } catch {
            mdb_env_close(environment)
            throw error
        }
    }

    private static func open(_ directory: FilePath, flags: Int32) throws(CatalogError) -> OpaquePointer {
        var environment: OpaquePointer?
        let created = mdb_env_create(&environment)
        guard created == 0, let environment else { throw CatalogError("mdb_env_create", code: created) }
        do throws(CatalogError) {
            try check("mdb_env_set_maxdbs", mdb_env_set_maxdbs(environment, 16))
            try check("mdb_env_set_maxreaders", mdb_env_set_maxreaders(environment, 512))
            // Address space, not disk: the file grows as it is used.
            try check("mdb_env_set_mapsize", mdb_env_set_mapsize(environment, mapSize))
            try check("mdb_env_open", mdb_env_open(environment, directory.string, UInt32(flags), 0o644))
            return environment
        } catch {
            mdb_env_close(environment)
            throw error
        }
    }

    /// Opens all tables, making those that are missing.
    ///
    /// Where all are there, no transaction is needed that could wait for a writer (I13).
    private static func openTables(
        _ names: [String],
        in environment: OpaquePointer
    ) throws(CatalogError) -> [MDB_dbi] {
        if let tables = try openTables(names, in: environment, writing: false) { return tables }
        guard let tables = try openTables(names, in: environment, writing: true) else {
            throw CatalogError("mdb_dbi_open", code: MDB_NOTFOUND)
        }
        return tables
    }

    /// Opens all tables; `nil` when one is missing and may not be made.
    private static func openTables(
        _ names: [String],
        in environment: OpaquePointer,
        writing: Bool
    ) throws(CatalogError) -> [MDB_dbi]? {
        var transaction: OpaquePointer?
        let mode = writing ? 0 : UInt32(MDB_RDONLY)
        try check("mdb_txn_begin", mdb_txn_begin(environment, nil, mode, &transaction))
        var tables: [MDB_dbi] = []
        for name in names {
            var table: MDB_dbi = 0
            let code = mdb_dbi_open(transaction, name, writing ? UInt32(MDB_CREATE) : 0, &table)
            guard code == 0 else {
                mdb_txn_abort(transaction)
                if code == MDB_NOTFOUND, !writing { return nil }
                throw CatalogError("mdb_dbi_open \(name)", code: code)
            }
            tables.append(table)
        }
        try check("mdb_txn_commit", mdb_txn_commit(transaction))
        return tables
    }

    private static func check(_ operation: String, _ code: Int32) throws(CatalogError) {
        guard code == 0 else { throw CatalogError(operation, code: code) }
    }
}
