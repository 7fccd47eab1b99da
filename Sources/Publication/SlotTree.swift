package import Catalog
package import FileIO
package import Packaging
package import SystemPackage

/// The two trees of links, and the link `web` that makes one of them live.
package struct SlotTree: Sendable {
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

    /// Makes the directories and the links of a slot that do not depend on what is published; not durable.
    ///
    /// - Throws: ``PublicationError``; `linkTaken` when something has the name of a link that is none.
    func prepare(_ slot: Slot) throws(PublicationError) {
        let path = path(of: slot)
        try PublicationError.wrapping {
            try fileSystem.makeDirectories(path.appending("simple"))
            // One that leads elsewhere is damage, which must not go live.
            for name in ["packages", "status.json"] { try point(path.appending(name), to: "../../\(name)") }
        }
    }

    /// Points the link of a project to a view; not durable.
    ///
    /// - Throws: ``PublicationError``; `linkTaken` when something has the name of the link that is none.
    func link(_ name: ProjectName, to view: ViewID, in slot: Slot) throws(PublicationError) {
        let link = linkPath(of: name, in: slot)
        let target = ViewStore.linkTarget(of: view)
        try PublicationError.wrapping {
            do throws(FileError) {
                try fileSystem.symbolicLink(to: target, at: link)
            } catch  where error.errno == .fileExists {
                try point(link, to: target)
            }
        }
    }

    private func point(_ link: FilePath, to target: String) throws {
        switch try fileSystem.linkState(link) {
        case .link(target): return
        case .other: throw PublicationError.linkTaken(path: link, found: nil, expected: target)
        case .missing, .link: try fileSystem.replaceSymbolicLink(to: target, at: link)
        }
    }

    /// Where the link of a project lies.
    package func linkPath(of name: ProjectName, in slot: Slot) -> FilePath {
        path(of: slot).appending("simple").appending(name.normalized)
    }

    /// Replaces a file of a slot at once for readers; not durable.
    func replace(_ name: String, in slot: Slot, with bytes: [UInt8], time: Int64) throws(FileError) {
        let path = path(of: slot).appending(name)
        let temporary = path.removingLastComponent().appending(".\(path.lastComponent?.string ?? "page").new")
        try fileSystem.removeIfPresent(temporary)
        try fileSystem.write(
            bytes,
            toNewFile: temporary,
            permissions: [.ownerReadWrite, .groupRead, .otherRead],
            time: time,
            durably: false
        )
        try fileSystem.rename(temporary, to: path)
    }

    /// Gives a file of a slot a second name, replacing what has it at once for readers; not durable.
    func alias(_ name: String, as alias: String, in slot: Slot) throws(FileError) {
        let path = path(of: slot)
        let temporary = path.appending(alias).removingLastComponent().appending(".alias.new")
        try fileSystem.removeIfPresent(temporary)
        try fileSystem.addName(temporary, to: path.appending(name))
        try fileSystem.rename(temporary, to: path.appending(alias))
    }

    /// Makes a slot live by one rename, durably.
    ///
    /// The slot's tree has to be durable before.
    func makeLive(_ slot: Slot) throws(FileError) {
        try fileSystem.replaceSymbolicLink(to: "slots/\(slot.name)", at: web)
        try fileSystem.synchronizeDirectory(root)
    }
}
