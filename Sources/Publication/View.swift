package import Catalog
package import Digest
internal import Gzip
package import Packaging
package import Record
internal import SimpleIndex
internal import WebPages

/// The pages of one project as they are published: immutable, and named by what they say.
package struct View: Sendable {
    /// A page smaller than this has no compressed twin: it fits into one packet as it is.
    static let smallestCompressedPage = 1_400
    /// The same of a page for people.
    static let smallestCompressedWebPage = 8_192
    /// How hard the pages of projects are compressed, 1 to 9.
    static let compressionLevel = 6

    /// The name of the project.
    package let name: ProjectName
    /// The name of the view: a digest over its simple pages, and over what follows from them.
    package let id: ViewID
    /// The digest over what the pages say (I17), without URLs and serials.
    package let content: SHA256Digest
    /// Whether the root list names the project.
    package let isListed: Bool
    /// The serial on the pages.
    package let serial: UInt64
    /// The number of files on the pages.
    package let fileCount: Int
    /// The page of PEP 503.
    let html: [UInt8]
    /// The page of PEP 691.
    let json: [UInt8]
    private let page: PublishedPage
    private let settings: ViewSettings
    /// Why it lists nothing, where that is known.
    private let absence: ProjectWebPage.Absence?

    /// The documents of the view; `nil` when it has none, as one that lists nothing.
    var documents: ProjectDocuments? {
        settings.documents.flatMap { ProjectDocuments(page, baseURL: $0.baseURL) }
    }

    /// Whether documents tell only what sidecars do: a file that is had on demand may be here or not, and what is published
    /// must not depend on that.
    var readsOnlySidecars: Bool { settings.listsKnownFiles }

    /// The page for people; `nil` when there are none.
    private var webPage: ProjectWebPage? {
        guard settings.hasWebPages else { return nil }
        return ProjectWebPage(page, absence: absence, hasDocuments: settings.documents != nil)
    }

    /// Renders the view of a record.
    ///
    /// - Parameters:
    ///   - record: The record.
    ///   - settings: What it holds beside simple pages.
    ///   - last: The content and the serial that the project was last published with.
    ///   - generation: The number of the publication, for a project whose upstream has no serials.
    /// - Throws: ``DigestError`` when OpenSSL cannot provide SHA-256.
    package init(
        of record: ProjectRecord,
        settings: ViewSettings,
        after last: (content: SHA256Digest, serial: UInt64)?,
        generation: UInt64 = 0
    ) throws(DigestError) {
        let page = PublishedPage(of: record, settings)
        let content = try page.contentDigest()
        // Without serials upstream, a page keeps its own for as long as it says the same. It never falls, as those of an
        // upstream may to which a project moved: who follows this mirror refuses what goes back.
        let least = last.map { $0.content == content ? $0.serial : $0.serial + 1 } ?? 0
        let serial = record.serial ?? (last?.content == content ? least : generation)
        try self.init(
            page,
            content: content,
            serial: serial >= last?.serial ?? 0 ? serial : least,
            isListed: record.isListed,
            absence: record.absence,
            settings
        )
    }

    /// Renders a page that was read from a view of ours; `nil` for one that cannot be.
    ///
    /// - Parameters:
    ///   - page: The page.
    ///   - absence: Why it lists nothing, where that is known.
    ///   - settings: What it holds beside simple pages.
    /// - Throws: ``DigestError`` when OpenSSL cannot provide SHA-256.
    init?(
        of page: ProjectPage,
        absence: ProjectWebPage.Absence? = nil,
        settings: ViewSettings
    ) throws(DigestError) {
        guard let serial = page.serial, let published = PublishedPage(of: page) else { return nil }
        try self.init(
            published,
            content: try published.contentDigest(),
            serial: serial,
            isListed: page.status?.marker != .quarantined,
            absence: absence,
            settings
        )
    }

    /// Renders a page.
    ///
    /// - Parameters:
    ///   - page: The page.
    ///   - serial: The serial to tell.
    ///   - isListed: Whether the root list names the project.
    ///   - absence: Why it lists nothing, where that is known.
    ///   - settings: What it holds beside simple pages.
    /// - Throws: ``DigestError`` when OpenSSL cannot provide SHA-256.
    init(
        _ page: PublishedPage,
        serial: UInt64,
        isListed: Bool,
        absence: ProjectWebPage.Absence?,
        _ settings: ViewSettings
    ) throws(DigestError) {
        let content = try page.contentDigest()
        try self.init(page, content: content, serial: serial, isListed: isListed, absence: absence, settings)
    }

    private init(
        _ page: PublishedPage,
        content: SHA256Digest,
        serial: UInt64,
        isListed: Bool,
        absence: ProjectWebPage.Absence?,
        _ settings: ViewSettings
    ) throws(DigestError) {
        var page = page
        page.serial = serial
        html = page.html()
        json = page.json()
        var hasher = try Hasher(.sha256)
        hasher.update(html)
        hasher.update([0])
        hasher.update(json)
        // What documents say follows from the page, from sidecars that it names, and from this.
        if !page.files.isEmpty, let documents = settings.documents {
            hasher.update([0] + Array(documents.text.utf8))
            if settings.listsKnownFiles { hasher.update([0] + Array(ViewSettings.knownFilesFormat.utf8)) }
        }
        let known = page.files.isEmpty ? absence : nil
        if settings.hasWebPages {
            let text = ViewSettings.webPageFormat + (known.map { " \($0.rawValue)" } ?? "")
            hasher.update([0] + Array(text.utf8))
        }
        self.page = page
        self.settings = settings
        self.absence = known
        id = ViewID(try hasher.finalizeSHA256())
        name = page.name
        self.content = content
        self.serial = serial
        self.isListed = isListed
        fileCount = page.files.count
    }

    /// The files of the view: names, bytes, and further names for the same bytes.
    ///
    /// - Parameter compressor: What makes the compressed twins.
    /// - Returns: The files, the same for the same view.
    /// - Throws: ``GzipError``.
    func files(compressor: inout GzipCompressor) throws(GzipError) -> [ViewFile] {
        var files = [
            ViewFile(name: "index.html", alias: "index.v1_html", bytes: html),
            ViewFile(name: "index.v1_json", alias: nil, bytes: json),
        ]
        if let webPage { files.append(ViewFile(name: ProjectWebPage.filename, alias: nil, bytes: webPage.html())) }
        for file in files where file.bytes.count >= file.smallestCompressed {
            files.append(
                ViewFile(
                    name: file.name + ".gz",
                    alias: file.alias.map { $0 + ".gz" },
                    bytes: try compressor.compress(file.bytes)
                )
            )
        }
        return files
    }
}

/// One file of a view.
struct ViewFile: Sendable {
    /// Its name in the view's directory.
    let name: String
    /// A second name of the same file.
    let alias: String?
    /// Its bytes.
    let bytes: [UInt8]

    /// From which size on it has a compressed twin.
    ///
    /// People ask for a page so seldom that the twin has to save more than the block of the disk that it takes.
    fileprivate var smallestCompressed: Int {
        name == ProjectWebPage.filename ? View.smallestCompressedWebPage : View.smallestCompressedPage
    }
}
