package import Catalog
internal import Digest
package import FileIO
package import Packaging
package import Record
internal import SimpleIndex
package import SystemPackage

/// How a project is published, as the tree itself tells.
package struct ShownProject: Sendable {
    /// The row that the index should have.
    package let row: PublishedRow
    /// Whether its record renders to what is shown; false without a record.
    package let isCurrent: Bool
    /// Whether the slot that is not live shows the same.
    package let isInOtherSlot: Bool
}

/// The tree that readers see, read back without an index.
package struct LiveTree: Sendable {
    /// The slot that is live.
    package let live: Slot
    private let slots: SlotTree
    private let views: ViewStore
    private let fileSystem: any FileSystem
    private let settings: ViewSettings
    /// The projects in the root list; `nil` when it cannot be read.
    private let listed: Set<ProjectKey>?

    /// Reads which slot is live, and its root list; `nil` when nothing was published yet.
    ///
    /// - Parameters:
    ///   - root: The mirror's root.
    ///   - settings: What views hold; what was published otherwise counts as not current.
    ///   - fileSystem: What holds it.
    /// - Throws: ``PublicationError``; `damagedState` when `web` is no link to a slot.
    package init?(
        root: FilePath,
        settings: ViewSettings,
        fileSystem: any FileSystem
    ) throws(PublicationError) {
        slots = SlotTree(root: root, fileSystem: fileSystem)
        guard let live = try slots.live() else { return nil }
        self.live = live
        self.settings = settings
        self.fileSystem = fileSystem
        views = ViewStore(root: root, fileSystem: fileSystem)
        let path = slots.path(of: live).appending("simple/index.v1_json")
        let bytes = try? fileSystem.contents(of: path, limit: 1 << 28)
        let type = "application/vnd.pypi.simple.v1+json"
        let list = bytes.flatMap { try? RootList.parse($0, contentType: type, base: ViewStore.base) }
        listed = list.map { list in Set(list.lazy.compactMap { try? ProjectKey($0.name) }) }
    }

    /// The projects that have a link in the live slot, in no order.
    ///
    /// - Throws: ``FileError``.
    package func projectNames() throws(FileError) -> [ProjectName] { try slots.projectNames(in: live) }

    /// How the project of a record is published; `nil` when it is not, or not by a page of ours.
    ///
    /// - Throws: `FileError`, `DigestError`.
    package func project(of record: ProjectRecord) throws -> ShownProject? {
        guard let id = try slots.view(of: record.name, in: live) else { return nil }
        var view = try View(of: record, settings: settings, after: nil)
        // Its serial may be one that the record does not tell.
        if view.id != id, let page = try views.page(id, of: record.name), let serial = page.serial {
            view = try View(of: record, settings: settings, after: (view.content, serial))
        }
        guard view.id == id else { return try project(record.name) }
        return try shown(view, isCurrent: isListed(view) == view.isListed)
    }

    /// How a project is published, read from its page alone; `nil` when it is not, or not by a page of ours.
    ///
    /// The page is believed when rendering what it says gives the very view.
    ///
    /// - Throws: `FileError`, `DigestError`.
    package func project(_ name: ProjectName) throws -> ShownProject? {
        guard let id = try slots.view(of: name, in: live), let page = try views.page(id, of: name),
            let view = try views.view(id, of: page, settings: settings)
        else { return nil }
        return try shown(view, isCurrent: false)
    }

    private func shown(_ view: View, isCurrent: Bool) throws -> ShownProject {
        let page = try fileSystem.statusIfPresent(views.path(of: view.id).appending("index.html"))
        return ShownProject(
            row: PublishedRow(
                name: view.name,
                view: view.id,
                content: view.content,
                isListed: isListed(view),
                serial: view.serial,
                time: page?.modificationTime ?? 0,
                files: UInt32(clamping: view.fileCount)
            ),
            isCurrent: isCurrent,
            isInOtherSlot: try slots.view(of: view.name, in: live.other) == view.id
        )
    }

    private func isListed(_ view: View) -> Bool {
        guard let listed, let key = try? ProjectKey(view.name) else { return view.isListed }
        return listed.contains(key)
    }
}
