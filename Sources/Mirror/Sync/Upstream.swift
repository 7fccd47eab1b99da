internal import Configuration
internal import Digest
internal import FileIO
internal import Logging
internal import Packaging
internal import Provenance
internal import SimpleIndex
internal import SystemPackage
internal import Transfer

/// An index that a mirror downloads from: its URLs, and what its answers mean.
struct Upstream: Sendable {
    /// What is asked for where an index is negotiated: JSON before HTML (PEP 691).
    private static let accept =
        "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.2, text/html; q=0.1"

    /// What the upstream says of a root list or a page.
    enum Answer: Sendable {
        /// It has one, and these are its bytes.
        case page(TransferResponse, contentType: String?)
        /// It has the one that is here.
        case unchanged
        /// It has none.
        case gone(TransferError)
        /// It did not answer anything usable.
        case failed(TransferError)
    }

    let engine: TransferEngine
    /// The settings by which it is asked.
    let settings: Configuration.Upstream
    private let urls: CandidateURLs

    /// Starts an engine for an upstream of a mirror.
    ///
    /// - Throws: ``MirrorError`` for settings that cannot be used.
    init(_ access: UpstreamAccess, of mirror: MirrorRoot) throws(MirrorError) {
        settings = access.settings
        urls = CandidateURLs(settings)
        engine = try TransferEngine(try TransferConfiguration(access), mirror.fileSystem, mirror.logger)
    }

    /// Another index, which is reached as the upstream of the same origin is, if there is one, else as the first without
    /// its credentials.
    ///
    /// - Throws: ``MirrorError`` for settings that cannot be used.
    init(_ index: IndexURL, for mirror: MirrorRoot) throws(MirrorError) {
        settings = Configuration.Upstream(url: index)
        urls = CandidateURLs(settings)
        var configuration = try TransferConfiguration(mirror.upstreams[mirror.upstreams.place(for: index.text)])
        if index.scheme == .ftp || index.scheme == .ftps { configuration.allowsFTP = true }
        // Files lie beside the index, as the upstream's do.
        if let folder = index.folder { configuration.addFileRoot(folder.removingLastComponent()) }
        engine = try TransferEngine(configuration, mirror.fileSystem, mirror.logger)
    }

    /// The URL of a project's page.
    func pageURL(of name: ProjectName) -> String { settings.url.text + name.normalized + "/" }

    /// Asks for the root list, or for whether it is another one than that with a validator.
    func rootList(validator: String?) async -> Answer {
        await ask(for: urls.page(""), validator: validator)
    }

    /// Asks for a project's page, or for whether it is another one than that with a validator.
    func page(
        of name: ProjectName,
        validator: String?,
        encoding: TransferRequest.Encoding
    ) async -> Answer {
        let page = urls.page(name.normalized + "/")
        return await ask(for: page, validator: validator, encoding: encoding, limit: Self.maximumPageBytes)
    }

    /// The most bytes of a project's page, decoded: the root list may have more, but many pages are here at once.
    private static let maximumPageBytes: UInt64 = 64 << 20

    /// From this size in bytes on, what came of a download that broke off is kept for the next one.
    static let resumableSize: UInt64 = 1 << 20

    /// Where a download is written to.
    struct Destination {
        /// The file.
        let path: FilePath
        /// Whether what is there is gone on with, and what is there after a failure is left.
        let isResumable: Bool
    }

