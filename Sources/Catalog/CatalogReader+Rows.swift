internal import Digest

extension CatalogReader {
    /// The row under a key; `nil` when there is none.
    ///
    /// - Throws: ``CatalogError``; `damagedRow` when the row does not match its checksum.
    package func row<Key, Value>(of key: Key, in table: Table<Key, Value>) throws(CatalogError) -> Value? {
        let key = key.bytes
        guard let bytes = try value(of: key, in: table.index) else { return nil }
        return try decode(bytes, under: key, of: table)
    }

    /// Whether there is a row under a key, without looking at it.
    package func contains<Key, Value>(_ key: Key, in table: Table<Key, Value>) throws(CatalogError) -> Bool {
        try value(of: key.bytes, in: table.index) != nil
    }

    /// The number of rows of a table.
    package func count<Key, Value>(of table: Table<Key, Value>) throws(CatalogError) -> Int {
        try count(of: table.index)
    }

    /// Calls `body` with the rows of a table in the order of their keys.
    ///
    /// - Parameters:
    ///   - table: The table.
    ///   - start: The key to start from, or the next one after it; `nil` for the first.
    ///   - body: What is called; the walk ends when it returns false.
    /// - Throws: ``CatalogError``; `damagedRow` for a row that does not match its checksum.
    package func forEach<Key, Value>(
        in table: Table<Key, Value>,
        from start: Key? = nil,
        _ body: (Key, Value) throws(CatalogError) -> Bool
    ) throws(CatalogError) {
        try forEachRaw(in: table.index, from: start?.bytes ?? []) { bytes, value throws(CatalogError) in
            guard let key = Key(bytes: bytes) else { throw .damagedRow(table: table.name, key: bytes.hex) }
            return try body(key, try decode(value, under: bytes, of: table))
        }
    }

    /// At most `limit` rows of a table, from a key on.
    package func rows<Key, Value>(
        in table: Table<Key, Value>,
        from start: Key? = nil,
        limit: Int = .max
    ) throws(CatalogError) -> [(key: Key, row: Value)] {
        var rows: [(key: Key, row: Value)] = []
        try forEach(in: table, from: start) { key, row throws(CatalogError) in
            rows.append((key, row))
            return rows.count < limit
        }
        return rows
    }

    private func decode<Key, Value>(
        _ bytes: [UInt8],
        under key: [UInt8],
        of table: Table<Key, Value>
    ) throws(CatalogError) -> Value {
        guard let row = Value(sealed: bytes, for: key) else {
            throw .damagedRow(table: table.name, key: key.hex)
        }
        return row
    }
}

extension CatalogWriter {
    /// Puts a row under a key, replacing the one that is there.
    package func put<Key, Value>(_ row: Value, under key: Key, in table: Table<Key, Value>) throws(CatalogError) {
        let key = key.bytes
        try put(row.sealed(for: key), under: key, in: table.index)
    }

    /// Removes a row; nothing happens when it is not there.
    package func remove<Key, Value>(_ key: Key, in table: Table<Key, Value>) throws(CatalogError) {
        try remove(key.bytes, in: table.index)
    }

    /// Removes all rows of a table.
    package func removeAll<Key, Value>(in table: Table<Key, Value>) throws(CatalogError) {
        try removeAll(in: table.index)
    }
}
