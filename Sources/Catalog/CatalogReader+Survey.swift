internal import Digest

extension CatalogReader {
    /// The number of rows of all tables together.
    package func countOfAllRows() throws(CatalogError) -> Int {
        var count = 0
        for table in Tables.names.indices { count += try self.count(of: table) }
        return count
    }

    /// Reads rows of a table, whatever they hold.
    ///
    /// - Parameters:
    ///   - table: The place of the table in ``Tables/names``.
    ///   - start: The key after which to start; `nil` for the first.
    ///   - limit: The most rows to read.
    /// - Returns: The last key that was read; `nil` when there was none.
    /// - Throws: ``CatalogError`` of LMDB itself.
    package func readRows(
        ofTableAt table: Int,
        after start: [UInt8]?,
        limit: Int
    ) throws(CatalogError) -> [UInt8]? {
        var last: [UInt8]?
        var count = 0
        try forEachRaw(in: table, from: start ?? []) { bytes, _ throws(CatalogError) in
            if bytes == start { return true }
            last = bytes
            count += 1
            return count < limit
        }
        return last
    }

    /// Rows of a table whose damaged ones do not end the walk.
    ///
    /// - Parameters:
    ///   - table: The table.
    ///   - start: The key after which to start; `nil` for the first.
    ///   - limit: The most rows to look at.
    /// - Returns: The whole rows, the keys of damaged ones in hexadecimal, and the last key that was looked at, `nil`
    ///   when there was none.
    /// - Throws: ``CatalogError`` of LMDB itself.
    package func survey<Key: Hashable, Value>(
        _ table: Table<Key, Value>,
        after start: Key?,
        limit: Int
    ) throws(CatalogError) -> (rows: [(key: Key, row: Value)], damaged: [String], last: Key?) {
        var rows: [(key: Key, row: Value)] = []
        var damaged: [String] = []
        var last: Key?
        try forEachRaw(in: table.index, from: start?.bytes ?? []) { bytes, value throws(CatalogError) in
            guard let key = Key(bytes: bytes) else {
                damaged.append(bytes.hex)
                return true
            }
            if key == start { return true }
            last = key
            if let row = Value(sealed: value, for: bytes) {
                rows.append((key, row))
            } else {
                damaged.append(bytes.hex)
            }
            return rows.count + damaged.count < limit
        }
        return (rows, damaged, last)
    }
}
