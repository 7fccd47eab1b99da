/// What a view holds beside its simple pages.
///
/// The name of every view tells it, so that other settings make other views.
package struct ViewSettings: Equatable, Sendable {
    /// How the documents of PyPI's JSON API are published; `nil` for not at all.
    package let documents: DocumentSettings?
    /// Whether there are pages for people.
    package let hasWebPages: Bool

    /// Another one whenever the same project gives another page for people.
    static let webPageFormat = "pages 1"

    /// Simple pages and nothing else.
    package static let bare = ViewSettings(documents: nil, hasWebPages: false)

    /// Settings.
    package init(documents: DocumentSettings?, hasWebPages: Bool) {
        self.documents = documents
        self.hasWebPages = hasWebPages
    }

    /// Settings as ``text`` tells them; what it does not tell is not there.
    init(text: String) {
        let lines = text.split(separator: "\n").map(String.init)
        documents = lines.lazy.compactMap { DocumentSettings(text: $0) }.first
        hasWebPages = lines.contains(Self.webPageFormat)
    }

    /// All that views depend on beside the page and the sidecars; empty for ``bare``.
    var text: String {
        ([documents?.text] + [hasWebPages ? Self.webPageFormat : nil]).compactMap { $0 }.joined(separator: "\n")
    }
}
