internal import Catalog
internal import Configuration
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Packaging
internal import Publication
internal import Scheduling
internal import SimpleIndex
internal import SystemPackage
internal import Transfer
internal import WheelMetadata

/// Where the bytes of an object may be had, and having them.
extension Repairer {
    /// An object that no source had.
    struct Hopeless: Sendable {
        let object: DamagedObject
        /// What the sources said, in one line.
        let reason: String
    }

    private struct Attempt: Sendable {
        let object: DamagedObject
        var had: Had?
        var reasons: [String] = []
    }

    /// Asks the sources for the bytes of objects, those on this machine first.
    ///
    /// - Returns: The objects whose bytes came, and those that every source was asked for in vain; after an
    ///   interruption, neither.
    func have(_ objects: [DamagedObject]) async throws(MirrorError) -> (had: [Had], hopeless: [Hopeless]) {
        let attempts = Locked<[Attempt]>([])
        let digests = Set(objects.map(\.digest))
        let names = try await onDisk { [mirror] in try mirror.publisher.links.names(of: digests) }
        try await mirror.workers.forEach(count: objects.count) { index throws(MirrorError) in
            if interruption.isRequested { return }
            let attempt = try askThisMachine(objects[index], names[objects[index].digest] ?? [])
            attempts.withLock { $0.append(attempt) }
        }
        var had: [Had] = []
        var rest: [Attempt] = []
        for attempt in attempts.withLock({ $0 }) {
            if let one = attempt.had { had.append(one) } else { rest.append(attempt) }
        }
        var hopeless: [Hopeless] = []
        for attempt in try await askServers(rest) {
            if let one = attempt.had {
                had.append(one)
            } else if !Task.isCancelled {
                let reason = attempt.reasons.isEmpty ? "nothing says where it could be had" : attempt.reasons.last ?? ""
                hopeless.append(Hopeless(object: attempt.object, reason: reason))
            }
        }
        return (had, hopeless)
    }

    // MARK: This machine

    private func askThisMachine(
        _ object: DamagedObject,
        _ names: [PackageLinks.Name]
    ) throws(MirrorError) -> Attempt {
        var attempt = Attempt(object: object)
        // A copy that is published, or a hard link of an object that lost its own name.
        let own = try? mirror.objects.status(of: object.digest)?.identity
        for name in names {
            guard let found = try? mirror.fileSystem.statusIfPresent(name.path), found.kind == .regular,
                found.identity != own
            else { continue }
            guard case .success(let staged) = try copy(name.path, of: object.digest) else { continue }
            attempt.had = Had(object: object, staged: staged, source: PackageLinks.path(of: name.key, name.row))
            return attempt
        }
        for use in object.uses {
            // A sidecar equals the METADATA within its wheel, or it is none.
            guard let (wheel, filename) = use.wheel,
                let bytes = try? WheelMetadata.read(wheelAt: mirror.objects.path(of: wheel), filename: filename),
                (try? SHA256Digest.hash(bytes)) == object.digest
            else { continue }
            let staged = mirror.objects.newStagingPath()
            do throws(FileError) {
                try mirror.fileSystem.write(
                    bytes,
                    toNewFile: staged,
                    permissions: ObjectStore.permissions,
                    durably: false
                )
            } catch {
                throw .file(error)
            }
            attempt.had = Had(
                object: object,
                staged: StagedObject(path: staged, digest: object.digest, size: UInt64(bytes.count)),
                source: filename
            )
            return attempt
        }
        guard case .root(let root) = options.source else { return attempt }
        let path = root.appending("objects").pushing(FilePath(ObjectStore.relativePath(of: object.digest)))
        switch try copy(path, of: object.digest) {
        case .success(let staged): attempt.had = Had(object: object, staged: staged, source: root.string)
        case .failure(let reason): attempt.reasons.append(reason.text)
        }
        return attempt
    }

    /// Why a source does not have an object.
    struct Reason: Error {
        /// The words for it, in one line.
        let text: String
    }

    /// Copies what may be an object, hashing what is written.
    ///
    /// - Throws: ``MirrorError`` when the copy cannot be written; that the source cannot be read is a reason.
    func copy(_ path: FilePath, of digest: SHA256Digest) throws(MirrorError) -> Result<StagedObject, Reason> {
        do throws(CopyError) {
            return .success(try mirror.objects.stageCopy(of: path, expecting: digest))
        } catch {
            switch error {
            case .unreadable(let error): return .failure(Reason(text: "\(error)"))
            case .wrong: return .failure(Reason(text: "\(path): it is damaged as well"))
            case .unwritable(let error): throw .file(error)
            case .digest(let error): throw .library("\(error)")
            }
        }
    }

    // MARK: Servers

    /// Asks the other index and the upstream for objects, many at once.
    private func askServers(_ attempts: [Attempt]) async throws(MirrorError) -> [Attempt] {
        guard !attempts.isEmpty, !Task.isCancelled else { return [] }
        let servers = try servers()
        let upstreams = servers.upstreams
        let other = servers.other.map { OtherPages($0, objects: attempts.map(\.object)) }
        let connections = upstreams.all.reduce(0) { $0 + $1.settings.connections }
        let budget = Budget(items: max(64, connections * 8))
        do {
            return try await withThrowingTaskGroup(of: Attempt.self) { group in
                for attempt in attempts {
                    await budget.acquire()
                    if Task.isCancelled {
                        budget.release()
                        break
                    }
                    group.addTask {
                        defer { budget.release() }
                        return try await askServers(attempt, other, upstreams)
                    }
                }
                var done: [Attempt] = []
                for try await attempt in group { done.append(attempt) }
                return done
            }
        } catch {
            throw MirrorError(wrapping: error)
        }
    }

    private func askServers(
        _ attempt: Attempt,
        _ other: OtherPages?,
        _ upstreams: Upstreams
    ) async throws(MirrorError) -> Attempt {
        var attempt = attempt
        var asked: Set<String> = []
        if let other {
            for use in attempt.object.uses {
                let found = await other.urls(of: attempt.object.digest, use)
                if let problem = found.problem { attempt.reasons.append(problem) }
                for url in found.urls where asked.insert(url).inserted {
                    if try await download(url, from: other.index, &attempt) { return attempt }
                }
            }
        }
        for use in attempt.object.uses {
            guard let url = use.url, asked.insert(url).inserted else { continue }
            guard let upstream = upstreams[use.project] else {
                attempt.reasons.append("no upstream claims \(use.project)")
                continue
            }
            if try await download(url, from: upstream, &attempt) { return attempt }
        }
        return attempt
    }

    /// Downloads what is to be an object; whatever the source says of it, its bytes have to have its digest.
    ///
    /// - Returns: Whether it came.
    private func download(
        _ url: String,
        from upstream: Upstream,
        _ attempt: inout Attempt
    ) async throws(MirrorError) -> Bool {
        let object = attempt.object
        let path = mirror.objects.newStagingPath()
        let result = await upstream.download(
            url,
            to: Upstream.Destination(path: path, isResumable: false),
            size: object.row?.size,
            hashes: ["sha256": object.digest.hex]
        )
        switch result {
        case .success(let response):
            let staged = StagedObject(path: path, digest: object.digest, size: response.size)
            attempt.had = Had(object: object, staged: staged, source: response.fromURL)
            return true
        case .failure(let error):
            if case .local(let cause) = error.code { throw .file(cause) }
            attempt.reasons.append("\(error)")
            return false
        }
    }
}
