package import Catalog
package import FileIO
internal import SystemPackage

extension ViewStore {
    /// The views below a directory of the first level, whole or not, in no order.
    ///
    /// - Parameter prefix: The first byte of the views' names.
    /// - Returns: The names.
    /// - Throws: ``FileError`` when the directory exists and cannot be read.
    package func ids(below prefix: String) throws(FileError) -> [ViewID] {
        let entries: [DirectoryEntry]
        do throws(FileError) {
            entries = try fileSystem.list(directory.appending(prefix))
        } catch  where error.isMissing {
            return []
        }
        return entries.compactMap { entry in
            guard entry.kind == .directory, let id = ViewID(hex: entry.name), id.hex == entry.name,
                entry.name.hasPrefix(prefix)
            else { return nil }
            return id
        }
    }

    /// Removes a view that no link leads to; not durable.
    ///
    /// The index must not call it whole any more, since a crash may leave a part of it.
    package func remove(_ id: ViewID) throws(FileError) {
        do throws(FileError) {
            try fileSystem.removeTree(path(of: id))
        } catch  where error.isMissing {
            // That is what was wanted.
        }
    }
}
