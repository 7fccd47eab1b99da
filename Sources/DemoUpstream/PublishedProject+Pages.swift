internal import Digest
internal import JSON
internal import Packaging

extension PublishedProject {
    /// The project's page as JSON (PEP 691, PEP 700).
    var jsonPage: [UInt8] {
        var page = JSONWriter()
        page.object { page in
            page.writeMeta(serial: serial)
            page.key("name")
            page.string(name.normalized)
            page.key("versions")
            page.array { array in
                for version in versions { array.string(version) }
            }
            page.key("files")
            page.array { array in
                for file in files { file.write(to: &array) }
            }
        }
        return page.bytes
    }

    /// The project's page as HTML (PEP 503, 592, 714).
    var htmlPage: [UInt8] {
        var lines = htmlHead(title: "Links for \(name)")
        for file in files {
            var attributes = "href=\"../../\(file.path)#sha256=\(file.digest)\""
            if let requiresPython = file.requiresPython {
                attributes += " data-requires-python=\"\(escaped(requiresPython))\""
            }
            if let yanked = file.yanked { attributes += " data-yanked=\"\(escaped(yanked))\"" }
            if let digest = file.metadataDigest { attributes += " data-core-metadata=\"sha256=\(digest)\"" }
            lines.append("<a \(attributes)>\(escaped(file.filename))</a><br />")
        }
        return htmlDocument(lines, serial: serial)
    }
}

extension [PublishedProject] {
    /// The root list as JSON (PEP 691), with the serial of each project.
    func jsonList(serial: UInt64) -> [UInt8] {
        var page = JSONWriter()
        page.object { page in
            page.writeMeta(serial: serial)
            page.key("projects")
            page.array { array in
                for project in self {
                    array.object { object in
                        object.key("_last-serial")
                        object.integer(project.serial)
                        object.key("name")
                        object.string(project.displayName)
                    }
                }
            }
        }
        return page.bytes
    }

    /// The root list as HTML (PEP 503).
    func htmlList(serial: UInt64) -> [UInt8] {
        let links = map { "<a href=\"\($0.name)/\">\(escaped($0.displayName))</a><br />" }
        return htmlDocument(htmlHead(title: "Simple index") + links, serial: serial)
    }
}

extension PublishedFile {
    fileprivate func write(to array: inout JSONWriter) {
        array.object { object in
            object.key("filename")
            object.string(filename)
            object.key("url")
            object.string("../../\(path)")
            object.key("hashes")
            object.object { hashes in
                hashes.key("sha256")
                hashes.string(digest.hex)
            }
            object.key("size")
            object.integer(size)
            object.key("upload-time")
            object.string(UploadTime.text(uploadTime))
            if let requiresPython {
                object.key("requires-python")
                object.string(requiresPython)
            }
            if let metadataDigest {
                object.key("core-metadata")
                object.object { hashes in
                    hashes.key("sha256")
                    hashes.string(metadataDigest.hex)
                }
            }
            if let yanked {
                object.key("yanked")
                // An empty string is "not yanked" to some clients, and "yanked" to others.
                if yanked.isEmpty { object.bool(true) } else { object.string(yanked) }
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func writeMeta(serial: UInt64) {
        key("meta")
        object { meta in
            meta.key("_last-serial")
            meta.integer(serial)
            meta.key("api-version")
            meta.string("1.1")
        }
    }
}

private func htmlHead(title: String) -> [String] {
    [
        "<!DOCTYPE html>", "<html>", "<head>", "<meta name=\"pypi:repository-version\" content=\"1.1\">",
        "<title>\(escaped(title))</title>", "</head>", "<body>", "<h1>\(escaped(title))</h1>",
    ]
}

private func htmlDocument(_ lines: [String], serial: UInt64) -> [UInt8] {
    Array((lines + ["</body>", "</html>", "<!--SERIAL \(serial)-->"]).joined(separator: "\n").utf8)
}

/// Text as it stands in HTML, between tags and in attributes.
private func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
        switch character {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        default: result.append(character)
        }
    }
}
