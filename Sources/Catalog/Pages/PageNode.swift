/// One entry of a page of rows (`MDB_node`): a row of a leaf, or the way to a page below a branch.
struct PageNode {
    /// How many bytes come before its key.
    static let headSize = 8

    /// What a row of a leaf has instead of plain bytes; bits of `flags`.
    struct Kind: OptionSet {
        let rawValue: UInt16

        /// The value lies on pages of its own.
        static let bigValue = Kind(rawValue: 0x01)
        /// The value is the head of a table.
        static let table = Kind(rawValue: 0x02)
    }

    let key: ArraySlice<UInt8>
    /// Where the value begins within the page.
    let valueOffset: Int
    private let low: UInt32
    private let flags: UInt16

    /// The entry at a place in a page; `nil` when its key does not lie in the page.
    init?(_ page: PageBytes, at offset: Int) {
        guard let low = page.integer(UInt32.self, at: offset),
            let flags = page.integer(UInt16.self, at: offset + 4),
            let keySize = page.integer(UInt16.self, at: offset + 6),
            let key = page.slice(at: offset + Self.headSize, count: Int(keySize))
        else { return nil }
        self.key = key
        self.low = low
        self.flags = flags
        valueOffset = offset + Self.headSize + Int(keySize)
    }

    /// What a row of a leaf is.
    var kind: Kind { Kind(rawValue: flags) }

    /// How many bytes the value of a row has, wherever it lies.
    var valueSize: Int { Int(low) }

    /// The page to which a node of a branch leads: its lower 32 bits, and 16 more in place of the flags.
    var child: UInt64 { UInt64(low) | UInt64(flags) << 32 }

    /// How much of a leaf the row takes; nodes begin at even places.
    var sizeInLeaf: Int { Self.even(Self.headSize + key.count + (kind.contains(.bigValue) ? 8 : valueSize)) }

    /// How much of a branch the node takes.
    var sizeInBranch: Int { Self.even(Self.headSize + key.count) }

    private static func even(_ size: Int) -> Int { (size + 1) & ~1 }
}
