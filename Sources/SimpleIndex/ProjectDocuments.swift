internal import JSON
package import Packaging

/// The documents of PyPI's JSON API for one project: what `/pypi/NAME/json` and `/pypi/NAME/VERSION/json` answer.
///
/// They list the files of a ``PublishedPage`` and no others, and are made one by one, since each needs the metadata of a
/// release: the same page and metadata give the same bytes. What a mirror does not know is left out, or is `null` where
/// clients expect a member.
package struct ProjectDocuments: Sendable {
    /// One document.
    package struct Document: Sendable {
        /// Its path below the project: `json`, or `VERSION/json`.
        package let path: String
        /// Its bytes.
        package let bytes: [UInt8]
        /// What became of the metadata that it is made of; `nil` when no file of the release has any.
        package let metadata: Metadata?
    }

    /// The metadata of a file.
    package enum Metadata: Sendable {
        /// It says this.
        case found(DistributionDescription)
        /// The wheel has none that can be read.
        case absent
        /// It could not be read, or is damaged, which says nothing about the file.
        case unreadable
    }

    let name: ProjectName
    let serial: UInt64
    /// What URLs start with, ending in `/`; `nil` makes them relative.
    let baseURL: String?
    /// The releases, in the order of ``SpelledVersion``; at least one.
    let releases: [ProjectRelease]

    /// The documents of a page; `nil` for one that lists nothing.
    ///
    /// A release is spelled as the page's `versions` spell it, where the page tells these.
    ///
    /// - Parameters:
    ///   - page: The page, with its serial.
    ///   - baseURL: Where clients find the document root, ending in `/`; `nil` makes URLs relative.
    package init?(_ page: PublishedPage, baseURL: String?) {
        guard !page.files.isEmpty else { return nil }
        name = page.name
        serial = page.serial ?? 0
        self.baseURL = baseURL
        releases = ProjectRelease.releases(of: page)
    }

    /// Makes all documents, first that of the project, then those of releases in their order.
    ///
    /// - Parameters:
    ///   - metadata: Reads the metadata of a file: its sidecar or, where it has none, that within the wheel.
    ///   - body: Gets each document; those before it are in memory no more.
    /// - Throws: What `body` throws.
    package func forEach<E>(
        metadata: (PublishedFile) -> Metadata,
        _ body: (Document) throws(E) -> Void
    ) throws(E) {
        if let latest = releases.max(by: { $0.isBefore($1) }) {
            try body(document(of: latest, at: "json", metadata))
        }
        for release in releases where release.hasFolder {
            try body(document(of: release, at: release.version.spelling + "/json", metadata))
        }
    }

    private func document(
        of release: ProjectRelease,
        at path: String,
        _ metadata: (PublishedFile) -> Metadata
    ) -> Document {
        let isOfProject = path == "json"
        let found = release.source.map(metadata)
        var description: DistributionDescription?
        if case .found(let text) = found { description = text }
        // A release's document lies a folder deeper.
        let root = baseURL ?? (isOfProject ? "../../" : "../../../")
        var writer = JSONWriter()
        writer.object { writer in
            writer.objectMember("info") { writer in
                release.writeInfo(of: name, description, hasText: isOfProject, to: &writer)
            }
            writer.member("last_serial", serial)
            if isOfProject {
                writer.objectMember("releases") { writer in
                    for release in releases {
                        writer.arrayMember(release.version.spelling, of: release.files) { $1.write(to: &$0, root) }
                    }
                }
            }
            writer.arrayMember("urls", of: release.files) { $1.write(to: &$0, root) }
        }
        return Document(path: path, bytes: writer.bytes, metadata: found)
    }
}
