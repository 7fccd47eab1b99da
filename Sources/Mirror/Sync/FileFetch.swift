internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Packaging
internal import Publication
internal import Record
internal import Scheduling
internal import SimpleIndex
internal import SystemPackage
internal import Transfer
internal import WheelMetadata

/// Gets the files, sidecars and provenance documents of one project that are not here.
struct FileFetch: Sendable {
    let run: SyncRun
    let source: SyncSource
    let name: ProjectName
    let key: ProjectKey

    var mirror: MirrorRoot { run.mirror }

    /// Gets what a merge wants, many files at once, and enters into its record what became of each.
    ///
    /// - Parameter merge: The merge; its wanted files are present or missing with a reason afterwards.
    /// - Returns: Whether anything could not be had.
    /// - Throws: ``MirrorError`` for what stops the whole run, such as a full disk.
    func fetch(_ merge: inout RecordMerge) async throws(MirrorError) -> Bool {
        guard !merge.wanted.isEmpty else { return false }
        run.tally.addPlanned(merge.wanted.map { merge.record.files[$0] }, merge.demand)
        let (files, demand) = (Locked(merge.record.files), merge.demand)
        do {
            // A task that is done has to go at once: with thousands of files, those that wait for the rest fill the memory.
            try await withThrowingDiscardingTaskGroup { group in
                for index in merge.wanted {
                    await source.fileBudget.acquire()
                    if Task.isCancelled || group.isCancelled {
                        source.fileBudget.release()
                        break
                    }
                    group.addTask {
                        defer { source.fileBudget.release() }
                        let file = try await fetch(files.withLock { $0[index] }, demand)
                        files.withLock { $0[index] = file }
                    }
                }
            }
        } catch {
            throw MirrorError(wrapping: error)
        }
        merge.record.files = files.withLock { $0 }
        merge.forgetUnusedPaths()
        return merge.record.isIncomplete
    }

    /// Gets a file and what goes with it, as far as they are not here.
    private func fetch(_ wanted: FileRecord, _ demand: FileDemand) async throws(MirrorError) -> FileRecord {
        var file = wanted
        var staged: StagedObject?
        if demand.downloads(file) {
            staged = try await download(&file)
            run.tally.addDone(file)
            if file.isPresent { file.doubtSidecar() }
        }
        guard file.isKept else { return file }
        guard let digest = file.sha256 else { return file }
        if file.path == nil {
            let (links, filename, url) = (mirror.publisher.links, file.filename, file.url)
            file.path = try await mirror.workers.runWrapping {
                try links.path(for: filename, url: url, digest).text
            }
        }
        if file.lacks(.sidecar) {
            let sidecar =
                file.isPresent
                ? try await fetchSidecar(of: &file, wheel: staged?.path ?? mirror.objects.path(of: digest))
                : try await fetchLoneSidecar(of: &file)
            if let sidecar { await run.committer.submit(sidecar, of: key) }
        }
        if let staged { await run.committer.submit(staged, of: key) }
        // What came need not wait for another server.
        if file.lacks(.provenance), let document = try await fetchProvenance(of: &file, digest) {
            await run.committer.submit(document, of: key)
        }
        return file
    }

    private func download(_ file: inout FileRecord) async throws(MirrorError) -> StagedObject? {
        let size = file.isSizeOurs ? nil : file.size
        // A digest that is known holds, also when the page names it no more.
        var hashes = file.hashes
        if let known = file.sha256 { hashes["sha256"] = known.hex }
        let destination = destination(of: file, size: size, sha256: hashes["sha256"])
        defer { run.partials.release(destination.path) }
        switch await source.upstream.download(file.url, to: destination, size: size, hashes: hashes) {
        case .success(let response):
            guard let digest = response.sha256 else {
                throw .library("\(file.url): the transfer computed no digest")
            }
            file.sha256 = digest
            file.size = response.size
            file.state = .present
            run.tally.addDownload(bytes: response.size, isFile: true)
            let path = try await staged(destination)
            return StagedObject(path: path, digest: digest, size: response.size)
        case .failure(let error):
            let reason = try note(error, file: file.filename)
            // What is had when somebody asks for it still may be.
            if file.state != .known {
                file.state = .missing(reason: reason)
                file.forgetProblems()
            }
            return nil
        }
    }

    /// Where complete bytes wait for their commit: under a name that no other download can have.
    private func staged(_ destination: Upstream.Destination) async throws(MirrorError) -> FilePath {
        guard destination.isResumable else { return destination.path }
        let (path, fileSystem) = (mirror.objects.newStagingPath(), mirror.fileSystem)
        try await mirror.workers.runWrapping { try fileSystem.rename(destination.path, to: path) }
        return path
    }

