package import Digest
internal import Packaging
package import Record
package import SimpleIndex
internal import WebPages

extension ProjectRecord {
    /// Whether the root list names the project: upstream has a page of it and has not quarantined it (PEP 792).
    var isListed: Bool { removal == nil && !isQuarantined }

    /// Why it was taken off; `nil` while it is kept.
    var absence: ProjectWebPage.Absence? {
        switch removal?.cause {
        case nil: nil
        case .upstream: .upstream
        case .selection: .selection
        case .policy: .policy
        }
    }

    /// Whether upstream says that nobody should install the project (PEP 792).
    private var isQuarantined: Bool { status?.marker == .quarantined }

    /// The files that pages may list: those that can be had (I4), and that need not wait.
    ///
    /// What upstream removed or quarantined has a page that lists nothing, so that clients do not fall through to
    /// another index.
    ///
    /// - Parameter onDemand: Whether files are had when somebody asks for them.
    /// - Returns: The files, in their order.
    package func publishableFiles(onDemand: Bool) -> [FileRecord] {
        guard isListed else { return [] }
        return files.filter { $0.withheldUntil == nil && $0.isServed(onDemand: onDemand) }
    }
}

extension FileRecord {
    /// The URL of its provenance, where that is here.
    fileprivate func provenanceURL(at path: String, below root: String) -> String? {
        provenanceDocument.object.map { document in
            let entry = PackageEntry(.provenance, document, of: filename, at: path)
            return PublishedFile.url(of: entry.filename, at: entry.path, below: root)
        }
    }
}

extension PublishedPage {
    /// What is published of a record: its files as far as they can be had, with their digests and no others.
    ///
    /// - Parameters:
    ///   - record: The record.
    ///   - settings: Whether provenance and files that are not here are listed.
    init(of record: ProjectRecord, _ settings: ViewSettings) {
        let root = settings.provenanceRoot
        let files = record.publishableFiles(onDemand: settings.listsKnownFiles).compactMap { file -> PublishedFile? in
            guard let digest = file.sha256, let path = file.path else { return nil }
            return PublishedFile(
                filename: file.filename,
                path: path,
                sha256: digest,
                size: file.size,
                uploadTime: file.uploadTime,
                requiresPython: file.requiresPython,
                yanked: file.yank,
                sidecar: file.sidecar.object,
                provenance: root.flatMap { root in file.provenanceURL(at: path, below: root) }
            )
        }
        self.init(
            name: record.name,
            serial: record.serial,
            status: record.status,
            files: files,
            versions: Self.versions(of: files, in: record)
        )
    }

    /// A page of ours, from what was read of it; `nil` when it is not like one of ours.
    init?(of page: ProjectPage) {
        var files: [PublishedFile] = []
        for file in page.files {
            guard let digest = file.sha256, let path = PackagePath(url: file.url, filename: file.filename) else {
                return nil
            }
            var sidecar: SHA256Digest?
            if case .digest(let digest) = file.coreMetadata { sidecar = digest }
            files.append(
                PublishedFile(
                    filename: file.filename,
                    path: path.text,
                    sha256: digest,
                    size: file.size,
                    uploadTime: file.uploadTime,
                    requiresPython: file.requiresPython,
                    yanked: file.yanked,
                    sidecar: sidecar,
                    provenance: file.provenance
                )
            )
        }
        // Without all sizes a page tells no versions, though they count in what it says.
        let versions = files.allSatisfy { $0.size != nil } ? page.versions : nil
        self.init(name: page.name, serial: page.serial, status: page.status, files: files, versions: versions)
    }

    /// The versions that have a file on the page (PEP 700), spelled as upstream spells them.
    private static func versions(of files: [PublishedFile], in record: ProjectRecord) -> [String] {
        let upstream = Dictionary(
            record.versions.map { (Version($0)?.description ?? $0, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        var versions: Set<String> = []
        for file in files {
            guard let name = try? DistributionFilename.parse(file.filename, project: record.name) else { continue }
            let version = Version(name.version)?.description ?? name.version
            versions.insert(upstream[version] ?? version)
        }
        return Array(versions)
    }

    /// The digest over what the page says (I17): names, status, versions, files, digests, sizes, times, yanks and
    /// sidecars; not URLs, serials or provenance.
    func contentDigest() throws(DigestError) -> SHA256Digest {
        var content = ContentEncoder()
        content.append(name.normalized)
        content.append(status?.marker.rawValue)
        content.append(status?.reason)
        let versions = versions.sorted()
        content.append(versions.count)
        for version in versions { content.append(version) }
        let files = files.sorted { $0.filename.utf8.lexicographicallyPrecedes($1.filename.utf8) }
        content.append(files.count)
        for file in files {
            content.append(file.filename)
            content.append(file.sha256.hex)
            content.append(file.size.map { String($0) })
            content.append(file.uploadTime)
            content.append(file.requiresPython)
            content.append(file.yanked.map { $0.reason ?? "" })
            content.append(file.sidecar?.hex)
        }
        return try SHA256Digest.hash(content.bytes)
    }
}

extension ProjectPage {
    /// The digest over what a page of a mirror like this one says, which its root list tells too; `nil` for a page that
    /// no such mirror writes.
    ///
    /// - Throws: ``DigestError`` when OpenSSL cannot provide SHA-256.
    package func publishedContent() throws(DigestError) -> SHA256Digest? {
        try PublishedPage(of: self)?.contentDigest()
    }
}

/// Texts one after the other so that no two lists of texts give the same bytes.
private struct ContentEncoder {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ text: String) {
        append(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(_ text: String?) {
        if let text {
            append(text)
        } else {
            bytes.append(UInt8(ascii: "-"))
        }
    }

    mutating func append(_ count: Int) {
        bytes.append(contentsOf: "\(count):".utf8)
    }
}
