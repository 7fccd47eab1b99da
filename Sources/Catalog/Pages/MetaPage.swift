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

    /// The newer one of the two meta pages of a file that nobody writes.
    ///
    /// - Parameter source: The file.
    /// - Returns: The newer one.
    /// - Throws: ``CatalogError``, `damaged`, when one is none, or when they are not those of two transactions in a row.
    static func newer(in source: PageSource) throws(CatalogError) -> MetaPage {
        let (first, second) = try pages(of: source)
        return try page(of: max(first.transaction, second.transaction), among: (first, second))
    }

    /// The meta page of a transaction: the newest one that LMDB shows.
    ///
    /// The other page may be that of the next transaction: its writer makes it durable before readers are told, and may
    /// have died in between.
    ///
    /// - Parameters:
    ///   - transaction: The number of the transaction.
    ///   - source: The file.
    /// - Returns: Its page.
    /// - Throws: ``CatalogError``, `damaged`, when one is none, or when they are not those of two transactions in a row.
    static func page(of transaction: UInt64, in source: PageSource) throws(CatalogError) -> MetaPage {
        try page(of: transaction, among: try pages(of: source))
    }

    private static func pages(of source: PageSource) throws(CatalogError) -> (MetaPage, MetaPage) {
        let first = try MetaPage(PageBytes(number: 0, bytes: source(0, size)))
        let second = try MetaPage(PageBytes(number: 1, bytes: source(UInt64(first.pageSize), size)))
        guard first.pageSize == second.pageSize else {
            throw .damaged(page: 1, "its pages have another size than those of page 0")
        }
        return (first, second)
    }

    private static func page(
        of transaction: UInt64,
        among pages: (MetaPage, MetaPage)
    ) throws(CatalogError) -> MetaPage {
        // A transaction writes the page that its lowest bit tells. A new file has two of transaction 0.
        let (own, other) = transaction % 2 == 0 ? pages : (pages.1, pages.0)
        let isInARow =
            other.transaction == transaction &+ 1 || other.transaction &+ 1 == transaction
            || transaction == 0 && other.transaction == 0
        guard own.transaction == transaction, isInARow else {
            let numbers = "\(pages.0.transaction) and \(pages.1.transaction)"
            throw .damaged(
                page: 0,
                "transactions \(numbers) wrote the heads of the file, and \(transaction) is the last"
            )
        }
        return own
    }
}
