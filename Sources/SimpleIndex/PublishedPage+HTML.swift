internal import Digest
internal import Packaging

extension PublishedPage {
    /// The page as HTML (PEP 503, repository version 1.4), in the shape of PyPI's, since consumers break on changes of
    /// white space and order (PEP 833).
    package func html() -> [UInt8] {
        var writer = HTMLWriter(capacity: 512 + files.count * 512)
        writer.markup("<!DOCTYPE html>\n<html lang=\"en\">\n  <head>\n")
        writer.markup("    <meta name=\"pypi:repository-version\" content=\"1.4\">\n")
        if let status {
            writer.markup("    <meta name=\"pypi:project-status\" content=\"")
            writer.plain(status.marker.rawValue)
            writer.markup("\">\n")
            if let reason = status.reason {
                writer.markup("    <meta name=\"pypi:project-status-reason\" content=\"")
                writer.text(reason)
                writer.markup("\">\n")
            }
        }
        writer.markup("    <title>Links for ")
        writer.plain(name.normalized)
        writer.markup("</title>\n  </head>\n  <body>\n    <h1>Links for ")
        writer.plain(name.normalized)
        writer.markup("</h1>\n    ")
        for file in files {
            file.write(to: &writer)
            writer.markup("\n    ")
        }
        writer.markup("</body>\n</html>\n")
        if let serial {
            writer.markup("<!--SERIAL ")
            writer.plain(String(serial))
            writer.markup("-->")
        }
        return writer.bytes
    }
}

extension PublishedFile {
    fileprivate func write(to writer: inout HTMLWriter) {
        writer.markup("<a href=\"")
        writer.plain { appendURL(to: &$0) }
        writer.markup("#sha256=")
        writer.plain(sha256.hex)
        writer.markup("\" ")
        if let requiresPython, !requiresPython.isEmpty {
            writer.markup("data-requires-python=\"")
            writer.text(requiresPython)
            writer.markup("\" ")
        }
        if let yanked {
            writer.markup("data-yanked=\"")
            writer.text(yanked.reason ?? "")
            writer.markup("\" ")
        }
        if let sidecar {
            let hex = sidecar.hex
            writer.markup("data-dist-info-metadata=\"sha256=")
            writer.plain(hex)
            writer.markup("\" data-core-metadata=\"sha256=")
            writer.plain(hex)
            writer.markup("\"")
        }
        if let provenance {
            writer.markup(" data-provenance=\"")
            writer.text(provenance)
            writer.markup("\"")
        }
        writer.markup(">")
        writer.text(filename)
        writer.markup("</a><br />")
    }
}
