/// Walks the pages of one state of an LMDB data file, without LMDB.
///
/// LMDB 0.9 believes every page that it reads: a wrong number in one sends it anywhere, or lets the next change
/// overwrite what is in use. The walk believes nothing. It takes every page from the roots down and looks whether its
/// head is its own, whether its entries fill it without a gap, whether keys are in order and within what the page above
/// promises, whether tables have their names, and the rows and pages that they count, and whether no page is used twice,
/// or used and free at once. Values are left to those who know their checksums.
struct PageWalk {
    /// How the keys of a table are ordered.
    enum Order {
        /// As bytes, like those of all tables with a name.
        case bytes
        /// As integers of the machine, like those of the table of free pages.
        case integers

        func isAscending(_ first: ArraySlice<UInt8>, _ second: ArraySlice<UInt8>) -> Bool {
            switch self {
            case .bytes: first.lexicographicallyPrecedes(second)
            // The bytes of a number come from the lowest to the highest.
            case .integers: first.reversed().lexicographicallyPrecedes(second.reversed())
            }
        }
    }

    /// What LMDB counts of a table, beside its depth.
    struct Counts: Equatable {
        var branchPages: UInt64 = 0
        var leafPages: UInt64 = 0
        var overflowPages: UInt64 = 0
        var rows: UInt64 = 0
    }

    private let source: PageSource
    let state: MetaPage
    /// Told of every page; false ends the walk.
    private let proceeds: (UInt64) -> Bool
    private(set) var used: PageSet
    private var taken: UInt64 = 0
    /// Whether the walk was ended before its end.
    private(set) var isEnded = false

    /// - Parameters:
    ///   - state: The state to walk, whose pages stay as they are meanwhile.
    ///   - mapSize: The most bytes that the file can have.
    ///   - source: The file.
    ///   - proceeds: Told how many pages were walked; false ends the walk.
    /// - Throws: ``CatalogError``: `damaged` for a file that cannot have as many pages.
    init(
        _ state: MetaPage,
        mapSize: Int,
        source: @escaping PageSource,
        proceeds: @escaping (UInt64) -> Bool
    ) throws(CatalogError) {
        guard state.lastPage > 0, state.lastPage < mapSize / state.pageSize else {
            throw .damaged(page: state.transaction % 2, "it says that page \(state.lastPage) is the last one")
        }
        self.state = state
        self.source = source
        self.proceeds = proceeds
        used = PageSet(upTo: state.lastPage)
        _ = used.insert(0)
        _ = used.insert(1)
    }

    /// Walks everything.
    ///
    /// - Throws: ``CatalogError``: `damaged` for the first page that is not what it should be.
    mutating func run() throws(CatalogError) {
        let head = state.transaction % 2
        var tables: [(page: UInt64, head: TableHead)] = []
        try walkTree(of: state.main, toldBy: head, order: .bytes) { _, page, node throws(CatalogError) in
            guard node.kind == .table, node.valueSize == TableHead.size,
                let table = TableHead(page, at: node.valueOffset), table.flags == 0
            else { throw .damaged(page: page.number, "a row of it is no table") }
            // Under another name a table would be missed by nobody: LMDB makes an empty one in its place.
            guard Tables.names.contains(where: { node.key.elementsEqual($0.utf8) }) else {
                throw .damaged(page: page.number, "it has a table of a name that no table has")
            }
            tables.append((page.number, table))
        }
        for table in tables {
            try walkTree(of: table.head, toldBy: table.page, order: .bytes) { _, page, node throws(CatalogError) in
                guard node.kind.subtracting(.bigValue).isEmpty else {
                    throw .damaged(page: page.number, "a row of it is of no known kind")
                }
            }
        }
        try walkFreePages(toldBy: head)
    }

    /// Reads a page, which nothing else uses from now on.
    ///
    /// - Parameters:
    ///   - page: The page.
    ///   - referrer: The page that told of it, which is blamed for a number that cannot be.
    /// - Returns: Its bytes.
    /// - Throws: ``CatalogError``.
    mutating func take(_ page: UInt64, toldBy referrer: UInt64) throws(CatalogError) -> PageBytes {
        try claim(page, count: 1, toldBy: referrer)
        let bytes = try read(page)
        guard bytes.count == state.pageSize else { throw .damaged(page: page, "it lies behind the end of the file") }
        return bytes
    }

    /// Notes that pages which belong together are in use, and looks whether they were free for that.
    mutating func claim(_ page: UInt64, count: Int, toldBy referrer: UInt64) throws(CatalogError) {
        guard page > 1, page <= state.lastPage, UInt64(count) <= state.lastPage - page + 1 else {
            throw .damaged(page: referrer, "it leads to page \(page), and \(state.lastPage) is the last one")
        }
        for number in page..<page + UInt64(count) where !used.insert(number) {
            throw .damaged(page: referrer, "it leads to page \(number), which is in use elsewhere")
        }
        taken += UInt64(count)
        if !proceeds(taken) { isEnded = true }
    }

    /// Reads pages without a claim to them; fewer bytes where the file ends.
    func read(_ page: UInt64, count: Int = 1) throws(CatalogError) -> PageBytes {
        let size = state.pageSize
        return PageBytes(number: page, bytes: try source(page * UInt64(size), count * size))
    }
}
