internal import Digest
internal import Packaging
internal import Publication
internal import SimpleIndex
internal import Transfer

/// Pages of another index, of which is kept what may be one of some objects; each page is asked for once.
actor OtherPages {
    /// A file of a page.
    private struct Listed: Sendable {
        let filename: String
        let url: String
        let sha256: SHA256Digest?
        let sidecar: SHA256Digest?
        let hasSidecar: Bool
        /// Where its provenance can be had.
        let provenance: String?
    }

    private struct Page: Sendable {
        var files: [Listed] = []
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
        for file in page.files {
            switch use.role {
            case .file:
                if file.sha256 == object {
                    certain.append(file.url)
                } else if file.filename == use.file {
                    likely.append(file.url)
                }
            case .metadata:
                guard file.hasSidecar else { continue }
                let url = FileFetch.sidecarURL(of: file.url)
                if file.sidecar == object {
                    certain.append(url)
                } else if file.filename + PackageEntry.metadataSuffix == use.file {
                    likely.append(url)
                }
            case .provenance:
                guard file.filename + PackageEntry.provenanceSuffix == use.file, let url = file.provenance else {
                    continue
                }
                likely.append(url)
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
                    var sidecar: SHA256Digest?
                    if case .digest(let digest) = file.coreMetadata { sidecar = digest }
                    let sha256 = file.sha256
                    let suffixes = ["", PackageEntry.metadataSuffix, PackageEntry.provenanceSuffix]
                    let isWanted =
                        suffixes.contains { names.contains(file.filename + $0) }
                        || [sha256, sidecar].contains { $0.map(objects.contains) ?? false }
                    guard isWanted else { continue }
                    page.files.append(
                        Listed(
                            filename: file.filename,
                            url: file.url,
                            sha256: sha256,
                            sidecar: sidecar,
                            hasSidecar: file.coreMetadata != nil,
                            provenance: file.provenance.flatMap { FileFetch.provenanceURL($0, of: file.url) }
                        )
                    )
                }
            } catch {
                page.problem = "\(response.finalURL): \(error)"
            }
        }
        return page
    }
}
