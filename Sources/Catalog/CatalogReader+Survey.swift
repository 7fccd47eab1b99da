internal import Digest

extension CatalogReader {
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
