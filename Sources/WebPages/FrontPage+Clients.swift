internal import SimpleIndex

/// How clients are pointed at the mirror.
extension FrontPage {
    /// What stands for the address where it is not configured, until the script fills in that of the page.
    private static let placeholder = "https://THIS-SERVER/simple/"

    /// Writes the section with a command or setting for each client.
    func writeClients(to writer: inout HTMLWriter) {
        writer.markup(
            "<section aria-labelledby=\"use\">\n<h2 id=\"use\">How to use it</h2>\n<p>The address of the index is "
        )
        writer.markup("<code>")
        writeIndexURL(to: &writer)
        writer.markup("</code>.")
        if baseURL == nil {
            writer.markup(
                " <span class=\"placeholder\">Put the name of this server for <code>THIS-SERVER</code>.</span>"
            )
        }
        writer.markup("</p>\n")
        block("pip", "pip config set global.index-url ", "", to: &writer)
        block("uv", "export UV_DEFAULT_INDEX=", "", to: &writer)
        block("uv, for one project", "[[tool.uv.index]]\nurl = \"", "\"\ndefault = true", to: &writer)
        block("Poetry", "poetry source add --priority=primary mirror ", "", to: &writer)
        block("PDM", "pdm config pypi.url ", "", to: &writer)
        writer.markup(
            "<p>Over plain <code>http</code> pip also asks for <code>--trusted-host</code> with the name of the "
        )
        writer.markup("server, unless that is this machine.</p>\n</section>\n")
    }

    private func block(_ name: StaticString, _ start: StaticString, _ end: StaticString, to writer: inout HTMLWriter) {
        writer.markup("<h3>")
        writer.markup(name)
        writer.markup("</h3>\n<pre class=\"command\"><code>")
        writer.markup(start)
        writeIndexURL(to: &writer)
        writer.markup(end)
        writer.markup("</code></pre>\n")
    }

    private func writeIndexURL(to writer: inout HTMLWriter) {
        if let baseURL { return writer.text(baseURL + "simple/") }
        writer.element("<span class=\"index-url\">", Self.placeholder, "</span>")
    }
}
