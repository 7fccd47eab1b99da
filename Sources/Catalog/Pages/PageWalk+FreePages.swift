extension PageWalk {
    /// Walks the table of free pages: per transaction, the pages that it left, the highest first, behind their number.
    ///
    /// Other pages that are neither used nor free are not looked for: they are lost space, and nothing worse.
    ///
    /// - Parameter page: The page that tells of the table.
    /// - Throws: ``CatalogError``.
    mutating func walkFreePages(toldBy page: UInt64) throws(CatalogError) {
        var free = PageSet(upTo: state.lastPage)
        let newest = state.transaction
        try walkTree(of: state.freePages, toldBy: page, order: .integers) { walk, page, node throws(CatalogError) in
            let key = PageBytes(number: page.number, bytes: Array(node.key))
            guard key.count == 8, let transaction = key.integer(UInt64.self, at: 0), transaction > 0,
                transaction <= newest,
                node.kind.subtracting(.bigValue).isEmpty,
                let numbers = try walk.freePages(of: node, in: page)
            else { throw .damaged(page: page.number, "a row of it is no list of free pages") }
            for number in numbers where !free.insert(number) {
                throw .damaged(page: page.number, "it tells that page \(number) is free, which was told before")
            }
        }
        // Not before: the lists have pages of their own.
        if !isEnded, let page = used.first(in: free) {
            throw .damaged(page: page, "it is in use, and free at the same time")
        }
        // Pages are taken from the end of the file when none is free, so that the last one is known; a wrong number
        // would let the file grow by everything up to it.
        guard isEnded || used.contains(state.lastPage) || free.contains(state.lastPage) else {
            throw .damaged(page: page, "it says that page \(state.lastPage) is the last one, of which nothing tells")
        }
    }

    /// The page numbers of a row; `nil` when it is no list of such.
    private func freePages(of node: PageNode, in page: PageBytes) throws(CatalogError) -> [UInt64]? {
        var (value, offset) = (page, node.valueOffset)
        if node.kind.contains(.bigValue) {
            let big = try bigValue(of: node, in: page)
            value = try read(big.page, count: big.neededCount)
            offset = PageHead.size
        }
        guard let count = value.integer(UInt64.self, at: offset), count < node.valueSize / 8 else { return nil }
        var numbers: [UInt64] = []
        numbers.reserveCapacity(Int(count))
        for index in 0..<Int(count) {
            guard let number = value.integer(UInt64.self, at: offset + 8 + index * 8), number > 1,
                number < numbers.last ?? (state.lastPage + 1)
            else { return nil }
            numbers.append(number)
        }
        return numbers
    }
}
