internal import Configuration
internal import FileIO
internal import Logging
internal import SystemPackage
internal import Transfer

/// How the servers of a fetch are reached: one engine, or one for each upstream of a mirror.
struct FetchServers: Sendable {
    /// What the engines are started with.
    struct Settings: Sendable {
        /// The upstreams of the mirror; empty without one.
        private let upstreams: [UpstreamAccess]
        /// Those of each upstream; the defaults without a mirror.
        fileprivate(set) var configurations: [TransferConfiguration]

        /// Reads what a mirror says; the defaults without one.
        init(_ root: FilePath?, _ fileSystem: any FileSystem, _ options: FetchOptions) throws(MirrorError) {
            if let root {
                let files = MirrorFiles(root: root, fileSystem: fileSystem)
                try files.checkFormat()
                upstreams = try files.upstreams(of: try files.configuration())
                var read: [TransferConfiguration] = []
                for upstream in upstreams { read.append(try TransferConfiguration(upstream)) }
                configurations = read
            } else {
                upstreams = []
                var configuration = TransferConfiguration()
                configuration.userAgent = TransferConfiguration.userAgent(version: LarderVersion.current, contact: nil)
                configuration.fileRoots = Self.folders(of: options.urls)
                configurations = [configuration]
            }
            guard let connections = options.connections else { return }
            for index in configurations.indices { configurations[index].connections = connections }
        }

        /// The place of the one by which a URL is reached.
        fileprivate func place(for url: String) -> Int { upstreams.count < 2 ? 0 : upstreams.place(for: url) }

        /// The one by which a URL is reached.
        func configuration(for url: String) -> TransferConfiguration { configurations[place(for: url)] }

        /// The folders of `file://` URLs that somebody named one by one; a list may come from elsewhere, and names none.
        private static func folders(of urls: [String]) -> [FilePath] {
            urls.compactMap { url in
                guard let item = try? FetchItem(parsing: url), item.isLocal else { return nil }
                return item.localFolder
            }
        }
    }

    /// One for each of the settings.
    let engines: [TransferEngine]
    private let settings: Settings

    /// Starts the engines.
    init(_ settings: Settings, _ fileSystem: any FileSystem, _ logger: Logger) throws(MirrorError) {
        self.settings = settings
        var engines: [TransferEngine] = []
        for configuration in settings.configurations {
            engines.append(try TransferEngine(configuration, fileSystem, logger))
        }
        self.engines = engines
    }

    /// The engine by which a URL is asked for.
    func engine(for url: String) -> TransferEngine { engines[settings.place(for: url)] }

    /// Ends the engines.
    func shutdown() {
        for engine in engines { engine.shutdown() }
    }
}
