internal import Digest
internal import FileIO
internal import ObjectStore
internal import Packaging
internal import Record
internal import Scheduling
internal import Selection
internal import SimpleIndex
internal import SystemPackage
internal import Transfer
internal import WheelMetadata

/// Finds out what releases of one project need: from the sidecar of a wheel, else from the wheel or the sdist itself.
///
/// One file stands for its release. No code of a package is run.
struct MetadataFetch: Sendable {
    let run: SyncRun
    let source: SyncSource
    let name: ProjectName
    /// The record, for what is here already.
    let record: ProjectRecord?

    private var mirror: MirrorRoot { run.mirror }

    /// What one file says, or why it does not say it.
    enum Answer: Sendable {
        case found(ReleaseRequirements)
        /// The bytes say nothing that can be used.
        case unusable(String)
        /// A file of this name could not be downloaded.
        case failed(String, TransferError)
    }

    /// What a release needs, by the first of some files that tells.
    ///
    /// - Parameters:
    ///   - files: Files of the release, the best first.
    ///   - version: The release.
    /// - Returns: What it needs, the file that said so (`nil` when none did), and whether a download failed.
    /// - Throws: ``MirrorError`` for what stops the whole run.
    func requirements(
        of files: [PageFile],
        _ version: String
    ) async throws(MirrorError) -> (needs: ReleaseRequirements, file: PageFile?, hasFailed: Bool) {
        var problem = "it has no file that could say"
        var failure: (file: String, error: TransferError)?
        var unknown: (ReleaseRequirements, PageFile)?
        var tried = (wheels: 0, sdists: 0)
        for file in files {
            if Task.isCancelled { break }
            // The wheels of a release say the same; one more is asked where one cannot be had.
            if file.filename.hasSuffix(".whl") {
                guard tried.wheels < 2 else { continue }
                tried.wheels += 1
            } else {
                guard tried.sdists < 1 else { continue }
                tried.sdists += 1
            }
            var failed: (file: String, error: TransferError)?
            for answer in try await answers(of: file) {
                switch answer {
                case .found(let needs) where needs.unknown == nil: return (needs, file, false)
                case .found(let needs): unknown = unknown ?? (needs, file)
                case .unusable(let reason): problem = "\(file.filename): \(reason)"
                // Where the file cannot be had either, that is the failure rather than its sidecar.
                case .failed(let name, let error): failed = (name, error)
                }
            }
            failure = failure ?? failed
        }
        if let (file, error) = failure {
            if case .cancelled = error.code {
            } else {
                run.tally.add(Failure(project: name, file: file, error))
            }
            return (ReleaseRequirements(requires: [], unknown: "its metadata could not be downloaded"), nil, true)
        }
        if let (needs, file) = unknown { return (needs, file, false) }
        return (ReleaseRequirements(requires: [], unknown: problem), files.first, false)
    }

    /// What a file says, by each way that there is, until one tells.
    private func answers(of file: PageFile) async throws(MirrorError) -> [Answer] {
        if let local = try await local(file) { return [local] }
        var answers: [Answer] = []
        if file.coreMetadata != nil {
            let answer = try await sidecar(of: file)
            if case .found = answer { return [answer] }
            answers.append(answer)
        }
        answers.append(try await whole(file))
        if case .found? = answers.last { return answers.suffix(1) }
        return answers
    }

    // MARK: Three ways

    /// From what is in the store.
    private func local(_ file: PageFile) async throws(MirrorError) -> Answer? {
        guard let known = record?.files.first(where: { $0.filename == file.filename }), let digest = known.sha256,
            file.sha256.map({ $0 == digest }) ?? (known.url == file.url), known.isPresent
        else { return nil }
        let (objects, fileSystem, sidecar) = (mirror.objects, mirror.fileSystem, known.sidecar.object)
        return try await mirror.workers.runWrapping {
            if let sidecar, file.filename.hasSuffix(".whl") {
                let path = objects.path(of: sidecar)
                if let bytes = try? fileSystem.contents(of: path, limit: WheelMetadata.defaultLimit) {
                    return judge(bytes, of: file)
                }
            }
            if case .found(let needs) = read(objects.path(of: digest), file) { return .found(needs) }
            return nil
        }
    }

    private func sidecar(of file: PageFile) async throws(MirrorError) -> Answer {
        var sha256: String?
        if case .digest(let digest) = file.coreMetadata { sha256 = digest.hex }
        let url = FileFetch.sidecarURL(of: file.url)
        switch await source.upstream.document(url, sha256: sha256, limit: UInt64(WheelMetadata.defaultLimit)) {
        case .success(let response):
            let bytes = response.bytes
            return try await mirror.workers.runWrapping { judge(bytes, of: file) }
        case .failure(let error): return try failed(file.filename + CompanionKind.sidecar.suffix, error)
        }
    }

    /// From the file itself; a large one is left where its own download goes on with it.
    private func whole(_ file: PageFile) async throws(MirrorError) -> Answer {
        var destination = Upstream.Destination(path: mirror.objects.newStagingPath(), isResumable: false)
        if let digest = file.sha256, file.size ?? .max >= Upstream.resumableSize, !run.options.isDryRun {
            let path = mirror.objects.partialPath(of: digest)
            if run.partials.take(path) { destination = Upstream.Destination(path: path, isResumable: true) }
        }
        defer { run.partials.release(destination.path) }
        switch await source.upstream.download(file.url, to: destination, size: file.size, hashes: file.hashes) {
        case .success:
            let (path, fileSystem) = (destination.path, mirror.fileSystem)
            let isKept = destination.isResumable
            return try await mirror.workers.runWrapping {
                let answer = read(path, file)
                if !isKept { try fileSystem.removeIfPresent(path) }
                return answer
            }
        case .failure(let error): return try failed(file.filename, error)
        }
    }

    private func failed(_ file: String, _ error: TransferError) throws(MirrorError) -> Answer {
        if case .local(let cause) = error.code { throw .file(cause) }
        return .failed(file, error)
    }

    /// What a wheel or an sdist says that lies on disk; blocks.
    private func read(_ path: FilePath, _ file: PageFile) -> Answer {
        do throws(WheelMetadataError) {
            let isWheel = file.filename.hasSuffix(".whl")
            let bytes =
                isWheel
                ? try WheelMetadata.read(wheelAt: path, filename: file.filename)
                : try SdistMetadata.read(sdistAt: path, filename: file.filename)
            return judge(bytes, of: file)
        } catch {
            return .unusable("\(error.reason)")
        }
    }

    /// What metadata says, when it is that of the file.
    private func judge(_ bytes: [UInt8], of file: PageFile) -> Answer {
        let metadata = DistributionMetadata(bytes)
        guard let found = metadata.name.flatMap({ ProjectName($0) }), found == name else {
            return .unusable("its metadata is of another project, '\((metadata.name ?? "").printable)'")
        }
        return .found(ReleaseRequirements(metadata, isOfSdist: !file.filename.hasSuffix(".whl")))
    }
}
