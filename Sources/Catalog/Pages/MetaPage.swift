/// One of the two pages at the head of an LMDB data file (`MDB_meta`), which transactions write in turn.
struct MetaPage {
    /// The number of the transaction that wrote it.
    let transaction: UInt64
    /// The highest page that is in use or free.
    let lastPage: UInt64
    /// How many bytes a page has.
    let pageSize: Int
    /// The table of free pages.
    let freePages: TableHead
    /// The table of the tables.
    let main: TableHead

    /// How many bytes one has.
    private static let size = PageHead.size + 24 + 2 * TableHead.size + 16

    /// A meta page.
    ///
    /// - Parameter page: What lies at the place of page 0 or 1.
    /// - Throws: ``CatalogError``, `damaged`, when it is none.
    init(_ page: PageBytes) throws(CatalogError) {
        let start = PageHead.size
        guard let head = PageHead(page),
            let magic = page.integer(UInt32.self, at: start),
            let version = page.integer(UInt32.self, at: start + 4),
            let address = page.integer(UInt64.self, at: start + 8),
            // The first table's padding holds the size of a page.
            let pageSize = page.integer(UInt32.self, at: start + 24),
            let freePages = TableHead(page, at: start + 24),
            let main = TableHead(page, at: start + 24 + TableHead.size),
            let lastPage = page.integer(UInt64.self, at: start + 24 + 2 * TableHead.size),
            let transaction = page.integer(UInt64.self, at: start + 32 + 2 * TableHead.size)
        else { throw .damaged(page: page.number, "it is cut short") }
        guard head.kind == .meta, head.number == page.number, magic == 0xbeef_c0de, version == 1, address == 0,
            pageSize.nonzeroBitCount == 1, (512...65_536).contains(pageSize)
        else { throw .damaged(page: page.number, "it is no head of an LMDB file") }
        self.transaction = transaction
        self.lastPage = lastPage
        self.pageSize = Int(pageSize)
        self.freePages = freePages
        self.main = main
    }

    /// The newer one of the two meta pages, which holds the state that LMDB shows.
    ///
    /// - Parameter source: The file.
    /// - Returns: The newer one.
    /// - Throws: ``CatalogError``, `damaged`, when one is none, or when they are not those of two transactions in a row.
    static func newer(in source: PageSource) throws(CatalogError) -> MetaPage {
        let first = try MetaPage(PageBytes(number: 0, bytes: source(0, size)))
        let second = try MetaPage(PageBytes(number: 1, bytes: source(UInt64(first.pageSize), size)))
        guard first.pageSize == second.pageSize else {
            throw .damaged(page: 1, "its pages have another size than those of page 0")
        }
        // A new file has two of transaction 0. A transaction writes the page that its lowest bit tells.
        if first.transaction == 0, second.transaction == 0 { return first }
        let (older, newer) = first.transaction < second.transaction ? (first, second) : (second, first)
        guard first.transaction % 2 == 0, newer.transaction - older.transaction == 1 else {
            let problem = "transactions \(first.transaction) and \(second.transaction) wrote the two heads of the file"
            throw .damaged(page: 0, problem)
        }
        return newer
    }
}
