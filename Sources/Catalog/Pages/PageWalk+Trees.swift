extension PageWalk {
    /// Called with every row of a table, and the walk, which may read more pages.
    typealias RowVisitor = (inout PageWalk, PageBytes, PageNode) throws(CatalogError) -> Void

    /// Where keys of a page have to lie: from the lower bound on, and before the upper one.
    private struct Bounds {
        var lower: ArraySlice<UInt8>?
        var upper: ArraySlice<UInt8>?
    }

    /// The tree of one table, and what was met in it.
    private struct Tree {
        let order: Order
        let visit: RowVisitor
        var counts = Counts()
    }

    /// The deepest tree that LMDB itself walks (`CURSOR_STACK` in mdb.c).
    private static let deepestTree = 32

    /// Walks all pages of a table.
    ///
    /// - Parameters:
    ///   - table: What LMDB keeps of it.
    ///   - page: The page that holds that.
    ///   - order: The order of the keys.
    ///   - visit: Called with every row, in order.
    /// - Throws: ``CatalogError``.
    mutating func walkTree(
        of table: TableHead,
        toldBy page: UInt64,
        order: Order,
        _ visit: RowVisitor
    ) throws(CatalogError) {
        try withoutActuallyEscaping(visit) { visit throws(CatalogError) in
            var tree = Tree(order: order, visit: visit)
            if table.root != TableHead.noPage {
                guard (1...Self.deepestTree).contains(table.depth) else {
                    throw .damaged(page: page, "it tells of a table of \(table.depth) levels")
                }
                try walk(table.root, toldBy: page, depth: table.depth, within: Bounds(), &tree)
            }
            let counts = tree.counts
            guard isEnded || counts == Counts(of: table) else {
                throw .damaged(page: page, "a table has not the rows and pages that it tells of")
            }
        }
    }

    /// Walks a page of a tree and those below it.
    private mutating func walk(
        _ number: UInt64,
        toldBy referrer: UInt64,
        depth: Int,
        within bounds: Bounds,
        _ tree: inout Tree
    ) throws(CatalogError) {
        guard !isEnded else { return }
        let page = try take(number, toldBy: referrer)
        let isLeaf = depth == 1
        guard let head = PageHead(page), head.number == number, head.kind == (isLeaf ? .leaf : .branch),
            head.free.lower >= PageHead.size, head.free.lower <= head.free.upper, head.free.upper <= page.count,
            head.free.lower % 2 == 0
        else { throw .damaged(page: number, "its head is not that of a \(isLeaf ? "leaf" : "branch")") }
        let nodes = try nodes(of: page, head, isLeaf: isLeaf)
        try check(nodes.map(\.key), of: page, isLeaf: isLeaf, within: bounds, tree.order)
        if isLeaf {
            tree.counts.leafPages += 1
            tree.counts.rows += UInt64(nodes.count)
            for node in nodes {
                if node.kind.contains(.bigValue) {
                    tree.counts.overflowPages += UInt64(try takeBigValue(of: node, in: page))
                }
                try tree.visit(&self, page, node)
            }
        } else {
            tree.counts.branchPages += 1
            for (index, node) in nodes.enumerated() {
                // LMDB never looks at the first key of a branch: what is below has no lower bound of its own.
                let lower = index == 0 ? bounds.lower : node.key
                let upper = index + 1 < nodes.count ? nodes[index + 1].key : bounds.upper
                let own = Bounds(lower: lower, upper: upper)
                try walk(node.child, toldBy: number, depth: depth - 1, within: own, &tree)
            }
        }
    }

    /// The entries of a page, which fill the space behind its free part without a gap.
    private func nodes(of page: PageBytes, _ head: PageHead, isLeaf: Bool) throws(CatalogError) -> [PageNode] {
        var nodes: [PageNode] = []
        nodes.reserveCapacity((head.free.lower - PageHead.size) / 2)
        var size = 0
        for place in stride(from: PageHead.size, to: head.free.lower, by: 2) {
            guard let offset = page.integer(UInt16.self, at: place), Int(offset) >= head.free.upper,
                let node = PageNode(page, at: Int(offset))
            else { throw .damaged(page: page.number, "an entry of it lies outside of it") }
            let length = isLeaf ? node.sizeInLeaf : node.sizeInBranch
            guard length <= page.count - Int(offset) else {
                throw .damaged(page: page.number, "an entry of it does not end in it")
            }
            size += length
            nodes.append(node)
        }
        guard size == page.count - head.free.upper else {
            throw .damaged(page: page.number, "its entries do not fill it")
        }
        return nodes
    }

    private func check(
        _ keys: [ArraySlice<UInt8>],
        of page: PageBytes,
        isLeaf: Bool,
        within bounds: Bounds,
        _ order: Order
    ) throws(CatalogError) {
        let keys = isLeaf ? keys[...] : keys.dropFirst()
        for (key, next) in zip(keys, keys.dropFirst()) where !order.isAscending(key, next) {
            throw .damaged(page: page.number, "its keys are not in order")
        }
        if let lower = bounds.lower, let first = keys.first, order.isAscending(first, lower) {
            throw .damaged(page: page.number, "it has keys that belong before it")
        }
        if let upper = bounds.upper, let last = keys.last, !order.isAscending(last, upper) {
            throw .damaged(page: page.number, "it has keys that belong behind it")
        }
    }

    /// Takes the pages of a value that has its own.
    ///
    /// - Returns: How many there are.
    private mutating func takeBigValue(of node: PageNode, in page: PageBytes) throws(CatalogError) -> Int {
        let (first, count, _) = try bigValue(of: node, in: page)
        try claim(first, count: count, toldBy: page.number)
        guard try read(first + UInt64(count) - 1).count == state.pageSize else {
            throw .damaged(page: first, "it goes on behind the end of the file")
        }
        return count
    }

    /// The pages of a value that has its own: the first one, whose head is sound, how many there are, and how many of
    /// them the value needs.
    func bigValue(
        of node: PageNode,
        in page: PageBytes
    ) throws(CatalogError) -> (page: UInt64, count: Int, neededCount: Int) {
        guard let first = page.integer(UInt64.self, at: node.valueOffset), first > 1, first <= state.lastPage else {
            throw .damaged(page: page.number, "it leads to a page that there is not")
        }
        // The value begins behind the head of the first page, and goes on over the heads of the others.
        let needed = (PageHead.size + node.valueSize + state.pageSize - 1) / state.pageSize
        guard let head = PageHead(try read(first)), head.number == first, head.kind == .overflow,
            head.overflowCount >= needed, UInt64(head.overflowCount) <= state.lastPage - first + 1
        else { throw .damaged(page: first, "its head is not that of a long value") }
        return (first, head.overflowCount, needed)
    }
}

extension PageWalk.Counts {
    /// What LMDB counts.
    init(of table: TableHead) {
        branchPages = table.branchPages
        leafPages = table.leafPages
        overflowPages = table.overflowPages
        rows = table.rows
    }
}
