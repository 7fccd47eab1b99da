package import Catalog
package import Digest
internal import Packaging
internal import SimpleIndex

extension Generation {
    /// The generation as it would be if readers saw other pages.
    ///
    /// - Parameter rows: What they would see of each project, in the order of the projects' keys.
    /// - Returns: The generation, under its number and time.
    /// - Throws: ``DigestError`` when OpenSSL cannot provide SHA-256.
    package func showing(_ rows: [PublishedRow]) throws(DigestError) -> Generation {
        var summary = try TreeSummary()
        for row in rows { summary.add(row) }
        return try summary.finish(number: number, time: time).0
    }
}

/// What the projects of a tree come to together: its digest, counts and root list.
struct TreeSummary: ~Copyable {
    private var hasher: TreeHasher
    private var entries: [PublishedRootList.Entry] = []
    private var serial: UInt64 = 0
    private var files = 0

    init() throws(DigestError) {
        hasher = try TreeHasher()
    }

    /// Adds a project; in the order of their keys, which depends on their names only.
    mutating func add(_ row: PublishedRow) {
        serial = max(serial, row.serial)
        // What is not listed is nothing that a mirror holds: another one may never have seen it.
        guard row.isListed else { return }
        files += Int(row.files)
        hasher.add(row.name, row.content)
        entries.append(.init(name: row.name, serial: row.serial, content: row.content))
    }

    /// The generation that they make, and its root list.
    consuming func finish(number: UInt64, time: Int64) throws(DigestError) -> (Generation, PublishedRootList) {
        let list = PublishedRootList(serial: serial, entries: entries)
        let (count, files, serial) = (list.entries.count, files, serial)
        let digest = try hasher.take()
        let generation = Generation(
            number: number,
            time: time,
            treeDigest: digest,
            projects: count,
            files: files,
            serial: serial
        )
        return (generation, list)
    }
}
