/// Where the bytes of an LMDB data file come from: as many as there are from an offset on, and no more than asked for.
typealias PageSource = (_ offset: UInt64, _ count: Int) throws(CatalogError) -> [UInt8]

/// The bytes of a page of an LMDB data file, or of several that belong together.
///
/// The layout is that of `MDB_page`, `MDB_meta`, `MDB_db` and `MDB_node` in LMDB 0.9's mdb.c, on a machine of 64 bits
/// and in its byte order. Nothing here trusts a number that it read: what lies outside of the bytes is `nil`.
struct PageBytes {
    /// The number by which the page was asked for.
    let number: UInt64
    private let bytes: [UInt8]

    /// - Parameters:
    ///   - number: The number of the page.
    ///   - bytes: What lies at its place; fewer than a page at the end of a file.
    init(number: UInt64, bytes: [UInt8]) {
        self.number = number
        self.bytes = bytes
    }

    /// How many bytes there are.
    var count: Int { bytes.count }

    /// An integer at a place in bytes; `nil` when it does not lie in the page.
    func integer<Value: FixedWidthInteger>(_: Value.Type = Value.self, at offset: Int) -> Value? {
        guard offset >= 0, offset <= bytes.count - MemoryLayout<Value>.size else { return nil }
        // Integers in a page lie where they lie; `loadUnaligned` is the only way to read one without copying.
        return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Value.self) }
    }

    /// Bytes of the page; `nil` when not all of them lie in it.
    func slice(at offset: Int, count: Int) -> ArraySlice<UInt8>? {
        guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else { return nil }
        return bytes[offset..<offset + count]
    }
}

/// The kinds of a page, which are bits of its head.
struct PageKind: OptionSet {
    let rawValue: UInt16

    static let branch = PageKind(rawValue: 0x01)
    static let leaf = PageKind(rawValue: 0x02)
    static let overflow = PageKind(rawValue: 0x04)
    static let meta = PageKind(rawValue: 0x08)
}

/// The head of a page (`MDB_page`).
struct PageHead {
    /// How many bytes it has.
    static let size = 16

    let number: UInt64
    let kind: PageKind
    /// Where the free space of a page of rows begins, and where it ends.
    let free: (lower: Int, upper: Int)
    /// How many pages belong together, in the first one of an overflow.
    let overflowCount: Int

    /// The head of a page; `nil` when it has not enough bytes for one.
    init?(_ page: PageBytes) {
        guard let number = page.integer(UInt64.self, at: 0),
            let kind = page.integer(UInt16.self, at: 10),
            let lower = page.integer(UInt16.self, at: 12),
            let upper = page.integer(UInt16.self, at: 14),
            let count = page.integer(UInt32.self, at: 12)
        else { return nil }
        self.number = number
        self.kind = PageKind(rawValue: kind)
        free = (Int(lower), Int(upper))
        overflowCount = Int(count)
    }
}

/// What LMDB keeps of a table (`MDB_db`).
struct TableHead: Equatable {
    /// How many bytes it has.
    static let size = 48
    /// The root of a table without rows.
    static let noPage = UInt64.max

    let flags: UInt16
    let depth: Int
    let branchPages: UInt64
    let leafPages: UInt64
    let overflowPages: UInt64
    let rows: UInt64
    let root: UInt64

    /// What lies at a place in a page; `nil` when not all of it does.
    init?(_ page: PageBytes, at offset: Int) {
        guard let flags = page.integer(UInt16.self, at: offset + 4),
            let depth = page.integer(UInt16.self, at: offset + 6),
            let branchPages = page.integer(UInt64.self, at: offset + 8),
            let leafPages = page.integer(UInt64.self, at: offset + 16),
            let overflowPages = page.integer(UInt64.self, at: offset + 24),
            let rows = page.integer(UInt64.self, at: offset + 32),
            let root = page.integer(UInt64.self, at: offset + 40)
        else { return nil }
        self.flags = flags
        self.depth = Int(depth)
        self.branchPages = branchPages
        self.leafPages = leafPages
        self.overflowPages = overflowPages
        self.rows = rows
        self.root = root
    }
}
