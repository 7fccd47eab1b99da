import CLMDB
import Catalog
import SystemPackage

/// The index of a mirror as LMDB itself sees it, for damage that no call of ours can do.
///
/// The index must be closed meanwhile: a process opens one LMDB environment only once.
enum RawIndex {
    /// LMDB refused a call.
    struct Refused: Error {
        let operation: String
        let code: Int32
    }

    /// How many pages of rows all trees have that LMDB keeps, those without a name included.
    static func countOfTreePages(root: FilePath) throws -> Int {
        var environment: OpaquePointer?
        try check("create", mdb_env_create(&environment))
        defer { mdb_env_close(environment) }
        try check("maxdbs", mdb_env_set_maxdbs(environment, 16))
        try check("open", mdb_env_open(environment, root.appending("index").string, UInt32(MDB_NOTLS), 0o644))
        var transaction: OpaquePointer?
        try check("begin", mdb_txn_begin(environment, nil, UInt32(MDB_RDONLY), &transaction))
        defer { mdb_txn_abort(transaction) }
        // The first two are the free pages and the tables themselves (FREE_DBI and MAIN_DBI in mdb.c).
        var tables: [MDB_dbi] = [0, 1]
        for name in Tables.names {
            var table: MDB_dbi = 0
            try check("dbi", mdb_dbi_open(transaction, name, 0, &table))
            tables.append(table)
        }
        var count = 0
        for table in tables {
            var status = MDB_stat()
            try check("stat", mdb_stat(transaction, table, &status))
            count += status.ms_branch_pages + status.ms_leaf_pages
        }
        return count
    }

    /// Replaces every value of a table by what `change` makes of it; `change` also gets the place of the row.
    static func rewrite(table name: String, root: FilePath, _ change: (Int, [UInt8]) -> [UInt8]) throws {
        var environment: OpaquePointer?
        try check("create", mdb_env_create(&environment))
        defer { mdb_env_close(environment) }
        try check("maxdbs", mdb_env_set_maxdbs(environment, 16))
        try check("mapsize", mdb_env_set_mapsize(environment, 1 << 30))
        try check("open", mdb_env_open(environment, root.appending("index").string, UInt32(MDB_NOTLS), 0o644))
        var transaction: OpaquePointer?
        try check("begin", mdb_txn_begin(environment, nil, 0, &transaction))
        var table: MDB_dbi = 0
        try check("dbi", mdb_dbi_open(transaction, name, 0, &table))
        var rows: [(key: [UInt8], value: [UInt8])] = []
        var cursor: OpaquePointer?
        try check("cursor", mdb_cursor_open(transaction, table, &cursor))
        var key = MDB_val()
        var value = MDB_val()
        while mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0 { rows.append((bytes(key), bytes(value))) }
        mdb_cursor_close(cursor)
        for (index, row) in rows.enumerated() {
            let changed = change(index, row.value)
            let code = row.key.withUnsafeBytes { key in
                changed.withUnsafeBytes { value in
                    var key = MDB_val(mv_size: key.count, mv_data: UnsafeMutableRawPointer(mutating: key.baseAddress))
                    var value = MDB_val(
                        mv_size: value.count,
                        mv_data: UnsafeMutableRawPointer(mutating: value.baseAddress)
                    )
                    return mdb_put(transaction, table, &key, &value, 0)
                }
            }
            try check("put", code)
        }
        try check("commit", mdb_txn_commit(transaction))
    }

    private static func bytes(_ value: MDB_val) -> [UInt8] {
        [UInt8](UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size))
    }

    private static func check(_ operation: String, _ code: Int32) throws {
        guard code == 0 else { throw Refused(operation: operation, code: code) }
    }
}