    /// Where the bytes of a file go: where a later download can go on with them, if that is worth it.
    private func destination(of file: FileRecord, size: UInt64?, sha256: String?) -> Upstream.Destination {
        if let sha256, let digest = SHA256Digest(hex: sha256), size ?? .max >= Upstream.resumableSize {
            let path = mirror.objects.partialPath(of: digest)
            if run.partials.take(path) { return Upstream.Destination(path: path, isResumable: true) }
        }
        return Upstream.Destination(path: mirror.objects.newStagingPath(), isResumable: false)
    }

    /// Gets the sidecar of a wheel and compares it with the metadata within.
    ///
    /// - Returns: The sidecar, when it was downloaded and is right.
    private func fetchSidecar(of file: inout FileRecord, wheel: FilePath) async throws(MirrorError) -> StagedObject? {
        guard file.filename.hasSuffix(".whl") else {
            file.sidecar.problem = .refused(reason: "only the sidecars of wheels can be checked")
            return nil
        }
        let (filename, url) = (file.filename, Self.sidecarURL(of: file.url))
        let (within, isStored): (SHA256Digest, Bool)
        do {
            let (catalog, objects, distrusted) = (mirror.catalog, mirror.objects, run.options.distrusted)
            (within, isStored) = try await mirror.workers.run { () throws -> (SHA256Digest, Bool) in
                let digest = try SHA256Digest.hash(try WheelMetadata.read(wheelAt: wheel, filename: filename))
                let isStored = try catalog.read { catalog throws(CatalogError) in
                    try objects.storedSize(of: digest, catalog, distrusting: distrusted) != nil
                }
                return (digest, isStored)
            }
        } catch let error as CatalogError {
            throw .catalog(error)
        } catch let error as WheelMetadataError {
            // What could not be read may be right. Refused now, the sidecar would never be asked for again.
            if case .failed(let operation, _, let errno) = error.reason {
                throw .file(FileError(operation: operation, path: wheel, errno: errno))
            }
            refuse(.sidecar, of: &file, at: url, "the wheel's own metadata cannot be read: \(error)")
            return nil
        } catch {
            refuse(.sidecar, of: &file, at: url, "the wheel's own metadata cannot be read: \(error)")
            return nil
        }
        if case .digest(let claimed) = file.coreMetadata, claimed != within {
            let reason = "upstream's sidecar has \(claimed), the metadata within the wheel has \(within)"
            refuse(.sidecar, of: &file, at: url, reason)
            return nil
        }
        if isStored {
            file.sidecar = Companion(object: within)
            return nil
        }
        let path = mirror.objects.newStagingPath()
        let destination = Upstream.Destination(path: path, isResumable: false)
        switch await source.upstream.download(url, to: destination, size: nil, hashes: ["sha256": within.hex]) {
        case .success(let response):
            file.sidecar = Companion(object: within)
            run.tally.addDownload(bytes: response.size, isFile: false)
            return StagedObject(path: path, digest: within, size: response.size)
        case .failure(let error):
            if case .wrongDigest = error.code {
                refuse(.sidecar, of: &file, at: url, "upstream's sidecar is not the metadata within the wheel")
            } else {
                let name = filename + CompanionKind.sidecar.suffix
                file.sidecar.problem = .missing(reason: try note(error, file: name))
            }
            return nil
        }
    }

    /// Leaves a companion out until upstream says something else of it, and reports it, once.
    func refuse(_ kind: CompanionKind, of file: inout FileRecord, at url: String, _ reason: String) {
        file[kind].problem = .refused(reason: reason)
        let outcome =
            switch kind {
            case .sidecar: "the wheel is published without sidecar"
            case .provenance: "the file is published without it"
            }
        run.tally.add(
            Failure(project: name, file: file.filename + kind.suffix, url: url, reason: "\(reason); \(outcome)")
        )
    }

    /// Reports a failed transfer, unless it was only cancelled.
    ///
    /// - Returns: The reason in one line.
    func note(_ error: TransferError, file: String) throws(MirrorError) -> String {
        if case .local(let cause) = error.code { throw .file(cause) }
        if case .cancelled = error.code { return "interrupted" }
        run.tally.add(Failure(project: name, file: file, error))
        return "\(error)"
    }

    /// The URL of a sidecar: that of the file with `.metadata` behind its path (PEP 658).
    static func sidecarURL(of url: String) -> String {
        let end = url.firstIndex(of: "?") ?? url.endIndex
        return url[..<end] + CompanionKind.sidecar.suffix + url[end...]
    }
}
