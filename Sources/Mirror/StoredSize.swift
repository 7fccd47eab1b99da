internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore

extension ObjectStore {
    /// The size of an object that is here: the index knows it, and there is a file of that size.
    ///
    /// What a repair took away, and is about to take off the index, is not here any more.
    ///
    /// - Parameters:
    ///   - digest: The object.
    ///   - catalog: The index.
    ///   - distrusted: Objects that are known to be damaged.
    /// - Returns: The size in bytes; `nil` for an object that has to be had.
    /// - Throws: `CatalogError`.
    func storedSize(
        of digest: SHA256Digest,
        _ catalog: borrowing CatalogReader,
        distrusting distrusted: Set<SHA256Digest> = []
    ) throws(CatalogError) -> UInt64? {
        guard !distrusted.contains(digest), let row = try catalog.row(of: digest, in: Tables.objects) else {
            return nil
        }
        do throws(FileError) {
            return try status(of: digest)?.size == row.size ? row.size : nil
        } catch {
            throw .file(error)
        }
    }
}
