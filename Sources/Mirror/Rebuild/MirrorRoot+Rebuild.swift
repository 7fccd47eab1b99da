internal import Catalog
internal import Configuration
package import FileIO
internal import Packaging
internal import Publication
internal import Scheduling
package import SystemPackage

extension MirrorRoot {
    /// Makes the whole index of a mirror anew from records, objects and the published tree.
    ///
    /// The old index is not opened, so that it may be in any state. The new one is made beside it, takes its place in
    /// one step, and knows the same tree (I12). Objects are taken by name and size, as never verified; sidecars, and
    /// those that no record speaks of, are hashed, since nothing tells their size. What is wrong is reported and left
    /// as it is.
    ///
    /// Everybody who places objects or records holds the lock that it holds, so that none changes meanwhile.
    ///
    /// - Parameters:
    ///   - path: The root.
    ///   - isRehashing: Whether every object is hashed; one that has other bytes than its name says is left out.
    ///   - fileSystem: What holds the mirror.
    ///   - now: The time in seconds since 1970.
    ///   - progress: Told how far it is.
    /// - Returns: What was found and made.
    /// - Throws: ``MirrorError``; `locked` while another command changes the mirror. The old index is then untouched.
    package static func rebuild(
        at path: FilePath,
        isRehashing: Bool = false,
        fileSystem: any FileSystem = POSIXFileSystem(),
        now: @escaping @Sendable () -> Int64 = Clock.now,
        progress: RebuildProgress = RebuildProgress()
    ) async throws(MirrorError) -> RebuildReport {
        let start = ContinuousClock.now
        try MirrorFiles(root: path, fileSystem: fileSystem).checkFormat()
        let workers = WorkerPool(name: "larder-disk", threadCount: max(2, Clock.processorCount))
        let place = IndexPlace(root: path, fileSystem: fileSystem)
        let lock = try await MirrorLock.whenFree(path, fileSystem, workers) { () throws(MirrorError) in
            try MirrorLock(path, fileSystem: fileSystem)
        }
        defer { lock.release() }
        try await workers.runWrapping {
            try place.settle()
            try place.prepare()
            try lock.excludeServers(path, fileSystem: fileSystem)
        }
        let isWhole = try await makeIndex(at: path, isRehashing, fileSystem, workers, now, progress)
        try await workers.runWrapping { if isWhole { try place.replace() } else { try place.sweep() } }
        var report = progress.snapshot.report
        report.failures.sort()
        report.outcome = !isWhole ? .interrupted : report.failures.isEmpty ? .complete : .partial
        report.seconds = (ContinuousClock.now - start).inSeconds
        return report
    }

    /// Makes the new index, and closes it.
    ///
    /// - Returns: Whether it is whole; false after an interruption.
    private static func makeIndex(
        at path: FilePath,
        _ isRehashing: Bool,
        _ fileSystem: any FileSystem,
        _ workers: WorkerPool,
        _ now: @escaping @Sendable () -> Int64,
        _ progress: RebuildProgress
    ) async throws(MirrorError) -> Bool {
        // Without a configuration that can be read, the next command that has one renders everything anew.
        let configuration = try? MirrorFiles(root: path, fileSystem: fileSystem).configuration()
        let settings = configuration.map { ViewSettings($0) } ?? .bare
        var catalog: Catalog
        do throws(CatalogError) {
            catalog = try Catalog(root: path, directory: IndexPlace.newName, fileSystem: fileSystem)
        } catch {
            throw .catalog(error)
        }
        let isWhole = try await Rebuilder(
            root: path,
            fileSystem: fileSystem,
            catalog: catalog,
            settings: settings,
            linkKind: configuration.map { LinkKind($0.publication) },
            workers: workers,
            isRehashing: isRehashing,
            now: now,
            progress: progress
        ).make()
        // A thread may let go of its last job only now. Closing the index when it is open again under its new name
        // would drop the locks of the process.
        while !isKnownUniquelyReferenced(&catalog) { try? await Task.sleep(for: .milliseconds(1)) }
        return isWhole
    }
}
