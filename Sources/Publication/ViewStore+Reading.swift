package import Catalog
package import FileIO
package import Packaging
package import SimpleIndex
internal import SystemPackage

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
}
