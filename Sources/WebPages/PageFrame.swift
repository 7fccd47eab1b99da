internal import SimpleIndex

/// What all pages for people have around them.
///
/// They load nothing but the style, the icon and the script of the same tree, by relative links, and hold neither style
/// nor script of their own, so that a strict `Content-Security-Policy` fits them.
struct PageFrame {
    /// The title, which is also that of the window.
    let title: String
    /// What leads from the page to the document root: nothing, or `../../`.
    let root: StaticString
    /// Whether the page has the search.
    let hasScript: Bool

    /// Writes a whole page.
    ///
    /// - Parameters:
    ///   - capacity: The bytes that it will about have.
    ///   - content: Writes what the main landmark holds, whose first heading is its title.
    ///   - footer: Writes what stands below.
    /// - Returns: The bytes.
    func page(
        capacity: Int,
        _ content: (inout HTMLWriter) -> Void,
        footer: (inout HTMLWriter) -> Void
    ) -> [UInt8] {
        var writer = HTMLWriter(capacity: 1_024 + capacity)
        writer.markup("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        writer.markup("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        writer.markup("<meta name=\"color-scheme\" content=\"light dark\">\n<title>")
        writer.text(title)
        writer.markup("</title>\n<link rel=\"stylesheet\" href=\"")
        writer.markup(root)
        writer.markup("pages/style.css\">\n<link rel=\"icon\" type=\"image/svg+xml\" href=\"")
        writer.markup(root)
        writer.markup("pages/icon.svg\">\n")
        if hasScript { writer.markup("<script src=\"pages/search.js\" defer></script>\n") }
        writer.markup("</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the content</a>\n<header>\n")
        writer.markup("<nav aria-label=\"Mirror\"><a class=\"home\" href=\"")
        writer.markup(root)
        writer.markup("index.html\">Python package mirror</a> <a href=\"")
        writer.markup(root)
        writer.markup("index.html#use\">How to use it</a> <a href=\"")
        writer.markup(root)
        writer.markup("simple/index.html\">All projects</a></nav>\n</header>\n<main id=\"main\">\n")
        content(&writer)
        writer.markup("</main>\n<footer>\n")
        footer(&writer)
        writer.markup("</footer>\n</body>\n</html>\n")
        return writer.bytes
    }
}

extension HTMLWriter {
    /// Writes text between two pieces of markup.
    mutating func element(_ start: StaticString, _ text: String, _ end: StaticString) {
        markup(start)
        self.text(text)
        markup(end)
    }

    /// Writes text from elsewhere, whose direction must not change that of what is around it.
    mutating func foreign(_ text: String) {
        element("<bdi>", text, "</bdi>")
    }

    /// Writes a moment that the script tells the age of.
    mutating func moment(_ seconds: Int64) {
        let moment = Moment(seconds)
        element("<time datetime=\"", moment.machine, "\">")
        element("", moment.text, "</time>")
    }

    /// Writes a line of a list of terms.
    mutating func term(_ name: StaticString, _ description: (inout HTMLWriter) -> Void) {
        markup("<div><dt>")
        markup(name)
        markup("</dt><dd>")
        description(&self)
        markup("</dd></div>\n")
    }
}
