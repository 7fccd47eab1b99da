internal import Configuration
internal import Digest
internal import FileIO
internal import Logging
internal import Packaging
internal import SimpleIndex
internal import SystemPackage
internal import Transfer

/// The index that a mirror downloads from: its URLs, and what its answers mean.
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
    private let base: String
    private let urls: CandidateURLs

    /// Starts an engine for the upstream of a configuration.
    ///
    /// - Parameters:
    ///   - mirror: The mirror.
    ///   - other: Another index that is asked through the same engine; it gets none of the upstream's credentials.
    /// - Throws: ``MirrorError`` for settings that cannot be used.
    init(_ mirror: MirrorRoot, and other: IndexURL? = nil) throws(MirrorError) {
        let settings = mirror.configuration.upstream
        base = settings.url.text
        urls = CandidateURLs(settings)
        var configuration: TransferConfiguration
        do throws(ConfigurationError) {
            configuration = try TransferConfiguration(
                settings,
                secret: mirror.secret,
                environment: mirror.environment
            )
            // Files lie beside the index, as the upstream's do.
            if let folder = other?.folder { configuration.addFileRoot(folder.removingLastComponent()) }
        } catch {
            throw .configuration(error)
        }
        do throws(TransferError) {
            engine = try TransferEngine(
                configuration: configuration,
                fileSystem: mirror.fileSystem,
                logger: mirror.logger
            )
        } catch {
            if case .local(let cause) = error.code { throw .file(cause) }
            throw .upstream("\(error)")
        }
    }

    /// Another index, asked through the same engine as the upstream.
    init(_ index: IndexURL, through upstream: Upstream) {
        engine = upstream.engine
        base = index.text
        urls = CandidateURLs(Configuration.Upstream(url: index))
    }

    /// The URL of a project's page.
    func pageURL(of name: ProjectName) -> String { base + name.normalized + "/" }

    /// Asks for the root list, or for whether it is another one than that with a validator.
    func rootList(validator: String?) async -> Answer {
        await ask(for: urls.page(""), validator: validator)
    }

    /// Asks for a project's page, or for whether it is another one than that with a validator.
    func page(of name: ProjectName, validator: String?) async -> Answer {
        await ask(for: urls.page(name.normalized + "/"), validator: validator, limit: Self.maximumPageBytes)
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
    func download(
        _ url: String,
        to destination: Destination,
        size: UInt64?,
        hashes: [String: String]
    ) async -> Result<
        TransferResponse, TransferError
    > {
        var digests: [DigestAlgorithm: [UInt8]] = [:]
        for (name, hex) in hashes {
            guard let algorithm = DigestAlgorithm(rawValue: name), let bytes = [UInt8](hex: hex) else { continue }
            digests[algorithm] = bytes
        }
        let candidates = urls.file(url)
        return await engine.perform(
            TransferRequest(
                url: candidates.url,
                alternatives: candidates.alternatives,
                priority: .file,
                destination: destination.isResumable ? .resumable(destination.path) : .file(destination.path),
                encoding: .identity,
                expectation: .init(size: size, digests: digests)
            )
        )
    }

    private func ask(for page: CandidateURLs.Page, validator: String?, limit: UInt64? = nil) async -> Answer {
        let first = await ask(page.first, validator: validator, limit: limit)
        guard case .gone = first, let second = page.second else { return first }
        return await ask(second, validator: validator, limit: limit)
    }

    private func ask(_ candidates: CandidateURLs.Candidates, validator: String?, limit: UInt64?) async -> Answer {
        var request = TransferRequest.page(
            candidates.url,
            alternatives: candidates.alternatives,
            accept: Self.accept,
            validators: .init(etag: validator)
        )
        request.maximumByteCount = limit
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

extension TransferConfiguration {
    /// How servers are reached, as the configuration says.
    ///
    /// - Parameters:
    ///   - settings: The table `[upstream]`.
    ///   - secret: What `upstream.secret` holds.
    ///   - environment: What the environment holds.
    /// - Throws: `ConfigurationError` for files of credentials that cannot be used.
    init(
        _ settings: Configuration.Upstream,
        secret: UpstreamSecret?,
        environment: UpstreamSecret
    ) throws(ConfigurationError) {
        self.init()
        connections = settings.connections
        connectionsPerHost = settings.connectionsPerHost
        connectTimeout = settings.connectTimeout
        firstByteTimeout = settings.firstByteTimeout
        stallTimeout = settings.stallTimeout
        requestsPerSecond = settings.requestsPerSecond.map { Double($0) }
        bytesPerSecond = settings.bytesPerSecond.map { UInt64($0.bytes) }
        retries = settings.retries
        caFile = settings.caFile
        clientCertificate = settings.clientCertificate
        clientKey = settings.clientKey
        pins = settings.pins
        isInsecure = settings.insecure
        switch try settings.credentials(secret, environment: environment) {
        case nil: break
        case .basic(let username, let password):
            credentials = .basic(userName: username, password: password.value)
        case .bearer(let token): credentials = .bearer(token.value)
        }
        netrcFile = try settings.netrcFile(secret, environment: environment)
        identityOrigins = [settings.url.text]
        proxy = settings.proxyURL(secret, environment: environment)?.value
        noProxy = settings.noProxy?.joined(separator: ",")
        userAgent = Self.userAgent(version: LarderVersion.current, contact: settings.contact)
        headers = settings.headers.map { (name: $0.key, value: $0.value.value) }.sorted { $0.name < $1.name }
        allowsFTP = settings.allowsFTP
        fileRoots = settings.fileRoots
        // Files lie beside the index: `simple/` and `packages/` are in one folder.
        for folder in ([settings.url] + settings.indexMirrors).compactMap(\.folder) {
            addFileRoot(folder.removingLastComponent())
        }
        for case .mirror(let base) in settings.fileSources {
            if let folder = base.folder { addFileRoot(folder) }
        }
    }

    /// Allows the files of a tree, which is `web` in another mirror, whose links lead to its root.
    fileprivate mutating func addFileRoot(_ tree: FilePath) {
        fileRoots.append(tree)
        if tree.lastComponent?.string == "web" { fileRoots.append(tree.removingLastComponent()) }
    }
}
