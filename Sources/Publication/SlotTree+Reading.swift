package import Catalog
package import FileIO
package import Packaging
internal import SystemPackage

extension SlotTree {
    /// The view that a slot's link of a project points to; `nil` when there is no link to a view.
    package func view(of name: ProjectName, in slot: Slot) throws(FileError) -> ViewID? {
        guard let target = try fileSystem.linkState(linkPath(of: name, in: slot)).target else { return nil }
        return ViewStore.view(linkTarget: target)
    }

    /// The projects that have a link in a slot, in no order.
    package func projectNames(in slot: Slot) throws(FileError) -> [ProjectName] {
        let entries: [DirectoryEntry]
        do throws(FileError) {
            entries = try fileSystem.list(path(of: slot).appending("simple"))
        } catch  where error.isMissing {
            return []
        }
        return entries.compactMap { entry in
            guard entry.kind == .symbolicLink, let name = ProjectName(entry.name), name.normalized == entry.name else {
                return nil
            }
            return name
        }
    }
}
