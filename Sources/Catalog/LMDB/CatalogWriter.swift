internal import CLMDB

/// The tables of the index within a transaction that may change them.
package struct CatalogWriter: ~Copyable {
    private let transaction: OpaquePointer
    private let tables: [MDB_dbi]
    /// The tables as this transaction has left them so far.
    package let reader: CatalogReader

    init(transaction: OpaquePointer, tables: [MDB_dbi], reader: consuming CatalogReader) {
        self.transaction = transaction
        self.tables = tables
        self.reader = reader
    }

    /// Puts bytes under a key, replacing those that are there.
    func put(_ value: [UInt8], under key: [UInt8], in table: Int) throws(CatalogError) {
        let code = key.withMDBValue { key in
            value.withMDBValue { mdb_put(transaction, tables[table], &key, &$0, 0) }
        }
        guard code == 0 else { throw CatalogError("mdb_put", code: code) }
    }

    /// Removes a key; nothing happens when it is not there.
    func remove(_ key: [UInt8], in table: Int) throws(CatalogError) {
        let code = key.withMDBValue { mdb_del(transaction, tables[table], &$0, nil) }
        guard code == 0 || code == MDB_NOTFOUND else { throw CatalogError("mdb_del", code: code) }
    }

    /// Removes all rows of a table.
    func removeAll(in table: Int) throws(CatalogError) {
        let code = mdb_drop(transaction, tables[table], 0)
        guard code == 0 else { throw CatalogError("mdb_drop", code: code) }
    }
}
