internal import Configuration
internal import Digest
package import FileIO
package import Logging
internal import Scheduling
package import SystemPackage
internal import Transfer

/// Downloads files from URLs, many at once, checks them, and makes them durable: what `larder fetch` does.
///
/// A thin wrapper over the engine: what a URL ends with here is what `TransferEngine` says of it. Requests are handed
/// over through a window, so that a list of any length makes no more tasks than that.
package struct FetchRun: Sendable {
    /// How many URLs are looked at on the disk at once, before they are asked for.
    private static let batchSize = 64

    /// Whether certificates are taken without checking them, which nobody is to forget.
    package let isInsecure: Bool
    let options: FetchOptions
    let fileSystem: any FileSystem
    let servers: FetchServers
    let list: FetchList
    private let total: Int
    private let window: Int
    private let workers: WorkerPool
    private let progress: FetchProgress

    /// Reads the list, checks all URLs, and starts an engine.
    ///
    /// - Parameters:
    ///   - options: What is asked for.
    ///   - root: A mirror whose upstreams say how servers are reached; `nil` for the defaults.
    ///   - fileSystem: What holds the files.
    ///   - logger: Where events are told that are no result.
    ///   - progress: What hears how far it is.
    /// - Throws: ``MirrorError``; nothing was asked for and nothing written then.
    package init(
        _ options: FetchOptions,
        mirror root: FilePath?,
        fileSystem: any FileSystem = POSIXFileSystem(),
        logger: Logger,
        progress: FetchProgress = FetchProgress()
    ) async throws(MirrorError) {
        self.options = options
        self.fileSystem = fileSystem
        self.progress = progress
        workers = WorkerPool(name: "larder-disk", threadCount: 2)
        let settings = try FetchServers.Settings(root, fileSystem, options)
        list = FetchList(arguments: options.urls, text: try await options.list?.read(on: workers) ?? [])
        // Whoever ended us while the list came in wants nothing of its first half.
        total = Task.isCancelled ? 0 : try list.check(options) { settings.configuration(for: $0).allowsFTP }
        isInsecure = settings.configurations.contains(where: \.isInsecure)
        window = max(64, 8 * (settings.configurations.map(\.connections).max() ?? 0))
        servers = try FetchServers(settings, fileSystem, logger)
        progress.watch(servers.engines, total: total)
    }

    /// Downloads everything.
    ///
    /// Cancelling the task ends it soon; what had come by then is committed.
    ///
    /// - Returns: What became of each URL. All that it calls downloaded or present survives a power cut.
    /// - Throws: ``MirrorError`` for what stops the whole run, such as a full disk.
    package func run() async throws(MirrorError) -> FetchReport {
        let start = ContinuousClock.now
        defer { servers.shutdown() }
        let report = Locked(FetchReport())
        report.withLock { $0.requested = total }
        let listing = options.listsFiles
        let settled: @Sendable (FetchedFile) -> Void = { [progress] file in
            report.withLock { $0.add(file, listing: listing) }
            progress.add(file)
        }
        if !Task.isCancelled {
            let directory = try prepareDirectory()
            let lock = try FileHandle.locked(directory: directory, fileSystem)
            defer { withExtendedLifetime(lock) {} }
            let commit = FetchCommit(
                barrier: try barrier(of: directory),
                overwrites: options.overwrites,
                fileSystem: fileSystem,
                settled: settled
            )
            do {
                try await downloadAll(into: directory, commit, settled)
            } catch {
                // What had come before the error is whole, and is kept if the disk allows it.
                try? await commit.finish()
                throw error
            }
            do throws(FileError) {
                try await commit.finish()
            } catch {
                throw .file(error)
            }
        }
        var result = report.withLock { $0 }
        result.conclude(isInterrupted: Task.isCancelled)
        result.statistics = servers.engines.statistics
        result.seconds = (ContinuousClock.now - start).inSeconds
        return result
    }

    private func barrier(of directory: FilePath) throws(MirrorError) -> FileSystemBarrier {
        do throws(FileError) {
            return try FileSystemBarrier(holding: directory, fileSystem: fileSystem)
        } catch {
            throw .file(error)
        }
    }

    private func downloadAll(
        into directory: FilePath,
        _ commit: FetchCommit,
        _ settled: @escaping @Sendable (FetchedFile) -> Void
    ) async throws(MirrorError) {
        let names = try await FetchDownload.names(in: directory, fileSystem, on: workers)
        let download = FetchDownload(run: self, workers: workers, names: names, commit: commit, settled: settled)
        var entries = list.makeIterator()
        var isAtEnd = false
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                var running = 0
                while !isAtEnd, !Task.isCancelled {
                    var batch: [FetchList.Entry] = []
                    while batch.count < Self.batchSize, let entry = entries.next() { batch.append(entry) }
                    isAtEnd = batch.count < Self.batchSize
                    for wanted in try await download.look(at: batch, in: directory) {
                        if running == window {
                            try await group.next()
                            running -= 1
                        }
                        if Task.isCancelled { break }
                        group.addTask { try await download.get(wanted) }
                        running += 1
                    }
                }
                try await group.waitForAll()
            }
        } catch {
            throw MirrorError(wrapping: error)
        }
    }

    /// The directory of all files, made when it is missing.
    private func prepareDirectory() throws(MirrorError) -> FilePath {
        do throws(FileError) {
            switch options.destination {
            case .directory(let path):
                try fileSystem.makeDirectories(path)
                return path
            case .file(let path):
                guard let name = path.lastComponent, name.kind == .regular else {
                    throw FileError(operation: "open", path: path, errno: .isDirectory)
                }
                return path.removingLastComponent()
            }
        } catch {
            throw .file(error)
        }
    }
}
