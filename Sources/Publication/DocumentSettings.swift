/// How the documents of PyPI's JSON API are published beside pages; without, there are none.
///
/// The name of every view tells it, so that other settings make other views.
package struct DocumentSettings: Equatable, Sendable {
    /// Where clients find the document root, ending in `/`; `nil` makes URLs in documents relative.
    package let baseURL: String?

    /// Another one whenever the same page gives other documents.
    private static let format = "documents 1 "

    /// Settings.
    package init(baseURL: String?) {
        self.baseURL = baseURL
    }

    /// Settings as ``text`` tells them; `nil` for another text.
    init?(text: String) {
        guard text.hasPrefix(Self.format) else { return nil }
        let url = text.dropFirst(Self.format.count)
        baseURL = url.isEmpty ? nil : String(url)
    }

    /// All that documents depend on beside the page and the sidecars.
    var text: String { Self.format + (baseURL ?? "") }
}
