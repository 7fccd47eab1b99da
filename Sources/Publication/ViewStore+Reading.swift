package import Catalog
package import FileIO
package import Packaging
package import SimpleIndex
internal import SystemPackage
internal import WebPages

extension ViewStore {
    /// A base for the relative links of our own pages; nothing is ever asked for there.
    static let base = "https://mirror.invalid/simple/"

    /// The view that a link of a slot points to; `nil` when it points elsewhere.
    package static func view(linkTarget target: String) -> ViewID? {
        guard let id = ViewID(hex: target.suffix(32)), target == linkTarget(of: id) else { return nil }
        return id
    }

    /// The files on the page of a view; `nil` when there is no page that can be read as one of ours.
    ///
    /// - Throws: ``FileError``.
    package func files(_ id: ViewID, of name: ProjectName) throws(FileError) -> [PublishedFile]? {
        try page(id, of: name).flatMap { PublishedPage(of: $0) }?.files
    }

    /// What the JSON page of a view says; `nil` when there is none that can be read.
    func page(_ id: ViewID, of name: ProjectName) throws(FileError) -> ProjectPage? {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try fileSystem.contents(of: path(of: id).appending("index.v1_json"), limit: 1 << 30)
        } catch  where error.isMissing {
            return nil
        }
        let type = "application/vnd.pypi.simple.v1+json"
        let base = Self.base + name.normalized + "/"
        let parsed = try? ProjectPage.parse(bytes, contentType: type, base: base, project: name)
        guard let parsed, parsed.refusals.isEmpty else { return nil }
        return parsed.page
    }

    /// The view of this name that a page of ours renders to, with what the view has beside its simple pages; `nil` when
    /// the page renders to none of this name, so that it is damaged.
    ///
    /// - Parameters:
    ///   - id: The name.
    ///   - page: The page.
    ///   - settings: What it probably has beside its simple pages.
    /// - Returns: The view.
    /// - Throws: `DigestError`.
    func view(_ id: ViewID, of page: ProjectPage, settings: ViewSettings) throws -> View? {
        // What is not listed has a page for people that tells why, which the simple pages do not.
        let absences = page.files.isEmpty ? [nil] + ProjectWebPage.Absence.allCases.map { $0 } : [nil]
        func view(_ settings: [ViewSettings]) throws -> View? {
            for settings in settings {
                for absence in absences {
                    let view = try View(of: page, absence: absence, settings: settings)
                    if let view, view.id == id { return view }
                }
            }
            return nil
        }
        if let view = try view([settings]) { return view }
        let documents = documentSettings(of: id)
        let others = [true, false].flatMap { listsKnownFiles in
            [true, false].map {
                ViewSettings(documents: documents, hasWebPages: $0, listsKnownFiles: listsKnownFiles)
            }
        }
        return try view(others)
    }
}
