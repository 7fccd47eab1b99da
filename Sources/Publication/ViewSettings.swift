/// What a view holds beside its simple pages, and what these do not take from the record.
///
/// The name of every view tells it, so that other settings make other views.
package struct ViewSettings: Equatable, Sendable {
    /// How the documents of PyPI's JSON API are published; `nil` for not at all.
    package let documents: DocumentSettings?
    /// Whether there are pages for people.
    package let hasWebPages: Bool
    /// Where clients find the document root, ending in `/`, for the URLs of provenance documents, which cannot be relative
    /// (PEP 740); `nil` leaves them out.
    package let provenanceRoot: String?
    /// Whether pages list files that are not here, and that are had when somebody asks for them.
    package let listsKnownFiles: Bool

    /// Another one whenever the same page gives other documents for that.
    static let knownFilesFormat = "on-demand 1"
    /// Another one whenever the same record gives other URLs.
    private static let provenanceFormat = "provenance 1 "
    /// Another one whenever the same project gives another page for people.
    static let webPageFormat = "pages 1"

    /// Simple pages and nothing else.
    package static let bare = ViewSettings(documents: nil, hasWebPages: false)

    /// Settings.
    package init(
        documents: DocumentSettings?,
        hasWebPages: Bool,
        provenanceRoot: String? = nil,
        listsKnownFiles: Bool = false
    ) {
        self.documents = documents
        self.hasWebPages = hasWebPages
        self.provenanceRoot = provenanceRoot
        self.listsKnownFiles = listsKnownFiles
    }

    /// Settings as ``text`` tells them; what it does not tell is not there.
    init(text: String) {
        let lines = text.split(separator: "\n").map(String.init)
        documents = lines.lazy.compactMap { DocumentSettings(text: $0) }.first
        hasWebPages = lines.contains(Self.webPageFormat)
        provenanceRoot =
            lines.first { $0.hasPrefix(Self.provenanceFormat) }.map {
                String($0.dropFirst(Self.provenanceFormat.count))
            }
        listsKnownFiles = lines.contains(Self.knownFilesFormat)
    }

    /// All that views depend on beside the page and the sidecars; empty for ``bare``.
    var text: String {
        [
            documents?.text, hasWebPages ? Self.webPageFormat : nil, provenanceRoot.map { Self.provenanceFormat + $0 },
            listsKnownFiles ? Self.knownFilesFormat : nil,
        ].compactMap { $0 }.joined(separator: "\n")
    }
}
