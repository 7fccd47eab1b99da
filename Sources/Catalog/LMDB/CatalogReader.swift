internal import CLMDB
internal import Glibc

/// The tables of the index as one transaction sees them.
package struct CatalogReader: ~Copyable {
    private let transaction: OpaquePointer
    private let tables: [MDB_dbi]

    init(transaction: OpaquePointer, tables: [MDB_dbi]) {
        self.transaction = transaction
        self.tables = tables
    }

    /// The bytes under a key; `nil` when there are none.
    func value(of key: [UInt8], in table: Int) throws(CatalogError) -> [UInt8]? {
        var value = MDB_val()
        let code = key.withMDBValue { mdb_get(transaction, tables[table], &$0, &value) }
        if code == MDB_NOTFOUND { return nil }
        guard code == 0 else { throw CatalogError("mdb_get", code: code) }
        guard value.isPlausible else { throw .damaged(operation: "mdb_get", detail: "a row is too long") }
        return [UInt8](value)
    }

    /// The number of rows of a table.
    func count(of table: Int) throws(CatalogError) -> Int {
        var status = MDB_stat()
        let code = mdb_stat(transaction, tables[table], &status)
        guard code == 0 else { throw CatalogError("mdb_stat", code: code) }
        return status.ms_entries
    }

    /// The number of the transaction whose outcome this one sees; equal numbers mean equal tables.
    package var snapshot: UInt64 { Environment.number(of: transaction) }

    /// Calls `body` with the rows of a table in the order of their keys, until it returns false.
    ///
    /// Keys that are not in order are damage: a walk over them might never end.
    ///
    /// - Parameters:
    ///   - table: The table.
    ///   - start: The key to start from, or the next one after it.
    ///   - body: What is called; the bytes are copies.
    /// - Throws: ``CatalogError`` of LMDB or of `body`.
    func forEachRaw(
        in table: Int,
        from start: [UInt8] = [],
        _ body: ([UInt8], [UInt8]) throws(CatalogError) -> Bool
    ) throws(CatalogError) {
        var cursor: OpaquePointer?
        let opened = mdb_cursor_open(transaction, tables[table], &cursor)
        guard opened == 0, let cursor else { throw CatalogError("mdb_cursor_open", code: opened) }
        defer { mdb_cursor_close(cursor) }
        var key = MDB_val()
        var value = MDB_val()
        var code =
            if start.isEmpty {
                mdb_cursor_get(cursor, &key, &value, MDB_FIRST)
            } else {
                start.withMDBValue { start in
                    let code = mdb_cursor_get(cursor, &start, &value, MDB_SET_RANGE)
                    key = start
                    return code
                }
            }
        var last: [UInt8] = []
        while code == 0 {
            guard value.isPlausible, key.isPlausible, last.isEmpty || key.isBehind(last) else {
                throw .damaged(operation: "mdb_cursor_get", detail: "rows are not in order, or too long")
            }
            last = [UInt8](key)
            guard try body(last, [UInt8](value)) else { return }
            code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)
        }
        guard code == MDB_NOTFOUND else { throw CatalogError("mdb_cursor_get", code: code) }
    }
}

extension MDB_val {
    /// Whether it has a size that a key or a row of ours can have; the size in a damaged page may be anything.
    fileprivate var isPlausible: Bool { mv_size <= 1 << 20 }

    /// Whether the bytes come after those of another key, in LMDB's order.
    fileprivate func isBehind(_ key: [UInt8]) -> Bool {
        let order = key.withUnsafeBytes { other in
            guard let own = mv_data, let other = other.baseAddress else { return Int32(0) }
            return memcmp(own, other, min(mv_size, key.count))
        }
        return order > 0 || (order == 0 && mv_size > key.count)
    }
}

extension [UInt8] {
    /// A copy of the bytes that LMDB points to, which are only valid within the transaction.
    init(_ value: MDB_val) {
        self.init(UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size))
    }

    /// Lends the bytes to LMDB, which does not write to them.
    func withMDBValue<Result>(_ body: (inout MDB_val) -> Result) -> Result {
        withUnsafeBytes { bytes in
            var value = MDB_val(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            return body(&value)
        }
    }
}