    /// Downloads a file, checked against all that its record says of it.
    ///
    /// - Parameters:
    ///   - url: Its own URL; the upstream's mirrors are asked as its settings say.
    ///   - destination: Where it is written to.
    ///   - size: Its size, where that is known.
    ///   - hashes: Its digests, in hexadecimal, by algorithm.
    ///   - progress: Told how far it has come, on a thread that must not be made to wait for long.
    /// - Returns: The answer, or why there is none.
    func download(
        _ url: String,
        to destination: Destination,
        size: UInt64?,
        hashes: [String: String],
        progress: (@Sendable (BodyProgress) -> Void)? = nil
    ) async -> Result<
        TransferResponse, TransferError
    > {
        var digests: [DigestAlgorithm: [UInt8]] = [:]
        for (name, hex) in hashes {
            guard let algorithm = DigestAlgorithm(rawValue: name), let bytes = [UInt8](hex: hex) else { continue }
            digests[algorithm] = bytes
        }
        return await file(
            url,
            to: destination.isResumable ? .resumable(destination.path) : .file(destination.path),
            .init(size: size, digests: digests),
            progress: progress
        )
    }

    /// Downloads a sidecar into memory.
    ///
    /// - Parameters:
    ///   - url: Its URL.
    ///   - sha256: The SHA-256 that it must have, where that is known.
    ///   - limit: The most bytes that it may have.
    /// - Returns: The answer, with its bytes.
    func document(
        _ url: String,
        sha256: String?,
        limit: UInt64
    ) async -> Result<TransferResponse, TransferError> {
        let digests = sha256.flatMap { [UInt8](hex: $0) }.map { [DigestAlgorithm.sha256: $0] } ?? [:]
        return await file(url, to: .memory, .init(digests: digests), limit: limit)
    }

    /// Downloads a provenance document into a file.
    ///
    /// Nobody says which digest it has, so that only its own URL is asked: another server could say who published a file.
    func provenance(_ url: String, to path: FilePath) async -> Result<TransferResponse, TransferError> {
        await engine.perform(
            TransferRequest(
                url: url,
                priority: .file,
                destination: .file(path),
                accept: ProvenanceDocument.mediaType,
                encoding: .identity,
                maximumByteCount: ProvenanceDocument.maximumByteCount
            )
        )
    }

    private func file(
        _ url: String,
        to destination: TransferRequest.Destination,
        _ expectation: TransferRequest.Expectation,
        limit: UInt64? = nil,
        progress: (@Sendable (BodyProgress) -> Void)? = nil
    ) async -> Result<TransferResponse, TransferError> {
        let candidates = urls.file(url)
        var request = TransferRequest(
            url: candidates.url,
            alternatives: candidates.alternatives,
            priority: .file,
            destination: destination,
            encoding: .identity,
            maximumByteCount: limit,
            expectation: expectation
        )
        request.progress = progress
        return await engine.perform(request)
    }

    private func ask(
        for page: CandidateURLs.Page,
        validator: String?,
        encoding: TransferRequest.Encoding = .compressed,
        limit: UInt64? = nil
    ) async -> Answer {
        let first = await ask(page.first, validator: validator, encoding, limit: limit)
        guard case .gone = first, let second = page.second else { return first }
        return await ask(second, validator: validator, encoding, limit: limit)
    }

    private func ask(
        _ candidates: CandidateURLs.Candidates,
        validator: String?,
        _ encoding: TransferRequest.Encoding,
        limit: UInt64?
    ) async -> Answer {
        var request = TransferRequest.page(
            candidates.url,
            alternatives: candidates.alternatives,
            accept: Self.accept,
            validators: .init(etag: validator)
        )
        request.maximumByteCount = limit
        request.encoding = encoding
        switch await engine.perform(request) {
        case .success(let response) where response.isNotModified: return .unchanged
        case .success(let response):
            return .page(
                response,
                contentType: CandidateURLs.contentType(of: response.finalURL) ?? response.contentType
            )
        case .failure(let error):
            // What a mirror lacks says nothing of the upstream, which failed before the mirror was asked.
            guard error.fallbacks.isEmpty else { return .failed(error) }
            switch error.code {
            case .status(404, _), .status(410, _), .fileNotFound: return .gone(error)
            default: return .failed(error)
            }
        }
    }
}

extension TransferResponse {
    /// What to ask the upstream with the next time; `nil` when another host answered in its place.
    var validator: String? { fallbacks.isEmpty ? etag : nil }
}
