internal import Digest
internal import Packaging
internal import Record
internal import SimpleIndex
internal import Transfer

/// Pages of another index, of which is kept what may be one of some objects; each page is asked for once.
actor OtherPages {
    /// A file of a page, or a companion of one.
    private struct Listed: Sendable {
        /// The filename, with the suffix of a companion behind it.
        let name: String
        /// What it is of the file; `nil` for the file itself.
        let companion: CompanionKind?
        let url: String
        /// Its digest, as far as the page tells it.
        let sha256: SHA256Digest?
    }

    private struct Page: Sendable {
        var listed: [Listed] = []
        var problem: String?
    }

    nonisolated let index: Upstream
    private let objects: Set<SHA256Digest>
    private let names: [ProjectName: Set<String>]
    private var pages: [ProjectName: Task<Page, Never>] = [:]

    init(_ index: Upstream, objects: [DamagedObject]) {
        self.index = index
        self.objects = Set(objects.map(\.digest))
        names = Dictionary(grouping: objects.flatMap(\.uses), by: \.project).mapValues { Set($0.map(\.file)) }
    }

    /// Where the index has an object: what has its digest before what has its name.
    func urls(of object: SHA256Digest, _ use: DamagedObject.Use) async -> (urls: [String], problem: String?) {
        let page = await page(of: use.project)
        var (certain, likely): ([String], [String]) = ([], [])
        for listed in page.listed where listed.companion == use.companion {
            if listed.sha256 == object {
                certain.append(listed.url)
            } else if listed.name == use.file {
                likely.append(listed.url)
            }
        }
        let urls = certain + likely
        let problem = urls.isEmpty ? page.problem ?? "\(index.pageURL(of: use.project)): it has no such file" : nil
        return (urls, problem)
    }

    private func page(of project: ProjectName) async -> Page {
        if let task = pages[project] { return await task.value }
        let (index, objects, names) = (index, objects, names[project] ?? [])
        let task = Task { await Self.load(project, index, objects, names) }
        pages[project] = task
        return await task.value
    }

    private static func load(
        _ project: ProjectName,
        _ index: Upstream,
        _ objects: Set<SHA256Digest>,
        _ names: Set<String>
    ) async -> Page {
        var page = Page()
        switch await index.page(of: project, validator: nil, encoding: .compressed) {
        case .unchanged: break
        case .gone(let error), .failed(let error): page.problem = "\(error)"
        case .page(let response, let contentType):
            do throws(PageError) {
                let parsed = try ProjectPage.parse(
                    response.bytes,
                    contentType: contentType,
                    base: response.finalURL,
                    project: project
                )
                for file in parsed.page.files {
                    page.listed += listed(file).filter { listed in
                        names.contains(listed.name) || listed.sha256.map(objects.contains) ?? false
                    }
                }
            } catch {
                page.problem = "\(response.finalURL): \(error)"
            }
        }
        return page
    }

    /// A file with those of its companions that the index has.
    private static func listed(_ file: PageFile) -> [Listed] {
        func companion(_ kind: CompanionKind, at url: String, _ sha256: SHA256Digest?) -> Listed {
            Listed(name: file.filename + kind.suffix, companion: kind, url: url, sha256: sha256)
        }
        var listed = [Listed(name: file.filename, companion: nil, url: file.url, sha256: file.sha256)]
        if let claim = file.coreMetadata {
            let url = FileFetch.sidecarURL(of: file.url)
            switch claim {
            case .available: listed.append(companion(.sidecar, at: url, nil))
            case .digest(let digest): listed.append(companion(.sidecar, at: url, digest))
            }
        }
        if let named = file.provenance, let url = FileFetch.provenanceURL(named, of: file.url) {
            listed.append(companion(.provenance, at: url, nil))
        }
        return listed
    }
}
