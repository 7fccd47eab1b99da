internal import Digest
internal import Packaging

/// Writes the list of all projects one by one, so that it need not be in memory.
///
/// ``bytes`` may be taken away (written, and set to empty) between any two calls.
package struct PublishedRootListWriter {
    /// The forms of the list.
    package enum Form: Sendable {
        case html
        case json
        /// A script that gives the names, apart by spaces, to the search of the pages for people.
        ///
        /// A script and no text, since a browser loads nothing else from disk.
        case names
    }

    /// What was written and not taken yet.
    package var bytes: [UInt8] = []
    private let form: Form
    private var isFirst = true

    /// Starts a list.
    ///
    /// - Parameters:
    ///   - form: HTML or JSON.
    ///   - serial: The serial to tell for the whole, in JSON.
    package init(_ form: Form, serial: UInt64?) {
        self.form = form
        switch form {
        case .html:
            append("<!DOCTYPE html>\n<html lang=\"en\">\n  <head>\n")
            append("    <meta name=\"pypi:repository-version\" content=\"1.4\">\n")
            append("    <title>Simple index</title>\n  </head>\n  <body>\n    ")
        case .json:
            append("{\"meta\":{")
            if let serial {
                append("\"_last-serial\":")
                bytes.append(contentsOf: String(serial).utf8)
                append(",")
            }
            append("\"api-version\":\"1.4\"},\"projects\":[")
        case .names: append("larderNames=\" ")
        }
    }

    /// Writes a project; they have to come sorted by name.
    package mutating func append(_ entry: PublishedRootList.Entry) {
        // A normalized name is letters, digits and hyphens: nothing in it needs escaping in either form.
        let name = entry.name.normalized.utf8
        switch form {
        case .html:
            append("<a href=\"")
            bytes.append(contentsOf: name)
            append("/\">")
            bytes.append(contentsOf: name)
            append("</a>\n    ")
        case .json:
            if !isFirst { append(",") }
            append("{\"name\":\"")
            bytes.append(contentsOf: name)
            append("\"")
            if let serial = entry.serial {
                append(",\"_last-serial\":")
                bytes.append(contentsOf: String(serial).utf8)
            }
            if let content = entry.content {
                append(",\"_content-sha256\":\"")
                bytes.append(contentsOf: content.hex.utf8)
                append("\"")
            }
            append("}")
        case .names:
            bytes.append(contentsOf: name)
            append(" ")
        }
        isFirst = false
    }

    /// Writes the end.
    package mutating func finish() {
        switch form {
        case .html: append("</body>\n</html>\n")
        case .json: append("]}")
        case .names: append("\";\n")
        }
    }

    private mutating func append(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
