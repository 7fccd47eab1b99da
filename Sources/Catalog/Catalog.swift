package import FileIO
package import SystemPackage

/// The index of a mirror: typed tables in LMDB, derived from records and objects.
///
/// Many may read at once, each a view that does not change; one writes at a time, within this process and among all.
/// Transactions are closures: nothing of one outlives it, and nothing in one may wait. Calls block on the disk.
package final class Catalog: Sendable {
    let environment: Environment

    /// Opens the index of a mirror, making it when it is missing.
    ///
    /// A process opens an index once, and never opens `lock.mdb` by other means: closing it would drop LMDB's locks.
    ///
    /// - Parameters:
    ///   - root: The mirror's root.
    ///   - directory: The directory below it that holds the index; exists.
    ///   - fileSystem: What the lock beside the index is taken through.
    /// - Throws: ``CatalogError``.
    package init(
        root: FilePath,
        directory: String = "index",
        fileSystem: any FileSystem
    ) throws(CatalogError) {
        environment = try Environment(
            directory: root.appending(directory),
            tableNames: Tables.names,
            openLock: root.appending("lock.index"),
            fileSystem: fileSystem
        )
    }

    /// Whether the index lies where nothing can be written.
    package var isReadOnly: Bool { environment.isReadOnly }

    /// The device and inode of the file that was opened, whatever lies under its name by now.
    package var identity: FileIdentity { environment.identity }

    /// Runs `body` with the tables as they are now.
    package func read<Result>(
        _ body: (borrowing CatalogReader) throws(CatalogError) -> Result
    ) throws(CatalogError) -> Result {
        try environment.read(body)
    }

    /// Runs `body` in a transaction, which is durable when this returns.
    ///
    /// - Throws: What `body` throws, or the error of the commit; nothing of the transaction is left then.
    package func write<Result>(
        _ body: (borrowing CatalogWriter) throws(CatalogError) -> Result
    ) throws(CatalogError) -> Result {
        try environment.write(body)
    }
}
