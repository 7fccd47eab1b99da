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
    private static let jsonType = "application/vnd.pypi.simple.v1+json"

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
    private let isLocal: Bool

    /// Starts an engine for the upstream of a configuration.
    init(_ mirror: MirrorRoot) throws(MirrorError) {
        let settings = mirror.configuration.upstream
        base = settings.url.text
        isLocal = settings.url.scheme == .file
        let configuration: TransferConfiguration
        do throws(ConfigurationError) {
            configuration = try TransferConfiguration(settings, secret: mirror.secret)
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
            throw .upstream("\(error)")
        }
    }

    /// The URL of a project's page.
    func pageURL(of name: ProjectName) -> String { base + name.normalized + "/" }

    /// The URL of the root list.
    var rootURL: String { base }

    /// Asks for the root list, or for whether it is another one than that with a validator.
    func rootList(validator: String?) async -> Answer {
        await ask(for: rootURL, validator: validator)
    }

    /// Asks for a project's page, or for whether it is another one than that with a validator.
    func page(of name: ProjectName, validator: String?) async -> Answer {
        await ask(for: pageURL(of: name), validator: validator)
    }

    /// Downloads a file, checked against all that its record says of it.
    func download(
        _ url: String,
        to path: FilePath,
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
        return await engine.perform(.file(url, to: path, expectation: .init(size: size, digests: digests)))
    }

    private func ask(for url: String, validator: String?) async -> Answer {
        guard isLocal else { return await ask(exactly: url, contentType: nil, validator: validator) }
        // A directory has no page of its own under `file://`: its index files are named.
        let json = await ask(exactly: url + "index.v1_json", contentType: Self.jsonType, validator: validator)
        guard case .gone = json else { return json }
        return await ask(exactly: url + "index.html", contentType: "text/html", validator: validator)
    }

    private func ask(exactly url: String, contentType: String?, validator: String?) async -> Answer {
        let request = TransferRequest.page(url, accept: Self.accept, validators: .init(etag: validator))
        switch await engine.perform(request) {
        case .success(let response) where response.isNotModified: return .unchanged
        case .success(let response): return .page(response, contentType: contentType ?? response.contentType)
        case .failure(let error):
            switch error.code {
            case .status(404, _), .status(410, _), .fileNotFound: return .gone(error)
            default: return .failed(error)
            }
        }
    }
}

extension TransferConfiguration {
    /// How servers are reached, as the configuration says.
    init(_ settings: Configuration.Upstream, secret: UpstreamSecret?) throws(ConfigurationError) {
        self.init()
        connections = settings.connections
        connectionsPerHost = settings.connectionsPerHost
        connectTimeout = settings.connectTimeout
        firstByteTimeout = settings.firstByteTimeout
        stallTimeout = settings.stallTimeout
        retries = settings.retries
        caFile = settings.caFile
        clientCertificate = settings.clientCertificate
        clientKey = settings.clientKey
        isInsecure = settings.insecure
        switch try settings.credentials(secret) {
        case nil: break
        case .basic(let username, let password):
            credentials = .basic(userName: username, password: password.value)
        case .bearer(let token): credentials = .bearer(token.value)
        }
        identityOrigins = [settings.url.text]
        proxy = settings.proxyURL(secret)?.value
        userAgent = Self.userAgent(version: LarderVersion.current, contact: settings.contact)
        headers = settings.headers.map { (name: $0.key, value: $0.value.value) }.sorted { $0.name < $1.name }
        fileRoots = settings.fileRoots
        if let folder = settings.url.folder {
            // Files lie beside the index: `simple/` and `packages/` are in one folder. That folder is `web` in another
            // mirror, whose links lead to its root.
            let tree = folder.removingLastComponent()
            fileRoots.append(tree)
            if tree.lastComponent?.string == "web" { fileRoots.append(tree.removingLastComponent()) }
        }
    }
}
