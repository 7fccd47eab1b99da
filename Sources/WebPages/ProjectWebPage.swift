internal import Digest
internal import Packaging
package import SimpleIndex

/// The page about a project for people: what its simple page lists, release by release.
///
/// It lies beside the simple page, under ``filename``; the same values give the same bytes.
package struct ProjectWebPage: Sendable {
    /// Why a project that was here has nothing to list.
    package enum Absence: String, CaseIterable, Sendable {
        /// Upstream has no page of it any more.
        case upstream
        /// The selection does not name it any more.
        case selection
        /// The policy blocks it.
        case policy
    }

    /// The name of the page in the project's folder.
    package static let filename = "about.html"

    private let page: PublishedPage
    private let absence: Absence?
    private let hasDocuments: Bool

    /// The page about a project.
    ///
    /// - Parameters:
    ///   - page: What is published of it.
    ///   - absence: Why nothing is, where that is known.
    ///   - hasDocuments: Whether the documents of PyPI's JSON API are published.
    package init(_ page: PublishedPage, absence: Absence?, hasDocuments: Bool) {
        self.page = page
        self.absence = absence
        self.hasDocuments = hasDocuments
    }

    /// The page as HTML.
    package func html() -> [UInt8] {
        let name = page.name.normalized
        let releases = ProjectRelease.releases(of: page)
        let latest = releases.indices.max { releases[$0].isBefore(releases[$1]) }
        let frame = PageFrame(title: "\(name) · Python package mirror", root: "../../", hasScript: false)
        return frame.page(capacity: page.files.count * 768) { writer in
            writer.element("<h1>", name, "</h1>\n")
            writeNotice(to: &writer)
            if let latest {
                writeFacts(releases, latest: releases[latest], to: &writer)
                writer.markup("<h2>Releases</h2>\n")
                // Of a small project all is seen at once.
                let isSmall = page.files.count <= 20
                for index in releases.indices.reversed() {
                    write(releases[index], isLatest: index == latest, isOpen: isSmall || index == latest, to: &writer)
                }
            }
        } footer: { writer in
            writer.markup("<p>For installers: <a href=\"../../simple/")
            writer.plain(name)
            writer.markup("/index.html\">simple page</a>")
            if hasDocuments, !page.files.isEmpty {
                writer.markup(", <a href=\"../../pypi/")
                writer.plain(name)
                writer.markup("/json\">JSON document</a>")
            }
            if let serial = page.serial { writer.element(". Serial ", Figure.count(serial), "") }
            writer.markup(".</p>\n")
        }
    }

    private func writeNotice(to writer: inout HTMLWriter) {
        if let status = page.status, status.marker != .active || status.reason != nil {
            writer.element("<p class=\"notice\"><strong>Status: ", status.marker.rawValue, ".</strong> ")
            switch status.marker {
            case .active: break
            case .archived: writer.markup("Its owners expect no further releases. ")
            case .deprecated: writer.markup("Its owners consider it obsolete. ")
            case .quarantined: writer.markup("The upstream index holds it to be unsafe, so nothing of it is listed. ")
            }
            if let reason = status.reason {
                writer.markup("Reason given upstream: ")
                writer.foreign(reason)
            }
            writer.markup("</p>\n")
        }
        guard page.files.isEmpty else { return }
        writer.markup("<p class=\"notice\"><strong>No files are listed.</strong> ")
        switch absence {
        case .upstream: writer.markup("Status: removed. The upstream index does not have this project any more.")
        case .selection: writer.markup("Status: not selected. This mirror does not keep the project any more.")
        case .policy: writer.markup("Status: blocked. This mirror's policy blocks the project.")
        case nil:
            if page.status?.marker != .quarantined {
                writer.markup("Upstream lists none, or none that this mirror keeps and may show.")
            }
        }
        writer.markup(" Installers find an empty page here, and do not look for the project elsewhere.</p>\n")
    }

    private func writeFacts(_ releases: [ProjectRelease], latest: ProjectRelease, to writer: inout HTMLWriter) {
        writer.markup("<dl class=\"facts\">\n")
        writer.term("Latest release") { writer in
            if latest.version.spelling.isEmpty {
                writer.markup("unknown")
            } else {
                writer.foreign(latest.version.spelling)
            }
            if let time = latest.firstUpload { writer.element(" of ", String(time.prefix(10)), "") }
        }
        writer.term("Releases") { $0.text(Figure.count(releases.count)) }
        writer.term("Files") { $0.text(Figure.count(page.files.count)) }
        writer.term("Size") { writer in
            let unknown = page.files.count { $0.size == nil }
            let bytes = Figure.sum(page.files.lazy.compactMap(\.size))
            if unknown < page.files.count { writer.text(Figure.bytes(bytes)) }
            if unknown == page.files.count { writer.markup("not told") }
            if unknown > 0, unknown < page.files.count {
                writer.element(" and ", Figure.of(unknown, "file"), " of unknown size")
            }
        }
        writer.markup("</dl>\n<pre class=\"command\"><code>pip install ")
        writer.plain(page.name.normalized)
        writer.markup("</code></pre>\n<p>That takes it from here once pip is ")
        writer.markup("<a href=\"../../index.html#use\">pointed at this mirror</a>.</p>\n")
    }

    private func write(_ release: ProjectRelease, isLatest: Bool, isOpen: Bool, to writer: inout HTMLWriter) {
        let spelling = release.version.spelling
        writer.markup("<details")
        if release.hasFolder { writer.element(" id=\"v", spelling, "\"") }
        writer.markup(isOpen ? " open><summary><h3>" : "><summary><h3>")
        if spelling.isEmpty { writer.markup("Unknown version") } else { writer.foreign(spelling) }
        writer.markup("</h3>")
        if isLatest { writer.markup(" <span class=\"tag good\">latest</span>") }
        if release.isYanked { writer.markup(" <span class=\"tag bad\">yanked</span>") }
        if release.version.version?.isPrerelease ?? false { writer.markup(" <span class=\"tag\">prerelease</span>") }
        writer.markup(" <span class=\"sum\">")
        writer.text(Figure.of(release.files.count, "file"))
        if let bytes = release.size { writer.text(", \(Figure.bytes(bytes))") }
        if let time = release.firstUpload { writer.text(", \(time.prefix(10))") }
        writer.markup(
            "</span></summary>\n<table class=\"files\"><thead><tr><th scope=\"col\">File and its SHA-256</th>"
        )
        writer.markup(
            "<th scope=\"col\">Size</th><th scope=\"col\">Uploaded</th><th scope=\"col\">Python</th></tr></thead>"
        )
        writer.markup("\n<tbody>\n")
        for file in release.files { write(file, to: &writer) }
        writer.markup("</tbody></table></details>\n")
    }

    private func write(_ entry: ProjectReleaseFile, to writer: inout HTMLWriter) {
        let file = entry.file
        writer.markup("<tr><th scope=\"row\"><a href=\"")
        writer.plain { file.appendURL(to: &$0) }
        writer.element("#sha256=", file.sha256.hex, "\">")
        writer.foreign(file.filename)
        writer.markup("</a>")
        if file.sidecar != nil {
            writer.markup(" <a class=\"more\" href=\"")
            writer.plain { file.appendURL(to: &$0) }
            writer.markup(".metadata\">metadata</a>")
        }
        if let provenance = file.provenance {
            writer.markup(" <a class=\"more\" href=\"")
            writer.text(provenance)
            writer.markup("\">provenance</a>")
        }
        if let yank = file.yanked {
            writer.markup(" <span class=\"tag bad\">yanked</span>")
            if let reason = yank.reason {
                writer.markup(" <span class=\"reason\">")
                writer.foreign(reason)
                writer.markup("</span>")
            }
        }
        writer.element("<code class=\"hash\">", file.sha256.hex, "</code></th><td>")
        if let size = file.size {
            writer.element("<data value=\"", String(size), "\">")
            writer.element("", Figure.bytes(size), "</data>")
        } else {
            writer.markup("not told")
        }
        writer.markup("</td><td>")
        if let time = file.uploadTime {
            writer.element("<time datetime=\"", time, "\">")
            writer.element("", String(time.prefix(10)), "</time>")
        } else {
            writer.markup("not told")
        }
        writer.markup("</td><td>")
        if let python = entry.requiresPython { writer.foreign(python) } else { writer.markup("any") }
        writer.markup("</td></tr>\n")
    }
}

extension ProjectRelease {
    /// When its first file was uploaded, as far as that is told.
    fileprivate var firstUpload: String? { files.compactMap(\.file.uploadTime).min() }

    /// The bytes of its files; `nil` unless all sizes are known.
    fileprivate var size: UInt64? {
        let sizes = files.compactMap(\.file.size)
        return sizes.count == files.count ? Figure.sum(sizes) : nil
    }
}
