internal import Catalog
internal import Configuration
internal import Digest
internal import FileIO
internal import Logging
internal import ObjectStore
internal import Packaging
internal import Publication
internal import Record
internal import Scheduling
package import ServedTree
internal import Streamer
internal import SystemPackage
internal import Transfer

/// Fetches files of published records when somebody asks for them, once however many ask, and keeps them.
///
/// They come by the engines, settings, mirror lists, credentials and checks of a sync. What is kept is committed in groups
/// beside those of a sync that may run; records stay as they are.
package final class OnDemandFiles: Sendable {
    /// What there is of a file.
    package enum Answer: Sendable {
        /// This.
        case found(PackageContent)
        /// No page leads to it.
        case absent
        /// It cannot be had now, and why.
        case failed(String)
        /// Too many ask for too much.
        case busy
    }

    /// The most files that are fetched or looked up at a time.
    private static let limit = 1_024

    private let mirror: MirrorRoot
    private let upstreams: Upstreams
    private let keeps: Bool
    private let folder: StreamingFolder
    private let committer: Locked<GroupCommit>
    private let failures = RecentFailures(for: .seconds(60))
    private let downloads = Locked<[SHA256Digest: SharedDownload]>([:])
    private let names = Locked(0)
    private let asked = Locked(0)

    /// Begins to serve a mirror's files.
    ///
    /// - Parameter mirror: The mirror, whose `[select] files` says whether what comes is kept.
    /// - Throws: ``MirrorError``; `usage` when the configuration has all files downloaded by syncs.
    package init(of mirror: MirrorRoot) throws(MirrorError) {
        let files = mirror.configuration.selection.files
        guard files.areServedOnDemand else {
            throw .usage(
                "a sync downloads all files of this mirror; set `files = \"on-demand\"` in [select] of larder.toml"
            )
        }
        self.mirror = mirror
        keeps = files == .onDemand
        upstreams = try Upstreams(of: mirror)
        let name = mirror.objects.newStagingPath().lastComponent?.stem ?? "server"
        folder = try StreamingFolder(root: mirror.path, name: name, fileSystem: mirror.fileSystem)
        committer = Locked(GroupCommit(mirror))
    }

    /// Ends all downloads, and waits until what came is kept.
    package func shutdown() async {
        upstreams.shutdown()
        try? await committer.withLock { $0 }.finish()
        try? mirror.fileSystem.removeTree(folder.path)
    }

    /// What there is of a file.
    ///
    /// - Parameters:
    ///   - filename: Its name.
    ///   - path: Its directory below `packages/`.
    ///   - isHead: Whether nobody asks for its bytes, so that none are fetched.
    /// - Returns: The answer, once there is one: for a file that is on its way, with its first bytes.
    package func answer(_ filename: String, at path: String, isHead: Bool) async -> Answer {
        let isAdmitted = asked.withLock { count in
            guard count < Self.limit * 16 else { return false }
            count += 1
            return true
        }
        guard isAdmitted else { return .busy }
        defer { asked.withLock { $0 -= 1 } }
        let mirror = mirror
        do {
            let found = try await mirror.workers.runWrapping { () throws -> (FoundFile, LinkedFile?)? in
                guard let found = try mirror.publishedFile(filename, at: path) else { return nil }
                guard found.isHere else {
                    if !isHead { try mirror.checkFetching(found.file) }
                    return (found, nil)
                }
                // A crash may have come between the object and its name.
                mirror.link(found)
                return (found, try LinkedFile.open(mirror.objects.path(of: found.digest)))
            }
            guard let (found, file) = found else { return .absent }
            if let file { return .found(.file(file)) }
            guard found.file.state == .known else { return .failed("the mirror lacks it; a sync gets it again") }
            if isHead { return .found(.known(size: found.file.size, digest: found.digest.hex)) }
            return await fetched(found)
        } catch MirrorError.indexReplaced {
            return .failed("the index was made anew since `larder serve` began; it has to be started again")
        } catch MirrorError.noSpace {
            return .failed("the disk of the mirror has no room for it")
        } catch {
            mirror.logger.error("\(filename): \(error)")
            return .failed("the mirror cannot look it up now")
        }
    }

    // MARK: - Fetching

    private func fetched(_ found: FoundFile) async -> Answer {
        if let reason = failures.reason(found.digest) { return .failed(reason) }
        guard let upstream = upstreams[found.project] else { return .failed("no [[upstream]] claims \(found.project)") }
        let joined = downloads.withLock { downloads -> (SharedDownload, path: FilePath?)? in
            if let running = downloads[found.digest] { return (running, nil) }
            guard downloads.count < Self.limit else { return nil }
            let path = folder.path.appending("\(nextName()).part")
            let size = found.file.isSizeOurs ? nil : found.file.size
            let download = SharedDownload(at: path, size: size)
            downloads[found.digest] = download
            return (download, path)
        }
        guard let (download, path) = joined else { return .busy }
        if let path {
            // It goes on whoever goes away.
            Task.detached { await self.fetch(found, from: upstream, to: path, download) }
        }
        return await withCheckedContinuation { continuation in
            download.begin { beginning in
                switch beginning {
                case .failed(let reason): continuation.resume(returning: .failed(reason))
                case .reader(let file, let version):
                    let content = PackageContent.growing(
                        file,
                        size: download.size,
                        digest: found.digest.hex,
                        lastModified: version.lastModified
                    )
                    continuation.resume(returning: .found(content))
                }
            }
        }
    }

    private func nextName() -> Int {
        names.withLock { names in
            names += 1
            return names
        }
    }

    /// Fetches a file, and keeps it.
    private func fetch(
        _ found: FoundFile,
        from upstream: Upstream,
        to path: FilePath,
        _ download: SharedDownload
    ) async {
        var hashes = found.file.hashes
        hashes["sha256"] = found.digest.hex
        let result = await upstream.download(
            found.file.url,
            to: Upstream.Destination(path: path, isResumable: false),
            size: download.size,
            hashes: hashes,
            progress: { download.note($0) }
        )
        switch result {
        case .success(let response):
            download.complete(response.size)
            await keep(StagedObject(path: path, digest: found.digest, size: response.size), found)
        case .failure(let error):
            let reason = "\(found.file.filename) cannot be had from upstream: \(error)"
            mirror.logger.warning("\(reason)")
            failures.note(found.digest, reason)
            download.fail(reason)
            end(found.digest)
        }
    }

    /// Makes what came an object with its name, and lets others find it there.
    private func keep(_ staged: StagedObject, _ found: FoundFile) async {
        guard keeps else {
            try? mirror.fileSystem.removeIfPresent(staged.path)
            return end(found.digest)
        }
        let (mirror, committer) = (mirror, committer.withLock { $0 })
        await committer.submit(
            staged,
            of: found.key,
            isArrival: {
                mirror.link(found)
                self.end(staged.digest)
            }
        )
        // What waits would otherwise wait for more.
        do throws(MirrorError) {
            try await committer.finish()
        } catch {
            mirror.logger.error("\(found.file.filename) is not kept: \(error)")
            end(staged.digest)
            // After a failed group nothing is committed any more.
            self.committer.withLock { if $0 === committer { $0 = GroupCommit(mirror) } }
        }
    }

    private func end(_ digest: SHA256Digest) {
        downloads.withLock { _ = $0.removeValue(forKey: digest) }
    }
}
