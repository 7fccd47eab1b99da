internal import Digest
internal import Packaging

/// Reads a project's page in HTML (PEP 503, 592, 629, 658, 714, 740, 792).
final class HTMLPageReader: HTMLConsumer {
    private struct Anchor {
        var reference: String
        var requiresPython: String?
        var yanked: String?
        var coreMetadata: String?
        var uploadTime: String?
        var provenance: String?
        var signature: String?
    }

    private var anchors: [Anchor] = []
    private var baseReference: String?
    private var version: String?
    private var status: String?
    private var statusReason: String?
    private var serial: UInt64?
    /// What follows `Links for` in a title or heading.
    private var listed: String?

    private init() {}

    static func read(_ body: [UInt8], into collector: FileCollector) throws(PageError) -> ParsedPage {
        let reader = HTMLPageReader()
        try HTMLReader.read(body, consumer: reader)
        return try reader.page(collector)
    }

    // MARK: HTMLConsumer

    func start(_ element: HTMLElement) -> Bool {
        if element.isNamed("a") {
            guard let reference = element["href"] else { return true }
            anchors.append(
                Anchor(
                    reference: reference,
                    requiresPython: element["data-requires-python"],
                    yanked: element["data-yanked"],
                    coreMetadata: element["data-core-metadata"] ?? element["data-dist-info-metadata"],
                    uploadTime: element["data-upload-time"],
                    provenance: element["data-provenance"],
                    signature: element["data-gpg-sig"]
                )
            )
            return anchors.count <= ProjectPage.maximumFileCount
        }
        if element.isNamed("base") {
            baseReference = baseReference ?? element["href"]
        } else if element.isNamed("meta"), let content = element["content"] {
            switch element["name"] {
            case "pypi:repository-version": version = version ?? content
            case "pypi:project-status": status = status ?? content
            case "pypi:project-status-reason": statusReason = statusReason ?? content
            default: break
            }
        }
        return true
    }

    func heading(_ text: String) {
        guard listed == nil else { return }
        listed = HTMLHeading.listed(text)
    }

    func comment(_ text: String) {
        serial = serial ?? HTMLHeading.serial(text)
    }

    // MARK: The page

    private func page(_ collector: FileCollector) throws(PageError) -> ParsedPage {
        try PageBody.check(version: version)
        if let listed, let name = ProjectName(listed), name != collector.project {
            throw .wrongProject(expected: collector.project, found: listed)
        }
        var collector = collector
        let base = baseReference.flatMap { try? Link($0, base: collector.base) } ?? collector.base
        let fileCount = anchors.reduce(0) { $0 + (add($1, base: base, to: &collector) ? 1 : 0) }
        guard version != nil || listed != nil || fileCount > 0 else {
            throw .notSimplePage(
                reason: "it names no pypi:repository-version, is not headed 'Links for' and links to no distribution"
            )
        }
        var page = ProjectPage(name: collector.project, files: collector.files)
        page.serial = serial
        page.status = ProjectStatus(marker: status, reason: statusReason)
        return ParsedPage(page: page, refusals: collector.refusals)
    }

    /// Takes an anchor, and says whether it links to a distribution file.
    private func add(_ anchor: Anchor, base: Link, to collector: inout FileCollector) -> Bool {
        // Links to the page itself, to directories and to other pages are no files, whatever their scheme.
        guard Self.isDistribution(anchor.reference),
            let (link, name) = collector.resolve(anchor.reference, for: anchor.reference, base: base)
        else { return false }
        var file = PageFile(filename: name, url: link.url, hashes: DigestList.inFragment(link.fragment))
        file.requiresPython = anchor.requiresPython.flatMap { $0.isEmpty ? nil : $0 }
        file.yanked = anchor.yanked.map { Yank(reason: $0) }
        file.coreMetadata = anchor.coreMetadata.flatMap(Self.coreMetadata)
        file.uploadTime = anchor.uploadTime.flatMap(UploadTime.canonical)
        file.provenance = anchor.provenance.flatMap { collector.provenance($0, base: base) }
        file.hasSignature = anchor.signature.flatMap { Bool($0.lowercased()) }
        collector.add(file)
        return true
    }

    /// Whether a link ends as the names of distributions do, before its query and fragment.
    private static func isDistribution(_ reference: String) -> Bool {
        let bytes = Array(reference.utf8)
        let path = bytes.prefix { $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: "?") }
        let name = path[(path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...]
        var text = Percent.decoded(name) ?? String(decoding: name, as: UTF8.self)
        while let last = text.utf8.last, last <= 0x20 { text.unicodeScalars.removeLast() }
        return DistributionFilename.hasDistributionSuffix(text)
    }

    /// `true`, or the digest of the metadata; of another algorithm than SHA-256 it says only that there is metadata.
    private static func coreMetadata(_ value: String) -> CoreMetadata? {
        if value.lowercased() == "false" { return nil }
        guard value.hasPrefix("sha256=") else { return .available }
        return SHA256Digest(hex: value.dropFirst("sha256=".count)).map { .digest($0) } ?? .available
    }
}

/// What headings and comments tell.
enum HTMLHeading {
    /// What follows `Links for`, in any case, possibly with the name of an index before (`root/pypi: links for NAME`).
    static func listed(_ text: String) -> String? {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard
            let index = words.indices.first(where: {
                words[$0].lowercased() == "links" && $0 + 1 < words.count && words[$0 + 1].lowercased() == "for"
            })
        else { return nil }
        return words[(index + 2)...].joined(separator: " ")
    }

    /// The serial in a comment such as `SERIAL 123`.
    ///
    /// A longer comment is none, and its words, of which a page may be full, are not taken apart.
    static func serial(_ comment: String) -> UInt64? {
        guard comment.utf8.count <= 100 else { return nil }
        let words = comment.split(whereSeparator: \.isWhitespace)
        return words.count == 2 && words[0] == "SERIAL" ? UInt64(words[1]) : nil
    }
}
