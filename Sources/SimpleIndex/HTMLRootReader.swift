internal import Packaging

/// Reads the list of all projects in HTML (PEP 503).
final class HTMLRootReader: HTMLConsumer {
    private var list = RootList()
    private let page: Link
    private var base: Link?
    private var version: String?

    private init(page: Link) {
        self.page = page
    }

    static func read(_ body: [UInt8], base: Link) throws(PageError) -> RootList {
        let reader = HTMLRootReader(page: base)
        try HTMLReader.read(body, consumer: reader)
        try PageBody.check(version: reader.version)
        guard reader.version != nil || !reader.list.isEmpty else {
            throw .notSimplePage(reason: "it names no pypi:repository-version and links to no project")
        }
        reader.list.finish()
        return reader.list
    }

    func start(_ element: HTMLElement) -> Bool {
        if element.isNamed("a") {
            if let reference = element["href"] { add(reference) }
        } else if element.isNamed("base"), base == nil, let reference = element["href"] {
            base = try? Link(reference, base: page)
        } else if element.isNamed("meta"), element["name"] == "pypi:repository-version" {
            version = version ?? element["content"]
        }
        return true
    }

    func heading(_ text: String) {}

    func comment(_ text: String) {
        list.lastSerial = list.lastSerial ?? HTMLHeading.serial(text)
    }

    /// Takes a link to `NAME`, `NAME/` or `NAME/index.html` beside the page; other links are of no project.
    private func add(_ reference: String) {
        let base = base ?? page
        guard let link = try? Link(reference, base: base), link.query.isEmpty else { return }
        let slash = UInt8(ascii: "/")
        let folder = base.path[...(base.path.lastIndex(of: slash) ?? 0)]
        guard link.path.starts(with: folder) else { return }
        var pieces = link.path[folder.count...].split(separator: slash)
        if pieces.count == 2, pieces[1].elementsEqual("index.html".utf8) { pieces.removeLast() }
        guard pieces.count == 1, !pieces[0].elementsEqual("index.html".utf8) else { return }
        if let name = Percent.decoded(pieces[0]) {
            list.append(name, serial: nil)
        } else {
            list.appendInvalid(String(decoding: pieces[0], as: UTF8.self))
        }
    }
}
