internal import Catalog
internal import Digest
internal import ObjectStore
internal import Packaging
internal import Publication
internal import Record
internal import SimpleIndex

/// What must be kept, as far as its names begin with some bytes.
struct Roots: Sendable {
    /// The first bytes of the names of objects, and of directories of links, that are looked at.
    let range: ClosedRange<UInt8>
    /// Objects.
    private(set) var objects = PrefixSet()
    /// Links below `packages/`, by the digest of their path.
    private(set) var links = PrefixSet()
    /// Views, by the digests that their keys of condemned things have; whatever their names.
    private(set) var views = PrefixSet()

    init(_ range: ClosedRange<UInt8>) {
        self.range = range
    }

    /// Keeps an object.
    mutating func hold(_ object: SHA256Digest) {
        if let first = object.bytes.first, range.contains(first) { objects.insert(object) }
    }

    /// Keeps a view, but nothing of what it lists.
    mutating func hold(_ view: ViewID) {
        views.insert(CondemnedKey(view).name)
    }

    /// Keeps a link; not its object.
    mutating func hold(link filename: String, at path: String) throws(DigestError) {
        guard let first = [UInt8](hex: path.prefix(2))?.first, range.contains(first) else { return }
        links.insert(try PackageLinks.key(of: filename, at: path).name)
    }

    /// Keeps what a page lists: objects and links of files and of what goes with them.
    mutating func hold(_ files: [PublishedFile]) throws(DigestError) {
        for entry in files.flatMap(\.packages) { try hold(entry) }
    }

    /// Keeps what the page of a record lists, or will list when it is published.
    mutating func hold(pageOf record: ProjectRecord) throws(DigestError) {
        for entry in record.publishableFiles(onDemand: true).flatMap(\.packages) { try hold(entry) }
    }

    private mutating func hold(_ entry: PackageEntry) throws(DigestError) {
        hold(entry.object)
        try hold(link: entry.filename, at: entry.path)
    }

    /// Keeps what other roots keep.
    mutating func formUnion(_ other: Roots) {
        objects.formUnion(other.objects)
        links.formUnion(other.links)
        views.formUnion(other.views)
    }

    /// Ends the gathering, so that the sets can be asked.
    mutating func seal() {
        objects.seal()
        links.seal()
        views.seal()
    }
}

/// Something beside records and the live tree that refers to objects, links and views: snapshots and kept generations
/// now, unfinished imports later.
protocol RootSource: Sendable {
    /// Adds all that it refers to.
    ///
    /// - Parameter roots: What is kept.
    /// - Throws: Any error when it cannot be told what it refers to; nothing is deleted then.
    func add(to roots: inout Roots) throws
}
