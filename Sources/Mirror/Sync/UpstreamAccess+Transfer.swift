internal import Configuration
internal import FileIO
internal import Logging
internal import SystemPackage
internal import Transfer

extension [UpstreamAccess] {
    /// The place of the upstream to reach a URL as: of those of its origin the one that shares most of its path, else the
    /// first.
    ///
    /// An upstream's credentials go to its own origin only, so that a URL elsewhere gets none of the first's.
    func place(for url: String) -> Int {
        guard let asked = try? TransferURL(url) else { return 0 }
        let near = indices.filter { (try? TransferURL(self[$0].settings.url.text).origin) == asked.origin }
        func shared(_ index: Int) -> Int {
            zip(asked.text.utf8, self[index].settings.url.text.utf8).prefix { $0 == $1 }.count
        }
        return near.max { shared($0) < shared($1) } ?? 0
    }
}

extension TransferEngine {
    /// Starts an engine whose failure is one of the mirror.
    ///
    /// - Throws: ``MirrorError`` for settings that cannot be used.
    convenience init(
        _ configuration: TransferConfiguration,
        _ fileSystem: any FileSystem,
        _ logger: Logger
    ) throws(MirrorError) {
        do throws(TransferError) {
            try self.init(configuration: configuration, fileSystem: fileSystem, logger: logger)
        } catch {
            if case .local(let cause) = error.code { throw .file(cause) }
            throw .upstream("\(error)")
        }
    }
}

extension TransferConfiguration {
    /// How the servers of an upstream are reached.
    ///
    /// - Throws: ``MirrorError`` for files of credentials that cannot be used.
    init(_ access: UpstreamAccess) throws(MirrorError) {
        do throws(ConfigurationError) {
            try self.init(reaching: access)
        } catch {
            throw .configuration(error)
        }
    }

    private init(reaching access: UpstreamAccess) throws(ConfigurationError) {
        self.init()
        let (settings, secret, environment) = (access.settings, access.secret, access.environment)
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
    mutating func addFileRoot(_ tree: FilePath) {
        fileRoots.append(tree)
        if tree.lastComponent?.string == "web" { fileRoots.append(tree.removingLastComponent()) }
    }
}
