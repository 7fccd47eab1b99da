package import Catalog
package import FileIO
package import Packaging
package import SystemPackage

/// A tree of links to views, with the lists that belong to it: a slot, or a snapshot, two levels below the mirror's root.
package struct LinkTree: Sendable {
    /// Its folder.
    package let path: FilePath
    /// The names of links that lead to what all trees share, at the mirror's root.
    let shared: [String]
    /// Whether people look here: a snapshot is for installers alone.
    let hasWebPages: Bool
    /// Whether readers may see it while it changes, so that what replaces a file has to be durable before it does.
    let isSeen: Bool
    let fileSystem: any FileSystem

    /// The links that settings decide about, each with where it leads to; `nil` where there is to be none.
    ///
    /// Documents and pages for people lie beside the simple pages, under names of their own.
    func links(_ settings: ViewSettings) -> [(name: String, target: String?)] {
        let documents = (name: "pypi", target: settings.documents.map { _ in "simple" })
        guard hasWebPages else { return [documents] }
        let pages = [("project", "simple"), ("pages", "../../pages"), ("index.html", "../../pages/index.html")]
        return [documents] + pages.map { ($0, settings.hasWebPages ? $1 : nil) }
    }

    /// Whether it has a list of names for the search of the pages for people.
    func hasNames(_ settings: ViewSettings) -> Bool { hasWebPages && settings.hasWebPages }

    /// Makes the directories and the links that do not depend on what is published; not durable.
    ///
    /// - Parameter settings: What is to be had beside simple pages.
    /// - Throws: ``PublicationError``; `linkTaken` when something has the name of a link that is none.
    func prepare(_ settings: ViewSettings) throws(PublicationError) {
        try PublicationError.wrapping {
            try fileSystem.makeDirectories(path.appending("simple"))
            try share()
            for (name, target) in links(settings) {
                let link = path.appending(name)
                if let target {
                    try point(link, to: target)
                } else if try fileSystem.linkState(link).target != nil {
                    try fileSystem.remove(link)
                }
            }
        }
    }

    /// Makes the links to what all trees share; not durable.
    ///
    /// - Throws: ``PublicationError``; `linkTaken` when something has the name of a link that is none.
    func share() throws(PublicationError) {
        // One that leads elsewhere is damage, which must not go live.
        try PublicationError.wrapping {
            for name in shared { try point(path.appending(name), to: "../../\(name)") }
        }
    }

    /// Points the link of a project to a view; not durable.
    ///
    /// - Throws: ``PublicationError``; `linkTaken` when something has the name of the link that is none.
    func link(_ name: ProjectName, to view: ViewID) throws(PublicationError) {
        let link = linkPath(of: name)
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
    package func linkPath(of name: ProjectName) -> FilePath {
        path.appending("simple").appending(name.normalized)
    }

    /// The view that the link of a project points to; `nil` when there is no link to a view.
    package func view(of name: ProjectName) throws(FileError) -> ViewID? {
        guard let target = try fileSystem.linkState(linkPath(of: name)).target else { return nil }
        return ViewStore.view(linkTarget: target)
    }

    /// The projects that have a link, in no order.
    package func projectNames() throws(FileError) -> [ProjectName] {
        let entries: [DirectoryEntry]
        do throws(FileError) {
            entries = try fileSystem.list(path.appending("simple"))
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

    /// Replaces a file at once for readers; not durable.
    func replace(_ name: String, with bytes: [UInt8], time: Int64) throws(FileError) {
        let path = path.appending(name)
        let temporary = path.replacement
        try fileSystem.removeIfPresent(temporary)
        try fileSystem.write(
            bytes,
            toNewFile: temporary,
            permissions: [.ownerReadWrite, .groupRead, .otherRead],
            time: time,
            durably: isSeen
        )
        try fileSystem.rename(temporary, to: path)
    }

    /// Gives a file a second name, replacing what has it at once for readers; not durable.
    func alias(_ name: String, as alias: String) throws(FileError) {
        let temporary = path.appending(alias).removingLastComponent().appending(".alias.new")
        try fileSystem.removeIfPresent(temporary)
        try fileSystem.addName(temporary, to: path.appending(name))
        try fileSystem.rename(temporary, to: path.appending(alias))
    }
}
