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

    /// The most files that are fetched at a time.
    private static let fetchLimit = 1_024
    /// The most that are fetched or wait for their group; each of them is an open file.
    private static let heldLimit = 8_192
    /// The most questions at a time.
    private static let questionLimit = 16_384
    /// How long a group waits for more, in steps of 10 ms: what was sent already need not be kept as soon as it can be, nor
    /// as files of a sync are, of which more are sure to come.
    private static let gatheringSteps = 5

    /// Where what comes is committed: with the index that was open then.
    private struct Committing {
        let mirror: MirrorRoot
        let committer: GroupCommit
    }

    /// What is fetched, or was and is not kept yet.
    private struct Downloads {
        var all: [FoundFile.ID: SharedDownload] = [:]
        var fetching = 0
    }

    private let served: ServedMirror
    private let logger: Logger
    private let fileSystem: any FileSystem
    private let upstreams: Upstreams
    private let keeps: Bool
    private let folder: StreamingFolder
    private let committing = Locked<Committing?>(nil)
    private let recent = RecentRecords()
    private let failures = RecentFailures<FoundFile.ID>(for: .seconds(60))
    private let downloads = Locked(Downloads())
    private let names = Locked(0)
    private let asked = Locked(0)

    /// Begins to serve a mirror's files.
    ///
    /// - Parameter served: The mirror, whose `[select] files` says whether what comes is kept.
    /// - Throws: ``MirrorError``; `usage` when the configuration has all files downloaded by syncs.
    package init(of served: ServedMirror) async throws(MirrorError) {
        let mirror = await served.current
        let files = mirror.configuration.selection.files
        guard files.areServedOnDemand else {
            throw .usage(
                "a sync downloads all files of this mirror; set `files = \"on-demand\"` in [select] of larder.toml"
            )
        }
        self.served = served
        (logger, fileSystem) = (mirror.logger, mirror.fileSystem)
        keeps = files == .onDemand
        upstreams = try Upstreams(of: mirror)
        let name = mirror.objects.newStagingPath().lastComponent?.stem ?? "server"
        folder = try StreamingFolder(root: mirror.path, name: name, fileSystem: mirror.fileSystem)
    }

    /// Ends all downloads, and waits until what came is kept; to be called once nobody asks any more.
    package func shutdown() async {
        upstreams.shutdown()
        let end = ContinuousClock.now + Self.patience
        // What just came is on its way to a committer.
        while downloads.withLock({ !$0.all.isEmpty }), ContinuousClock.now < end {
            try? await committing.withLock { $0 }?.committer.finish()
            // Whoever asks for this was cancelled, as a rule, and could not sleep.
            await Task.detached { try? await Task.sleep(for: .milliseconds(10)) }.value
        }
        try? fileSystem.removeTree(folder.path)
    }

    /// How long the end waits for what came.
    private static let patience = Duration.seconds(30)

    /// What there is of a file.
    ///
    /// - Parameters:
    ///   - filename: Its name.
    ///   - path: Its directory below `packages/`.
    ///   - isHead: Whether nobody asks for its bytes, so that none are fetched.
    /// - Returns: The answer, once there is one: for a file that is on its way, with its first bytes.
    package func answer(_ filename: String, at path: String, isHead: Bool) async -> Answer {
        let isAdmitted = asked.withLock { count in
            guard count < Self.questionLimit else { return false }
            count += 1
            return true
        }
        guard isAdmitted else { return .busy }
        defer { asked.withLock { $0 -= 1 } }
        do {
            let mirror = await served.current
            do {
                return try await self.answer(filename, at: path, isHead: isHead, in: mirror)
            } catch MirrorError.indexReplaced {
                return try await self.answer(filename, at: path, isHead: isHead, in: reopened(from: mirror))
            }
        } catch MirrorError.indexReplaced, MirrorError.indexLost {
            return .failed("the index of the mirror is being made anew; ask again in a while")
        } catch MirrorError.noSpace {
            return .failed("the disk of the mirror has no room for it")
        } catch {
            logger.error("\(filename): \(error)")
            return .failed("the mirror cannot look it up now")
        }
    }

    /// The mirror with the index that is there now; what commits to the last one goes.
    private func reopened(from stale: MirrorRoot) async throws(MirrorError) -> MirrorRoot {
        let mirror = try await served.reopened(from: stale)
        committing.withLock { if $0?.mirror !== mirror { $0 = nil } }
        return mirror
    }

    private func answer(
        _ filename: String,
        at path: String,
        isHead: Bool,
        in mirror: MirrorRoot
    ) async throws(MirrorError) -> Answer {
        let recent = recent
        let found = try await mirror.workers.runWrapping { () throws -> (FoundFile, LinkedFile?)? in
            // What an index tells that lost its place is not known to be so any more.
            if try mirror.isIndexReplaced() { throw MirrorError.indexReplaced(mirror.path) }
            guard let found = try mirror.publishedFile(filename, at: path, recent) else { return nil }
            guard found.isHere else {
                if !isHead { try mirror.reserve.check(changes: 1, beside: (found.file.size ?? 0, 0)) }
                return (found, nil)
            }
            // A crash may have come between the object and its name.
            mirror.link(found, recent)
            return (found, try LinkedFile.open(mirror.objects.path(of: found.digest)))
        }
        guard let (found, file) = found else { return .absent }
        if let file { return .found(.file(file)) }
        guard found.file.state == .known else { return .failed("the mirror lacks it; a sync gets it again") }
        if isHead { return .found(.known(size: found.file.size, digest: found.digest.hex)) }
        return await fetched(found)
    }

    // MARK: - Fetching

    private func fetched(_ found: FoundFile) async -> Answer {
        if let reason = failures.reason(found.id) { return .failed(reason) }
        guard let upstream = upstreams[found.project] else { return .failed("no [[upstream]] claims \(found.project)") }
        let joined = downloads.withLock { downloads -> (SharedDownload, path: FilePath?)? in
            if let running = downloads.all[found.id] { return (running, nil) }
            guard downloads.fetching < Self.fetchLimit, downloads.all.count < Self.heldLimit else { return nil }
            let path = folder.path.appending("\(nextName()).part")
            let size = found.file.isSizeOurs ? nil : found.file.size
            let download = SharedDownload(at: path, size: size)
            downloads.all[found.id] = download
            downloads.fetching += 1
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
        downloads.withLock { $0.fetching -= 1 }
        switch result {
        case .success(let response):
            download.complete(response.size)
            await keep(StagedObject(path: path, digest: found.digest, size: response.size), found)
        case .failure(let error):
            let reason = "\(found.file.filename) cannot be had from upstream: \(error)"
            logger.warning("\(reason)")
            failures.note(found.id, reason)
            download.fail(reason)
            end(found)
        }
    }

    /// Makes what came an object with its name, and lets others find it there.
    private func keep(_ staged: StagedObject, _ found: FoundFile) async {
        guard keeps else {
            try? fileSystem.removeIfPresent(staged.path)
            return end(found)
        }
        // The index may have been replaced since the file was found.
        let mirror = await served.current
        let committer = committer(of: mirror)
        await committer.submit(staged, of: found.key) { [self] result in
            switch result {
            case .success: mirror.link(found, recent)
            case .failure(let error):
                logger.error("\(found.file.filename) is not kept: \(error)")
                // After a failed group nothing is committed any more.
                committing.withLock { if $0?.committer === committer { $0 = nil } }
            }
            end(found)
        }
    }

    /// What commits to a mirror now.
    private func committer(of mirror: MirrorRoot) -> GroupCommit {
        committing.withLock { committing in
            if let committing, committing.mirror === mirror { return committing.committer }
            let committer = GroupCommit(mirror, gatheringSteps: Self.gatheringSteps)
            committing = Committing(mirror: mirror, committer: committer)
            return committer
        }
    }

    private func end(_ found: FoundFile) {
        downloads.withLock { _ = $0.all.removeValue(forKey: found.id) }
    }
}
