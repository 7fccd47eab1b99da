package import Catalog
package import FileIO
package import Packaging
package import SystemPackage

/// The two trees of links, and the link `web` that makes one of them live.
package struct SlotTree: Sendable {
    /// What every slot shares with the other, by links to the mirror's root.
    static let shared = ["packages", "snapshots", "status.json"]

    private let root: FilePath
    let fileSystem: any FileSystem

    /// The slots below a mirror's root.
    package init(root: FilePath, fileSystem: any FileSystem) {
        self.root = root
        self.fileSystem = fileSystem
    }

    /// The directory of a slot.
    package func path(of slot: Slot) -> FilePath {
        root.appending("slots/\(slot.name)")
    }

    /// The link that is the document root.
    package var web: FilePath { root.appending("web") }

    /// The slot that is live; `nil` before the first publication.
    ///
    /// - Throws: ``PublicationError``; `damagedState` when `web` is no link to a slot.
    package func live() throws(PublicationError) -> Slot? {
        let found: SymbolicLinkState
        do throws(FileError) {
            found = try fileSystem.linkState(web)
        } catch {
            throw .file(error)
        }
        if found == .missing { return nil }
        for slot in Slot.allCases where found == .link(to: "slots/\(slot.name)") { return slot }
        throw .damagedState(path: web, detail: found.problem(expecting: "slots/a or slots/b") ?? "")
    }

    /// The tree of a slot.
    package func tree(_ slot: Slot) -> LinkTree {
        // What is written is written to the slot that is not live, but for repairs.
        LinkTree(path: path(of: slot), shared: Self.shared, hasWebPages: true, isSeen: false, fileSystem: fileSystem)
    }

    /// Where the link of a project lies.
    package func linkPath(of name: ProjectName, in slot: Slot) -> FilePath { tree(slot).linkPath(of: name) }

    /// The view that a slot's link of a project points to; `nil` when there is no link to a view.
    package func view(of name: ProjectName, in slot: Slot) throws(FileError) -> ViewID? {
        try tree(slot).view(of: name)
    }

    /// The projects that have a link in a slot, in no order.
    package func projectNames(in slot: Slot) throws(FileError) -> [ProjectName] { try tree(slot).projectNames() }

    /// Makes a slot live by one rename, durably.
    ///
    /// The slot's tree has to be durable before.
    func makeLive(_ slot: Slot) throws(FileError) {
        try fileSystem.replaceSymbolicLink(to: "slots/\(slot.name)", at: web)
        try fileSystem.synchronizeDirectory(root)
    }
}
