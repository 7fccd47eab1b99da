package import Digest

/// A table of the index: its place among the tables, and the types of its keys and rows.
package struct Table<Key: TableKey, Value: Row>: Sendable {
    /// The name within LMDB.
    package let name: String
    /// The place in ``Tables/names``.
    let index: Int
}

/// The tables of the index.
package enum Tables {
    /// Every project that was ever asked for.
    package static let projects = Table<ProjectKey, ProjectRow>(name: "projects", index: 0)
    /// Every object of the store.
    package static let objects = Table<SHA256Digest, ObjectRow>(name: "objects", index: 1)
    /// Projects that refer to an object beside the one in the object's row.
    package static let references = Table<ReferenceKey, Mark>(name: "references", index: 2)
    /// The view of every project that has one.
    package static let published = Table<ProjectKey, PublishedRow>(name: "published", index: 3)
    /// Projects whose record is newer than their view.
    package static let unpublished = Table<ProjectKey, Mark>(name: "unpublished", index: 4)
    /// Projects whose link in a slot is older than their view.
    package static let pending = Table<SlotKey, Mark>(name: "pending", index: 5)
    /// Views that are whole and durable.
    package static let views = Table<ViewID, Mark>(name: "views", index: 6)
    /// Single values.
    package static let meta = Table<MetaKey, MetaRow>(name: "meta", index: 7)
    /// What nothing refers to, and since when.
    package static let condemned = Table<CondemnedKey, CondemnedRow>(name: "condemned", index: 8)
    /// Names of packages that are files of their own, or second names of objects.
    package static let packages = Table<PackageKey, PackageRow>(name: "packages", index: 9)
    /// Projects of which files came on demand that their records do not tell yet.
    package static let arrived = Table<ProjectKey, Mark>(name: "arrived", index: 10)

    /// The names within LMDB, in the order of the tables' places: all tables that there are.
    package static let names = [
        projects.name, objects.name, references.name, published.name, unpublished.name, pending.name, views.name,
        meta.name, condemned.name, packages.name, arrived.name,
    ]
}
